//! Tables that are refused, each with what is wrong and where.

use super::*;

every_database!(
    async fn what_is_wrong_with_a_table_is_told_with_its_line(app: TestApp) {
        let ann = app.user("ann").await;
        let cases: &[(&str, &[u8], &str, &[&str])] = &[
            ("TABULAR", b"", "BLANK", &["empty"]),
            ("TABULAR", b"\xef\xbb\xbf", "BLANK", &["empty"]),
            ("TABULAR", b"\n\n", "BLANK", &["empty"]),
            ("TABULAR", b"a,b\n", "NOT_ENOUGH_DATA", &["no rows"]),
            (
                "TABULAR",
                b"a,\n1,2\n",
                "INVALID",
                &["Column 2 has no name"],
            ),
            (
                "TABULAR",
                b"a,b,a\n1,2,3\n",
                "INVALID",
                &["Columns 1 and 3", "`a`"],
            ),
            (
                "TABULAR",
                b"a,b\n1,2\n1,2,3\n",
                "INVALID",
                &["Line 3 has 3 fields", "header 2"],
            ),
            ("TABULAR", b"a,b\n1\n", "INVALID", &["Line 2 has 1 field,"]),
            ("TABULAR", b"a,b\n1,\xff\n", "CORRUPT", &["Line 2", "UTF-8"]),
            ("TABULAR", b"\xff\xfea\0", "CORRUPT", &["UTF-16"]),
            ("TABULAR", b"PK\x03\x04xl/", "UNSUPPORTED_TYPE", &["CSV"]),
            ("TABULAR", b"a\nx\0y\n", "UNSUPPORTED_TYPE", &["Line 2"]),
            (
                "TIME_SERIES",
                b"a,b\n1,2\n",
                "INVALID",
                &["column of dates"],
            ),
            (
                "TIME_SERIES",
                b"day,b\n2024-01-01,x\n",
                "INVALID",
                &["column of numbers"],
            ),
            (
                "TIME_SERIES",
                b"day,b\n01/02/2024,1\n02/02/2024,1\n",
                "INVALID",
                &["`day`", "day/month"],
            ),
            ("TEXT", b"a,b\n1,2\n", "INVALID", &["texts"]),
            ("TEXT", b"text\nhello\n", "INVALID", &["labels"]),
        ];
        for (kind, csv, code, parts) in cases {
            let (found, message) = refused(&ann, kind, csv.to_vec()).await;
            assert_eq!(&found, code, "{message}");
            for part in *parts {
                assert!(message.contains(part), "{message}");
            }
        }
        assert_eq!(stored(&app).await, 0);
    }
);

/// Twenty rows of a series, with another field in one of the lines.
fn series(line: usize, changed: &str) -> String {
    let rows = (2..22).map(|number| match number == line {
        true => format!("{changed}\n"),
        false => format!("2024-01-{:02},{number}\n", number - 1),
    });
    format!("day,price\n{}", rows.collect::<String>())
}

every_database!(
    async fn mixed_types_and_numbers_that_are_none_are_told_with_line_and_column(app: TestApp) {
        let ann = app.user("ann").await;
        for (field, parts) in [
            ("many", ["Line 12", "`price`", "numbers", "\"many\""]),
            ("NaN", ["Line 12", "`price`", "not a number", "\"NaN\""]),
            ("inf", ["Line 12", "`price`", "infinite", "\"inf\""]),
            (
                "-Infinity",
                ["Line 12", "`price`", "infinite", "\"-Infinity\""],
            ),
            ("1e999", ["Line 12", "`price`", "too large", "\"1e999\""]),
        ] {
            let csv = series(12, &format!("2024-01-11,{field}"));
            let (code, message) = refused(&ann, "TIME_SERIES", csv).await;
            assert_eq!(code, "INVALID", "{message}");
            for part in parts {
                assert!(message.contains(part), "{message}");
            }
        }
        let long = series(12, &format!("2024-01-11,{}", "x".repeat(500)));
        let (_, message) = refused(&ann, "TIME_SERIES", long).await;
        assert!(message.len() < 200, "{message}");
    }
);

every_database!(
    with = |config| {
        config.datasets.gap_days = 3;
    },
    async fn days_out_of_order_or_too_far_apart_are_told_with_their_lines(app: TestApp) {
        let ann = app.user("ann").await;
        for (changed, parts) in [
            (
                "2024-01-10,1",
                ["Line 12", "2024-01-10", "twice", "line 11"],
            ),
            ("2024-01-02,1", ["Line 12", "2024-01-02", "Sort", "line 11"]),
            (
                "2024-01-32,1",
                ["Line 12", "`day`", "dates", "\"2024-01-32\""],
            ),
            (",1", ["Line 12", "no date", "`day`", ""]),
        ] {
            let (code, message) = refused(&ann, "TIME_SERIES", series(12, changed)).await;
            assert_eq!(code, "INVALID");
            for part in parts {
                assert!(message.contains(part), "{message}");
            }
        }
        // Hours of a day are rows of the same day.
        let hours = "time,x\n2024-01-01 01:00,1\n2024-01-01 02:00,2\n";
        let (_, message) = refused(&ann, "TIME_SERIES", hours).await;
        assert!(message.contains("one row a day"), "{message}");
        let gap = "day,x\n2024-01-01,1\n2024-01-05,2\n";
        assert_eq!(imported(&ann, "TIME_SERIES", gap).await["missingDays"], 3);
        let gap = "day,x\n2024-01-01,1\n2024-01-06,2\n";
        let (_, message) = refused(&ann, "TIME_SERIES", gap).await;
        assert!(message.contains("Line 3: 4 days are missing"), "{message}");
    }
);

every_database!(
    async fn names_are_checked(app: TestApp) {
        let ann = app.user("ann").await;
        for (name, code) in [
            ("", "BLANK"),
            ("a\u{7}b", "INVALID"),
            (&"x".repeat(201)[..], "TOO_LONG"),
        ] {
            let input = json!({ "name": name, "kind": "TABULAR" });
            let reply = ann.upload(IMPORT, input, "a\n1\n").await;
            let error = &reply.user_errors("importDataset")[0];
            assert_eq!(
                (&error["code"], &error["path"]),
                (&json!(code), &json!(["input", "name"]))
            );
        }
    }
);
