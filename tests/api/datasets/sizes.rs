//! Large tables: in bounded memory, or refused by a limit.

use futures_util::stream;

use super::*;

/// A table of so many mebibytes, made as it is sent. Its rows are short, as what is held of each would show.
fn table(mebibytes: usize) -> reqwest::Body {
    let header = "a,b,text\n".to_owned();
    let row = "1.5,-2,a few words and more\n";
    let piece = row.repeat((1 << 20) / row.len());
    let pieces = std::iter::once(header).chain(std::iter::repeat_n(piece, mebibytes));
    reqwest::Body::wrap_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_table_is_read_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    // On a busy machine a debug build reads for longer than a request may take by default.
    let patient = [("PLUMA_REQUEST_TIMEOUT_SECONDS", "600")];
    let program = Program::start_with(folder.path(), None, &patient, None);
    let ann = Client::anonymous(&program.url()).register("ann").await;
    // What an allocator takes at once is taken by then, and what is left grows with the rows.
    let small = 16;
    imported(&ann, "TABULAR", table(small)).await;
    let before = program.peak_kib();
    let large = 64;
    let dataset = imported(&ann, "TABULAR", table(large)).await;
    assert!(dataset["rowCount"].as_u64().unwrap() > 2_000_000);
    // Less than ten bytes for each row that it has more.
    let needed = program.peak_kib() - before;
    assert!(needed < 16 * 1024, "{needed} KiB for {large} MiB");
}

every_database!(
    with = |config| {
        config.limits.body_bytes = 65_536;
        config.datasets.bytes = 2 << 20;
        config.datasets.columns = 3;
    },
    async fn tables_beyond_the_limits_are_refused_and_leave_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        imported(&ann, "TABULAR", table(1)).await;
        let input = json!({ "name": "A table", "kind": "TABULAR" });
        let reply = ann.upload(IMPORT, input.clone(), table(3)).await;
        assert_eq!((reply.status, reply.code()), (413, "PAYLOAD_TOO_LARGE"));
        // A stranger may not even send what is smaller.
        let reply = app.client().upload(IMPORT, input, table(1)).await;
        assert_eq!((reply.status, reply.code()), (413, "PAYLOAD_TOO_LARGE"));
        let (code, message) = refused(&ann, "TABULAR", "a,b,c,d\n1,2,3,4\n").await;
        assert_eq!(code, "TOO_LARGE");
        assert!(
            message.contains("Line 1 has more than 3 columns"),
            "{message}"
        );
        let open = format!("a,b\n1,\"{}", "x".repeat(1_200_000));
        let (code, message) = refused(&ann, "TABULAR", open).await;
        assert_eq!(code, "TOO_LARGE");
        assert!(message.contains("quote"), "{message}");
        assert_eq!(stored(&app).await, 1);
    }
);
