//! A first walk over the file's bytes, which are protocol buffers, that counts its parts.
//!
//! A part of two bytes becomes a node of a few hundred once it is decoded, so that 64 MB could become gigabytes.

use crate::learning::Error;

/// Parts that a file may have.
const MOST_PARTS: usize = 2_000_000;

/// The messages whose parts are counted; of others the fields inside are few or packed numbers.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    Leaf,
}

impl Message {
    /// What a field of a message is, by the numbers of onnx.proto.
    fn inside(self, field: u64) -> Self {
        match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Graph, 1) => Self::Node,
            (Self::Node, 5) => Self::Attribute,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Value, 2) | (Self::Attribute, 15) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            _ => Self::Leaf,
        }
    }
}

/// Refuses what is no message, is cut off, is nested too deeply or has too many parts.
pub(super) fn check(bytes: &[u8]) -> Result<(), Error> {
    let mut parts = 0;
    walk(bytes, Message::Model, 0, &mut parts)
}

fn walk(mut bytes: &[u8], message: Message, depth: usize, parts: &mut usize) -> Result<(), Error> {
    let broken = || Error::Corrupt("the file is not ONNX, or is cut off".to_owned());
    if depth > 40 {
        return Err(Error::Corrupt("the file is nested too deeply".to_owned()));
    }
    while !bytes.is_empty() {
        *parts += 1;
        if *parts > MOST_PARTS {
            return Err(Error::TooMuchData {
                what: "parts of the file",
                most: MOST_PARTS,
                got: *parts,
            });
        }
        let key = varint(&mut bytes).ok_or_else(broken)?;
        let length = match key & 7 {
            0 => {
                varint(&mut bytes).ok_or_else(broken)?;
                continue;
            }
            1 => 8,
            5 => 4,
            2 => usize::try_from(varint(&mut bytes).ok_or_else(broken)?).map_err(|_| broken())?,
            _ => return Err(broken()),
        };
        let (part, rest) = bytes.split_at_checked(length).ok_or_else(broken)?;
        bytes = rest;
        let inside = message.inside(key >> 3);
        if key & 7 == 2 && !matches!(inside, Message::Leaf) {
            walk(part, inside, depth + 1, parts)?;
        }
    }
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for place in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(7 * place)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
