//! Addresses of pictures: stable ones for what everybody may see, and for the rest signed ones that end.
//!
//! `<img>` sends no token, so a private picture's address carries its permission: until when it is good, and a MAC
//! of that and of the picture's id. Ends lie on a grid, so that the same picture keeps its address, and its place
//! in browsers' caches, for half of the time that it is good.

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Seen, Upload, rung};
use crate::app::App;
use crate::error::Result;
use crate::id::{ImageId, UploadId};
use crate::seal::Key;

/// What the addresses of pictures begin with.
const PATH: &str = "/media/";
/// What those of uploads begin with.
const UPLOADS: &str = "/media/uploads/";

/// Makes and checks addresses.
pub struct Links {
    base: String,
    key: Key,
    now: i64,
    ttl: i64,
}

impl Links {
    /// Addresses that are given now.
    pub fn new(app: &App) -> Result<Self> {
        let base = app.config.server.public_url.as_str().trim_end_matches('/');
        Ok(Self {
            base: base.to_owned(),
            key: Key::derive(&app.config.secret, &[b"media addresses"])?,
            now: app.clock.now().timestamp(),
            ttl: seconds(app.config.media.link_ttl),
        })
    }

    /// The address of a picture, or of a rendition no wider than `width`.
    pub fn of(&self, seen: &Seen, width: Option<u32>) -> String {
        let width = width.and_then(|width| rung(&seen.object, width));
        self.address(seen.image.id, width, seen.public)
    }

    fn address(&self, id: ImageId, width: Option<u32>, public: bool) -> String {
        let mut address = format!("{}{PATH}{id}", self.base);
        if let Some(width) = width {
            address.push_str(&format!("/{width}"));
        }
        if !public {
            let expires = self.end();
            let signature = self.sign(id, expires);
            address.push_str(&format!("?expires={expires}&signature={signature}"));
        }
        address
    }

    /// The next point of the grid that is at least half of the time away.
    fn end(&self) -> i64 {
        let step = (self.ttl / 2).max(1);
        (self.now + step).div_euclid(step) * step + step
    }

    fn sign(&self, id: ImageId, expires: i64) -> String {
        let name = [b"image".as_slice(), id.0.as_bytes(), &expires.to_be_bytes()];
        URL_SAFE_NO_PAD.encode(self.key.name(&name))
    }

    /// For how long what an address carries permits to see the picture; `None` where it does not.
    pub fn permits(&self, id: ImageId, expires: &str, signature: &str) -> Option<Duration> {
        let expires: i64 = expires.parse().ok()?;
        let left = u64::try_from(expires.checked_sub(self.now)?)
            .ok()
            .filter(|left| *left > 0)?;
        same(&self.sign(id, expires), signature).then(|| Duration::from_secs(left))
    }

    /// The address that takes an upload where the store has none of its own.
    pub fn upload(&self, upload: &Upload) -> String {
        let (id, expires) = (upload.id, upload.expires_at.timestamp());
        let signature = self.sign_upload(id, expires);
        format!(
            "{}{UPLOADS}{id}?expires={expires}&signature={signature}",
            self.base
        )
    }

    fn sign_upload(&self, id: UploadId, expires: i64) -> String {
        let name = [
            b"upload".as_slice(),
            id.0.as_bytes(),
            &expires.to_be_bytes(),
        ];
        URL_SAFE_NO_PAD.encode(self.key.name(&name))
    }

    /// Whether what an address carries permits to upload.
    pub fn permits_upload(&self, id: UploadId, expires: &str, signature: &str) -> bool {
        expires.parse().is_ok_and(|expires: i64| {
            expires > self.now && same(&self.sign_upload(id, expires), signature)
        })
    }

    /// Rendered HTML with addresses that work: absolute, and signed for the pictures that `shown` says are
    /// private. Others than ours stay as they are. What signatures and widths the text itself has do not count.
    pub fn html(&self, html: &str, shown: &HashMap<ImageId, bool>) -> String {
        let mut out = String::with_capacity(html.len() + 256);
        let mut rest = html;
        while let Some(at) = rest.find("<img ") {
            let (before, tag) = rest.split_at(at);
            out.push_str(before);
            let end = end_of_tag(tag);
            let (tag, behind) = tag.split_at(end);
            match source(tag).and_then(|(from, to)| {
                let (id, width) = self.ours(tag.get(from..to)?)?;
                let public = shown.get(&id).copied().unwrap_or(true);
                let address = self.address(id, width, public).replace('&', "&amp;");
                Some((from, to, address))
            }) {
                Some((from, to, address)) => {
                    out.push_str(&tag[..from]);
                    out.push_str(&address);
                    out.push_str(&tag[to..]);
                }
                None => out.push_str(tag),
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    /// The picture, and the width, that an address of ours names.
    fn ours(&self, address: &str) -> Option<(ImageId, Option<u32>)> {
        let path = address.strip_prefix(&self.base).unwrap_or(address);
        let path = path.strip_prefix(PATH)?;
        let path = path.split(['?', '#']).next()?;
        match path.split_once('/') {
            None => Some((ImageId::parse(path)?, None)),
            Some((id, width)) => Some((ImageId::parse(id)?, Some(width.parse().ok()?))),
        }
    }
}

/// Whether rendered HTML may hold a picture of ours.
pub fn are_in(html: &str) -> bool {
    html.contains(PATH)
}

fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Where the tag ends with which the text begins; sanitised HTML quotes every value with `"`.
fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    let end = tag.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(tag.len(), |end| end + 1)
}

/// Where the value of `src` begins and ends.
fn source(tag: &str) -> Option<(usize, usize)> {
    const NAME: &str = " src=\"";
    let from = tag.find(NAME)? + NAME.len();
    let length = tag.get(from..)?.find('"')?;
    Some((from, from + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn links(now: i64) -> Links {
        Links {
            base: "https://pluma.example".to_owned(),
            key: Key::derive(&SecretString::from("secret"), &[b"media addresses"]).unwrap(),
            now,
            ttl: 3_600,
        }
    }

    fn parts(address: &str) -> (String, String) {
        let (_, query) = address.split_once("?expires=").unwrap();
        let (expires, signature) = query.split_once("&signature=").unwrap();
        (expires.to_owned(), signature.to_owned())
    }

    #[test]
    fn a_signed_address_is_good_for_its_picture_until_its_end() {
        let (id, other) = (ImageId::new(), ImageId::new());
        let now = 1_800_000_123;
        let (expires, signature) = parts(&links(now).address(id, None, false));
        let left = links(now).permits(id, &expires, &signature).unwrap();
        assert!((1_800..=3_600).contains(&left.as_secs()), "{left:?}");
        let late = expires.parse::<i64>().unwrap();
        let checks = [
            (links(late - 1), id, expires.clone(), true),
            (links(late), id, expires.clone(), false),
            (links(now), other, expires.clone(), false),
            (links(now), id, (late + 1).to_string(), false),
            (links(now), id, "x".to_owned(), false),
            (links(now), id, i64::MIN.to_string(), false),
        ];
        for (links, id, expires, good) in checks {
            assert_eq!(links.permits(id, &expires, &signature).is_some(), good);
        }
        assert!(links(now).permits(id, &expires, "").is_none());
        let again = links(now + 1).address(id, None, false);
        assert_eq!(parts(&again), (expires, signature));
    }

    #[test]
    fn only_sources_of_our_pictures_are_rewritten() {
        let (open, closed, unknown) = (ImageId::new(), ImageId::new(), ImageId::new());
        let shown = HashMap::from([(open, true), (closed, false)]);
        let links = links(1_800_000_123);
        let html = format!(
            "<p>&lt;img src=\"/media/{closed}\"</p><img src=\"/media/{open}\" alt=\">\">\
             <img alt=\"a\" src=\"https://pluma.example/media/{closed}/640?expires=1&amp;signature=x\">\
             <img src=\"/media/{unknown}\"><img src=\"https://elsewhere.example/media/{closed}\"><img alt=\"\">\
             <a href=\"/media/{closed}\">x</a>"
        );
        let (expires, signature) = parts(&links.address(closed, None, false));
        let wanted = format!(
            "<p>&lt;img src=\"/media/{closed}\"</p><img src=\"https://pluma.example/media/{open}\" alt=\">\">\
             <img alt=\"a\" src=\"https://pluma.example/media/{closed}/640?expires={expires}&amp;signature={signature}\">\
             <img src=\"https://pluma.example/media/{unknown}\">\
             <img src=\"https://elsewhere.example/media/{closed}\"><img alt=\"\">\
             <a href=\"/media/{closed}\">x</a>"
        );
        assert_eq!(links.html(&html, &shown), wanted);
    }
}
