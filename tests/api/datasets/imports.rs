//! Tables in the forms in which programs write them.

use super::*;

every_database!(
    async fn a_series_is_described_and_kept_in_one_form(app: TestApp) {
        let ann = app.user("ann").await;
        let csv = "Date,Close,Note\n2024-01-04,1.5,a\n2024-01-05,,\"b, c\"\n2024-01-08,4,\n";
        let dataset = imported(&ann, "TIME_SERIES", csv).await;
        assert_eq!(dataset["name"], "A table");
        assert_eq!(dataset["kind"], "TIME_SERIES");
        assert_eq!(dataset["owner"]["id"], ann.id.as_str());
        assert_eq!(dataset["rowCount"], 3);
        assert_eq!(
            (&dataset["from"], &dataset["to"]),
            (&json!("2024-01-04"), &json!("2024-01-08"))
        );
        assert_eq!(dataset["missingDays"], 2);
        let nothing = Value::Null;
        assert_eq!(
            dataset["columns"],
            json!([
                { "name": "Date", "type": "DATE", "missing": 0, "min": nothing, "max": nothing, "mean": nothing },
                { "name": "Close", "type": "NUMBER", "missing": 1, "min": 1.5, "max": 4.0, "mean": 2.75 },
                { "name": "Note", "type": "TEXT", "missing": 1, "min": nothing, "max": nothing, "mean": nothing },
            ])
        );
        assert_eq!(kept(&app, &dataset).await, csv);
    }
);

every_database!(
    async fn delimiters_decimal_commas_quotes_marks_and_line_ends_are_recognised(app: TestApp) {
        let ann = app.user("ann").await;
        let expected = "Date,Price,Name\n2024-12-30,1234.5,\"a;\"\"b\"\"\"\n2024-12-31,-0.25,c\n";
        for csv in [
            "Date;Price;Name\n30.12.2024;1.234,5;\"a;\"\"b\"\"\"\n31.12.2024;-0,25;c\n",
            "\u{feff}Date\tPrice\tName\r\n2024-12-30 00:00:00\t1234.5\t\"a;\"\"b\"\"\"\r\n2024-12-31 00:00:00\t-.25\tc",
            "Date|Price|Name\r12/30/2024|1,234.5|\"a;\"\"b\"\"\"\r12/31/2024|-0.250|c\r",
            "Date,Price,Name\n\n2024/12/30,\"1,234.5\",\"a;\"\"b\"\"\"\n2024/12/31,-0.25,c\n\n",
            " Date , Price ,Name\n30/12/2024 10:00,1.2345e3,\"a;\"\"b\"\"\"\n31/12/2024 10:00, -0.25 ,c\n",
        ] {
            let dataset = imported(&ann, "TIME_SERIES", csv).await;
            assert_eq!(kept(&app, &dataset).await, expected, "{csv:?}");
        }
        let hashes = app
            .lines("SELECT DISTINCT CAST(byte_size AS text) AS line FROM datasets")
            .await;
        assert_eq!(hashes, [expected.len().to_string()]);
    }
);

every_database!(
    async fn tables_and_texts_are_kept_with_what_their_columns_hold(app: TestApp) {
        let ann = app.user("ann").await;
        let table = imported(&ann, "TABULAR", "a,b,label\n1,NA,x\n2,3,\n1e-3,n/a,y\n").await;
        let types = |dataset: &Value| -> Vec<String> {
            let columns = dataset["columns"].as_array().unwrap().iter();
            columns
                .map(|column| column["type"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(types(&table), ["NUMBER", "NUMBER", "TEXT"]);
        assert_eq!(table["columns"][1]["missing"], 2);
        assert_eq!(table["from"], Value::Null);
        assert_eq!(
            kept(&app, &table).await,
            "a,b,label\n1,,x\n2,3,\n0.001,,y\n"
        );
        let texts = "text,label\n\"Two\nlines, and a comma\",good\nÇa va ?,1\n";
        let dataset = imported(&ann, "TEXT", texts).await;
        assert_eq!(types(&dataset), ["TEXT", "TEXT"]);
        assert_eq!(kept(&app, &dataset).await, texts);
        // Where nobody can tell days from months, a table's column is one of texts.
        let table = imported(&ann, "TABULAR", "day,x\n01/02/2024,1\n03/04/2024,2\n").await;
        assert_eq!(types(&table), ["TEXT", "NUMBER"]);
    }
);

every_database!(
    async fn an_import_is_written_down_with_its_hash(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = imported(&ann, "TABULAR", "a\n1\n").await;
        let query =
            "{ logs(filter: { action: \"dataset.imported\" }) { nodes { subjectId details } } }";
        let reply = ann.graphql(query, json!({})).await;
        let entry = reply.at("/logs/nodes/0");
        assert_eq!(entry["subjectId"], dataset["id"]);
        // printf 'a\n1\n' | sha256sum
        let hash = "309b0e45a73d3fc5325e2b6ed0a01ef8b9cde6b05a5633c1f893f970d52bfddc";
        assert_eq!(entry["details"]["sha256"], hash);
        assert_eq!(entry["details"]["rows"], 1);
    }
);
