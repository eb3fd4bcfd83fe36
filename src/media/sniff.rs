//! What a file is, by its bytes: its name and what the client says of it count for nothing.

use crate::error::{Error, Result, UserErrorCode};

/// How much of a file is looked at from its start; browsers that guess types look at less.
const HEAD: usize = 1_024;
/// What makes a browser take a file for a page, wherever it stands near the start.
const MARKUP: [&[u8]; 6] = [
    b"<!doctype",
    b"<html",
    b"<script",
    b"<svg",
    b"<body",
    b"<?php",
];
/// The end of a ZIP archive, which may lie behind any other file, and how long its comment may be.
const ZIP_END: &[u8] = b"PK\x05\x06";
const ZIP_END_BYTES: usize = 22;
const ZIP_COMMENT: usize = u16::MAX as usize;

/// A kind of picture that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Photographs.
    Jpeg,
    /// Drawings and screenshots.
    Png,
    /// Both.
    Webp,
    /// Animations.
    Gif,
}

impl Kind {
    /// The content type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// The kind of a content type that is written here.
    pub fn of_content_type(name: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp, Self::Gif]
            .into_iter()
            .find(|kind| kind.content_type() == name)
    }

    /// The kind of a file, or why it is none; `path` is where the client named the file.
    pub fn of<const N: usize>(bytes: &[u8], path: [&str; N]) -> Result<Self> {
        let refused = |what: &str| {
            let message = format!("This is {what}. Pictures are JPEG, PNG, WebP or GIF.");
            Err(Error::user(UserErrorCode::UnsupportedType, path, message))
        };
        let kind = match infer::get(bytes).map(|found| found.mime_type()) {
            Some("image/jpeg") => Self::Jpeg,
            Some("image/png") => Self::Png,
            Some("image/webp") => Self::Webp,
            Some("image/gif") => Self::Gif,
            Some(other) => return refused(&format!("a file of type {other}")),
            None if bytes.is_empty() => return refused("an empty file"),
            None => return refused("no picture"),
        };
        if has_markup(bytes) {
            return refused("a page dressed as a picture");
        }
        if ends_as_an_archive(bytes) {
            return refused("an archive dressed as a picture");
        }
        Ok(kind)
    }
}

fn has_markup(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes).to_ascii_lowercase();
    MARKUP
        .iter()
        .any(|mark| head.windows(mark.len()).any(|window| window == *mark))
}

/// Whether the end of a ZIP archive stands where readers of archives look for it.
fn ends_as_an_archive(bytes: &[u8]) -> bool {
    let from = bytes.len().saturating_sub(ZIP_END_BYTES + ZIP_COMMENT);
    let tail = bytes.get(from..).unwrap_or_default();
    tail.windows(ZIP_END_BYTES).enumerate().any(|(at, end)| {
        let comment = usize::from(u16::from_le_bytes([end[20], end[21]]));
        end.starts_with(ZIP_END) && at + ZIP_END_BYTES + comment == tail.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn pages_and_archives_are_refused_with_and_without_a_picture_in_front() {
        let mut zip = ZIP_END.to_vec();
        zip.extend([0; 16]);
        zip.extend(3_u16.to_le_bytes());
        zip.extend(b"end");
        let archive = [PNG, b"PK\x03\x04", &zip].concat();
        let page = [b"GIF89a".as_slice(), b"/*", b"<SCRIPT>alert(1)</SCRIPT>"].concat();
        let svg = b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>";
        for refused in [
            &archive,
            &page,
            &zip,
            &svg.to_vec(),
            &b"hello".to_vec(),
            &vec![],
        ] {
            assert!(Kind::of(refused, ["file"]).is_err());
        }
        assert_eq!(Kind::of(PNG, ["file"]).unwrap(), Kind::Png);
        // The mark of an archive's end somewhere in a picture is a coincidence.
        let coincidence = [PNG, ZIP_END, &[9; 40]].concat();
        assert_eq!(Kind::of(&coincidence, ["file"]).unwrap(), Kind::Png);
    }
}
