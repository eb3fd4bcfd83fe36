//! The committed schema is the one that the server answers by.

use std::fs;
use std::path::Path;

use pluma::api;

#[test]
fn the_committed_schema_is_the_server_s() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let committed = fs::read_to_string(path).unwrap();
    let served = api::sdl();
    let (committed, served) = (committed.trim_end(), served.trim_end());
    if committed != served {
        let differs = committed
            .lines()
            .zip(served.lines())
            .position(|(committed, served)| committed != served);
        let line = differs.unwrap_or_else(|| committed.lines().count().min(served.lines().count()));
        panic!(
            "schema.graphql is not what the server answers by, from line {} on; \
             write it anew with `cargo run -- schema > schema.graphql`",
            line + 1
        );
    }
}
