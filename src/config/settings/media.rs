//! Pictures.

use std::time::Duration;

use crate::config::values::{seconds, whole};

/// Pictures: how large they may be, and for how long their addresses are good.
#[derive(Clone, Debug, confique::Config)]
pub struct Media {
    /// How many pixels a picture may be wide or high. How many bytes it may have is PLUMA_LIMIT_BODY_BYTES.
    ///
    /// Accepted: a whole number from 16 to 65535
    #[config(env = "PLUMA_MEDIA_MAX_SIDE", default = 16_384, deserialize_with = whole::<16, 65_535, _, _>)]
    pub max_side: u32,
    /// How many million pixels a picture may have. Decoding one takes about eight bytes of memory per pixel.
    ///
    /// Accepted: a whole number from 1 to 1000
    #[config(env = "PLUMA_MEDIA_MAX_MEGAPIXELS", default = 50, deserialize_with = whole::<1, 1_000, _, _>)]
    pub max_megapixels: u64,
    /// How many pictures one server decodes at once.
    ///
    /// Accepted: a whole number from 1 to 64
    #[config(env = "PLUMA_MEDIA_DECODERS", default = 2, deserialize_with = whole::<1, 64, _, _>)]
    pub decoders: usize,
    /// For how many seconds the signed address of a private picture is good, at least half of it from when it is given.
    ///
    /// Accepted: a whole number from 60 to 604800
    #[config(env = "PLUMA_MEDIA_LINK_SECONDS", default = 3_600, deserialize_with = seconds::<60, 604_800, _>)]
    pub link_ttl: Duration,
    /// For how many seconds browsers and caches in between may keep a public picture. What was taken back or deleted stays there as long.
    ///
    /// Accepted: a whole number from 0 to 31536000
    #[config(env = "PLUMA_MEDIA_CACHE_SECONDS", default = 31_536_000, deserialize_with = seconds::<0, 31_536_000, _>)]
    pub cache: Duration,
}
