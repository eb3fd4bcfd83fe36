//! Mutations of pictures.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use serde_json::Value;

use super::Image;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::payload::{DeletePayload, payload};
use crate::graphql::upload::Upload;
use crate::id::{ImageId, UploadId};
use crate::media::Purpose;
use crate::media::loaders::Loaders;
use crate::media::service::{self, About, NewUpload, Ticket};

payload! {
    /// What an upload gives.
    ImagePayload {
        /// The new picture.
        image: Image
    }
}

payload! {
    /// What a request for an upload gives.
    ImageUploadTicketPayload {
        /// How to upload.
        ticket: ImageUploadTicket
    }
}

/// A presigned URL for uploading straight to the object store; finish with `completeImageUpload`.
#[derive(SimpleObject)]
pub struct ImageUploadTicket {
    /// What to pass to `completeImageUpload`.
    id: UploadId,
    /// The HTTP method: PUT.
    method: &'static str,
    /// Where to send the bytes, exactly as many as were announced, and nothing else: no cookies, no tokens.
    url: String,
    /// The headers to send, as an object of strings.
    headers: Value,
    /// Until when both uploading and completing are possible.
    expires_at: Timestamp,
}

impl From<Ticket> for ImageUploadTicket {
    fn from(ticket: Ticket) -> Self {
        let headers = ticket.headers.into_iter();
        Self {
            id: ticket.upload.id,
            method: "PUT",
            url: ticket.url,
            headers: headers
                .map(|(name, value)| (name.to_owned(), Value::String(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            expires_at: ticket.upload.expires_at,
        }
    }
}

/// A picture in the same request.
#[derive(InputObject)]
pub struct UploadImageInput {
    /// The file: JPEG, PNG, WebP or GIF, whatever its name or its content type say.
    file: Upload,
    /// What it shows, in words, of at most 1000 characters.
    alt_text: Option<String>,
    /// What it is for; CONTENT where it is omitted.
    purpose: Option<Purpose>,
}

/// A picture that is to be uploaded straight to the object store.
#[derive(InputObject)]
pub struct RequestImageUploadInput {
    /// `image/jpeg`, `image/png`, `image/webp` or `image/gif`: what the bytes will be.
    content_type: String,
    /// How many bytes there will be, exactly.
    byte_size: i32,
    /// What it shows, in words, of at most 1000 characters.
    alt_text: Option<String>,
    /// What it is for; CONTENT where it is omitted.
    purpose: Option<Purpose>,
}

/// What can be changed about pictures.
#[derive(Default)]
pub struct ImageMutations;

/// What can be changed about pictures.
#[Object]
impl ImageMutations {
    /// Stores a picture that comes in the same multipart request. The same picture twice is stored once, and is
    /// two pictures all the same: each with its own id and text.
    #[graphql(directive = cost::apply(50))]
    async fn upload_image(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The picture.")] input: UploadImageInput,
    ) -> Result<Option<ImagePayload>> {
        ctx.viewer()?.require()?;
        let file = input.file.value(ctx)?;
        let about = About {
            alt_text: input.alt_text,
            purpose: input.purpose.unwrap_or_default(),
        };
        let result = service::upload(ctx.app()?, ctx.viewer()?, file.content, about).await;
        ImagePayload::of(result.map(Image)).map(Some)
    }

    /// Permits an upload straight to the object store: send the bytes to `ticket.url`, then call
    /// `completeImageUpload`. For large pictures, as they do not pass through the API then.
    async fn request_image_upload(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What will be uploaded.")] input: RequestImageUploadInput,
    ) -> Result<Option<ImageUploadTicketPayload>> {
        let new = NewUpload {
            content_type: input.content_type,
            byte_size: input.byte_size,
            about: About {
                alt_text: input.alt_text,
                purpose: input.purpose.unwrap_or_default(),
            },
        };
        let result = service::request(ctx.app()?, ctx.viewer()?, new).await;
        ImageUploadTicketPayload::of(result.map(ImageUploadTicket::from)).map(Some)
    }

    /// Makes a picture of what was uploaded, once; while it has errors, another attempt at the upload is possible
    /// until the ticket expires.
    #[graphql(directive = cost::apply(50))]
    async fn complete_image_upload(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket of `requestImageUpload`.")] ticket_id: UploadId,
    ) -> Result<Option<ImagePayload>> {
        let result = service::complete(ctx.app()?, ctx.viewer()?, ticket_id).await;
        ImagePayload::of(result.map(Image)).map(Some)
    }

    /// Removes a picture; its owner and administrators may. One that pages use goes only with `force`: otherwise
    /// CONFLICT, whose message names the pages. An avatar goes without it.
    async fn delete_image(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which picture.")] image_id: ImageId,
        #[graphql(
            desc = "Also where pages use it; it will be missing there.",
            default_with = "Some(false)"
        )]
        force: Option<bool>,
    ) -> Result<Option<DeletePayload>> {
        let seen = ctx.loaders::<Loaders>()?.images.load(image_id).await?;
        let force = force.unwrap_or(false);
        let result = service::delete(ctx.app()?, ctx.viewer()?, seen, force).await;
        DeletePayload::of(result).map(Some)
    }
}
