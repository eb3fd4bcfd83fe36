//! Pictures on the wire.

mod image;
mod mutations;
mod queries;

pub use image::{Image, ImageConnection, load_image};
pub use mutations::ImageMutations;
pub use queries::ImageQueries;
