//! Takes a file apart and makes it anew: bounded in size, upright, in sRGB, and without anything that is no picture.
//!
//! Whatever else a file carries (places, names of cameras and people, comments, thumbnails, what hangs behind its
//! end) is gone, colour profiles too: colours are converted to sRGB first. JPEG and PNG stay what they are, and so
//! do animations of GIF. WebP is written without loss where it was so or has transparency; an opaque photograph
//! becomes a JPEG, as it would grow several times otherwise. The same file always gives the same bytes.

use std::io::Cursor;

use aws_lc_rs::digest::{SHA256, digest};
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::{DynamicImage, ImageDecoder, ImageError, ImageResult};
use moxcms::{ColorProfile, Layout, TransformOptions};

use super::gif;
use super::jpeg;
use super::sniff::Kind;
use crate::config;
use crate::error::{Error, Result, UserErrorCode};

/// How well JPEGs are written, of 100: hardly to be told from what came, at about its size.
const QUALITY: u8 = 88;
/// Memory for decoding, per pixel that is allowed; the largest kind has eight bytes, and a copy is made at times.
const BYTES_PER_PIXEL: u64 = 8;
/// More bytes than this are not stored, whatever they came as: little can become much without loss.
const LARGEST: usize = 64 * 1024 * 1024;
/// A longer colour profile is none.
const LONGEST_PROFILE: usize = 4 * 1024 * 1024;

/// A picture as it is stored.
#[derive(Debug)]
pub struct Clean {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl Clean {
    /// SHA-256 of the file.
    pub fn sha256(&self) -> Vec<u8> {
        digest(&SHA256, &self.bytes).as_ref().to_vec()
    }
}

/// How large a picture may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Of either side, in pixels.
    pub side: u32,
    /// Of both multiplied.
    pub pixels: u64,
}

impl Bounds {
    /// Those of the configuration.
    pub fn of(config: &config::Media) -> Self {
        Self {
            side: config.max_side,
            pixels: config.max_megapixels.saturating_mul(1_000_000),
        }
    }

    fn limits(self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(self.side);
        limits.max_image_height = Some(self.side);
        limits.max_alloc = Some(self.pixels.saturating_mul(BYTES_PER_PIXEL));
        limits
    }

    /// Refuses what is larger.
    pub(super) fn check(self, width: u32, height: u32) -> std::result::Result<(), Bad> {
        let pixels = u64::from(width) * u64::from(height);
        if width > self.side || height > self.side || pixels > self.pixels {
            return Err(Bad::TooLarge);
        }
        Ok(())
    }
}

/// Why a file is not taken.
#[derive(Debug)]
pub(super) enum Bad {
    /// It holds more pixels than may be.
    TooLarge,
    /// It does not hold together.
    Corrupt,
    /// It moves, and its kind of moving would be lost.
    Moves(&'static str),
}

impl From<ImageError> for Bad {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            _ => Self::Corrupt,
        }
    }
}

impl Bad {
    fn error<const N: usize>(self, bounds: Bounds, path: [&str; N]) -> Error {
        let (code, message) = match self {
            Self::TooLarge => (
                UserErrorCode::TooLarge,
                format!(
                    "A picture has at most {} pixels on a side and {} million in all: make it smaller.",
                    bounds.side,
                    bounds.pixels / 1_000_000
                ),
            ),
            Self::Corrupt => (
                UserErrorCode::Corrupt,
                "The file is damaged or cut off: it cannot be read to its end.".to_owned(),
            ),
            Self::Moves(name) => (
                UserErrorCode::UnsupportedType,
                format!("An animated {name} would stand still here: upload it as GIF."),
            ),
        };
        Error::user(code, path, message)
    }
}

/// Makes the picture anew that `bytes` hold.
pub fn clean<const N: usize>(bytes: &[u8], bounds: Bounds, path: [&str; N]) -> Result<Clean> {
    let kind = Kind::of(bytes, path)?;
    let done = match kind {
        Kind::Gif => gif::clean(bytes, bounds),
        // The decoder paints what is missing grey.
        Kind::Jpeg if !jpeg::is_whole(bytes) => Err(Bad::Corrupt),
        Kind::Jpeg => opened(kind, JpegDecoder::new(Cursor::new(bytes)), bounds),
        Kind::Png => png(bytes, bounds),
        Kind::Webp => webp(bytes, bounds),
    };
    let done = done.and_then(|clean| match clean.bytes.len() > LARGEST {
        true => Err(Bad::TooLarge),
        false => Ok(clean),
    });
    done.map_err(|bad| bad.error(bounds, path))
}

fn png(bytes: &[u8], bounds: Bounds) -> std::result::Result<Clean, Bad> {
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), bounds.limits())?;
    if decoder.is_apng()? {
        return Err(Bad::Moves("PNG"));
    }
    opened(Kind::Png, Ok(decoder), bounds)
}

fn webp(bytes: &[u8], bounds: Bounds) -> std::result::Result<Clean, Bad> {
    let decoder = WebPDecoder::new(Cursor::new(bytes))?;
    if decoder.has_animation() {
        return Err(Bad::Moves("WebP"));
    }
    // The chunk of pictures with loss; it stands first, or behind that of the file's features.
    let lossy = bytes.windows(4).take(4_096).any(|chunk| chunk == b"VP8 ");
    let kind = match lossy && !decoder.color_type().has_alpha() {
        true => Kind::Jpeg,
        false => Kind::Webp,
    };
    opened(kind, Ok(decoder), bounds)
}

fn opened(
    kind: Kind,
    decoder: ImageResult<impl ImageDecoder>,
    bounds: Bounds,
) -> std::result::Result<Clean, Bad> {
    let mut decoder = decoder?;
    let (width, height) = decoder.dimensions();
    bounds.check(width, height)?;
    decoder.set_limits(bounds.limits())?;
    // What cannot be read of either is as if it were not there.
    let orientation = decoder.orientation().ok();
    let profile = decoder.icc_profile().ok().flatten();
    let mut image = DynamicImage::from_decoder(decoder)?;
    if let Some(profile) = profile.filter(|profile| profile.len() <= LONGEST_PROFILE) {
        image = in_srgb(image, &profile);
    }
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let bytes = encode(&image, kind)?;
    Ok(Clean {
        bytes,
        kind,
        width: image.width(),
        height: image.height(),
    })
}

/// Writes a still picture.
pub(super) fn encode(image: &DynamicImage, kind: Kind) -> std::result::Result<Vec<u8>, Bad> {
    let mut out = Cursor::new(Vec::new());
    match kind {
        Kind::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut out, QUALITY);
            match image.color().has_color() {
                true => image.to_rgb8().write_with_encoder(encoder)?,
                false => image.to_luma8().write_with_encoder(encoder)?,
            }
        }
        Kind::Png | Kind::Gif => {
            let (level, filter) = (CompressionType::Default, FilterType::Adaptive);
            image.write_with_encoder(PngEncoder::new_with_quality(&mut out, level, filter))?;
        }
        Kind::Webp => {
            let encoder = WebPEncoder::new_lossless(&mut out);
            match image.color().has_alpha() {
                true => image.to_rgba8().write_with_encoder(encoder)?,
                false => image.to_rgb8().write_with_encoder(encoder)?,
            }
        }
    }
    Ok(out.into_inner())
}

/// The picture with the colours that its profile means; as it is where the profile cannot be followed.
fn in_srgb(image: DynamicImage, profile: &[u8]) -> DynamicImage {
    let Ok(source) = ColorProfile::new_from_slice(profile) else {
        return image;
    };
    let target = ColorProfile::new_srgb();
    macro_rules! convert {
        ($pixels:expr, $layout:expr, $create:ident, $variant:ident) => {{
            let pixels = $pixels;
            let options = TransformOptions::default();
            let transform = source.$create($layout, &target, $layout, options);
            let mut converted = pixels.clone();
            match transform {
                Ok(transform) if transform.transform(&pixels, &mut converted).is_ok() => {
                    DynamicImage::$variant(converted)
                }
                _ => DynamicImage::$variant(pixels),
            }
        }};
    }
    match image {
        DynamicImage::ImageRgb8(pixels) => {
            convert!(pixels, Layout::Rgb, create_transform_8bit, ImageRgb8)
        }
        DynamicImage::ImageRgba8(pixels) => {
            convert!(pixels, Layout::Rgba, create_transform_8bit, ImageRgba8)
        }
        DynamicImage::ImageRgb16(pixels) => {
            convert!(pixels, Layout::Rgb, create_transform_16bit, ImageRgb16)
        }
        DynamicImage::ImageRgba16(pixels) => {
            convert!(pixels, Layout::Rgba, create_transform_16bit, ImageRgba16)
        }
        // Grey is grey.
        other => other,
    }
}
