//! Animations: read frame by frame with their palettes and written the same, so that nothing is lost but what was
//! no picture.

use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, DecodingError, Encoder, MemoryLimit};
use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::imageops::FilterType;
use image::{AnimationDecoder, DynamicImage, Frame};

use super::decode::{Bad, Bounds, Clean};
use super::sniff::Kind;

/// How many pixels all frames may have together, as a multiple of what one picture may have.
const FRAMES: u64 = 8;
/// How carefully the colours of a smaller frame are chosen: 1 is best and slowest, 30 worst.
const SPEED: i32 = 10;

impl From<DecodingError> for Bad {
    fn from(_: DecodingError) -> Self {
        Self::Corrupt
    }
}

impl From<gif::EncodingError> for Bad {
    fn from(_: gif::EncodingError) -> Self {
        Self::Corrupt
    }
}

/// Makes an animation anew.
pub fn clean(bytes: &[u8], bounds: Bounds) -> Result<Clean, Bad> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.check_frame_consistency(true);
    let memory = std::num::NonZeroU64::new(bounds.pixels.saturating_mul(2));
    options.set_memory_limit(memory.map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
    let mut decoder = options.read_info(Cursor::new(bytes))?;
    let (width, height) = (decoder.width(), decoder.height());
    bounds.check(width.into(), height.into())?;
    let palette = decoder.global_palette().unwrap_or_default().to_vec();
    let mut encoder = Encoder::new(Vec::new(), width, height, &palette)?;
    let (mut pixels, mut frames, mut repeats) = (0_u64, 0, false);
    while let Some(info) = decoder.next_frame_info()? {
        pixels += u64::from(info.width) * u64::from(info.height);
        if pixels > bounds.pixels.saturating_mul(FRAMES) {
            return Err(Bad::TooLarge);
        }
        let mut frame = info.clone();
        let mut buffer = vec![0; decoder.buffer_size()];
        decoder.read_into_buffer(&mut buffer)?;
        frame.buffer = buffer.into();
        // The rows come in their order, whatever order the file had them in.
        frame.interlaced = false;
        if frame.palette.is_none() && palette.is_empty() {
            return Err(Bad::Corrupt);
        }
        if !repeats {
            // It may stand anywhere before the first frame.
            encoder.set_repeat(decoder.repeat())?;
            repeats = true;
        }
        encoder.write_frame(&frame)?;
        frames += 1;
    }
    if frames == 0 {
        return Err(Bad::Corrupt);
    }
    Ok(Clean {
        bytes: encoder.into_inner().map_err(|_| Bad::Corrupt)?,
        kind: Kind::Gif,
        width: width.into(),
        height: height.into(),
    })
}

/// The animation in another size.
pub fn resized(bytes: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Bad> {
    let decoder = GifDecoder::new(Cursor::new(bytes))?;
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut out, SPEED);
    if gif_repeats(bytes)? {
        encoder.set_repeat(Repeat::Infinite)?;
    }
    for frame in decoder.into_frames() {
        let frame = frame?;
        let delay = frame.delay();
        let image = DynamicImage::ImageRgba8(frame.into_buffer());
        let smaller = image.resize_exact(width, height, FilterType::Triangle);
        encoder.encode_frame(Frame::from_parts(smaller.into_rgba8(), 0, 0, delay))?;
    }
    drop(encoder);
    Ok(out)
}

fn gif_repeats(bytes: &[u8]) -> Result<bool, Bad> {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut decoder = options.read_info(Cursor::new(bytes))?;
    decoder.next_frame_info()?;
    Ok(matches!(decoder.repeat(), gif::Repeat::Infinite))
}
