//! Compression with brotli, zstd or gzip of what gains by it; never of streams, which it would hold back.

use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Smaller answers fit in a packet anyhow.
const WORTH_IT: u64 = 1_024;

/// The layer.
pub fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new().compress_when(
        SizeAbove::new(WORTH_IT)
            .and(NotForContentType::SSE)
            .and(NotForContentType::const_new("multipart/mixed"))
            .and(NotForContentType::IMAGES)
            .and(NotForContentType::const_new("font/")),
    )
}
