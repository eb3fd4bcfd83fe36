//! Pictures, drawn for the tests, and what only looks like one.

use std::io::Cursor;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// Something to look at: its colours say where they are.
fn scene(width: u32, height: u32, seed: u8) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let part = |at: u32, of: u32| u8::try_from(at * 255 / of.max(1)).unwrap();
        Rgb([part(x, width), part(y, height), seed])
    })
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A PNG.
pub fn png(width: u32, height: u32, seed: u8) -> Vec<u8> {
    written(&scene(width, height, seed).into(), ImageFormat::Png)
}

/// A JPEG.
pub fn jpeg(width: u32, height: u32, seed: u8) -> Vec<u8> {
    written(&scene(width, height, seed).into(), ImageFormat::Jpeg)
}

/// A WebP without loss.
pub fn webp(width: u32, height: u32) -> Vec<u8> {
    written(&scene(width, height, 3).into(), ImageFormat::WebP)
}

/// A GIF of so many frames, each of a colour of its own, without end.
pub fn gif(width: u32, height: u32, frames: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new(&mut out);
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for frame in 0..frames {
        let pixels = RgbaImage::from_pixel(width, height, Rgba([frame * 40, 100, 200, 255]));
        let delay = Delay::from_numer_denom_ms(120, 1);
        encoder
            .encode_frame(Frame::from_parts(pixels, 0, 0, delay))
            .unwrap();
    }
    drop(encoder);
    out
}

/// Where a JPEG's camera was, as some would like to know.
pub const SECRET_PLACE: &[u8] = b"41.1496 N 8.6109 W";

/// A JPEG that its camera took lying on the side: EXIF of our own making says so, and where.
pub fn jpeg_on_its_side(width: u32, height: u32) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    // Two entries: the orientation, 6 (a quarter turn to the right), and a description.
    exif.extend([2, 0]);
    exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    let length = u8::try_from(SECRET_PLACE.len()).unwrap();
    exif.extend([0x0e, 0x01, 2, 0, length, 0, 0, 0, 38, 0, 0, 0]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(SECRET_PLACE);
    let plain = jpeg(width, height, 9);
    let size = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &size, &exif, &plain[2..]].concat()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = !0_u32;
    for byte in name.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, name.as_slice(), data, &(!crc).to_be_bytes()].concat()
}

/// The first bytes of a PNG that claims to be so large: little to send, much to unpack.
pub fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend([8, 2, 0, 0, 0]);
    // A stored block of zeros, and no end.
    let zeros = [
        &[0x78, 0x01, 0x00, 0xff, 0xff, 0x00, 0x00][..],
        &[0; 65_535],
    ]
    .concat();
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &chunk(b"IHDR", &head),
        &chunk(b"IDAT", &zeros),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

/// A PNG with a comment and something behind its end.
pub fn png_with_passengers(comment: &[u8]) -> Vec<u8> {
    let plain = png(20, 10, 1);
    let (head, rest) = plain.split_at(33);
    let text = [b"Comment\0".as_slice(), comment].concat();
    [head, &chunk(b"tEXt", &text), rest, comment].concat()
}

/// The least that a ZIP archive can be.
pub fn zip() -> Vec<u8> {
    let mut zip = b"PK\x05\x06".to_vec();
    zip.extend([0; 18]);
    zip
}
