//! Smaller forms of a picture, of a few fixed widths, so that nobody fills the store by asking for every one.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageResult};

use super::Object;
use super::decode::{Bad, encode};
use super::gif;
use super::sniff::Kind;
use crate::error::{Error, Result};

/// The widths, in pixels.
pub const LADDER: [u32; 16] = [
    16, 32, 64, 96, 128, 192, 256, 384, 512, 640, 768, 1_024, 1_280, 1_536, 1_920, 2_560,
];

/// The width of the rendition that is shown where one of at most `width` pixels is asked for; `None` for the picture
/// itself, which is no wider. Widths below the lowest rung have no rendition: the lowest rung is wider than
/// was asked for, and callers refuse them.
pub fn rung(object: &Object, width: u32) -> Option<u32> {
    let own = u32::try_from(object.width).unwrap_or(u32::MAX);
    if own <= width {
        return None;
    }
    // Never wider than was asked for: that is what the schema promises.
    let rungs = LADDER.iter().rev().copied();
    rungs
        .clone()
        .find(|rung| *rung <= width)
        .or(Some(LADDER[0]))
}

/// Makes a rendition of a stored picture.
pub fn make(bytes: &[u8], kind: Kind, width: u32, (w, h): (u32, u32)) -> Result<Vec<u8>> {
    let height = u64::from(h) * u64::from(width) / u64::from(w.max(1));
    let height = u32::try_from(height).unwrap_or(u32::MAX).max(1);
    let made = match kind {
        Kind::Gif => gif::resized(bytes, width, height),
        kind => still(bytes, kind).map_err(Bad::from).and_then(|image| {
            let smaller = image.resize_exact(width, height, FilterType::CatmullRom);
            encode(&smaller, kind)
        }),
    };
    made.map_err(|bad| Error::internal(format!("a stored picture cannot be read: {bad:?}")))
}

fn still(bytes: &[u8], kind: Kind) -> ImageResult<DynamicImage> {
    let bytes = Cursor::new(bytes);
    match kind {
        Kind::Jpeg => DynamicImage::from_decoder(JpegDecoder::new(bytes)?),
        Kind::Webp => DynamicImage::from_decoder(WebPDecoder::new(bytes)?),
        Kind::Png | Kind::Gif => DynamicImage::from_decoder(PngDecoder::new(bytes)?),
    }
}
