//! Lists of pages and of revisions, walked through in both directions.

use super::*;

/// Walks a list from both ends in steps of each size and compares what is met with `expected`.
///
/// `query` gives the text of a query for some paging arguments, whose list is at `pointer`.
pub async fn walk(
    client: &Client,
    pointer: &str,
    expected: &[String],
    sizes: &[usize],
    query: impl Fn(&str) -> String,
) {
    for &size in sizes {
        for backwards in [false, true] {
            let (count, from) = if backwards {
                ("last", "before")
            } else {
                ("first", "after")
            };
            let mut met: Vec<String> = Vec::new();
            let mut cursor: Option<String> = None;
            for _ in 0..=expected.len() {
                let arguments = match &cursor {
                    Some(cursor) => format!(r#"{count}: {size}, {from}: "{cursor}""#),
                    None => format!("{count}: {size}"),
                };
                let reply = client.graphql(&query(&arguments), json!({})).await;
                let list = reply.at(pointer);
                assert_eq!(list["totalCount"], expected.len(), "{arguments}");
                let edges = list["edges"].as_array().unwrap();
                assert!(edges.len() <= size);
                let ids = edges
                    .iter()
                    .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned());
                if backwards {
                    met.splice(0..0, ids);
                } else {
                    met.extend(ids);
                }
                let info = &list["pageInfo"];
                let (more, behind, end) = if backwards {
                    ("hasPreviousPage", "hasNextPage", "startCursor")
                } else {
                    ("hasNextPage", "hasPreviousPage", "endCursor")
                };
                assert_eq!(info[behind], cursor.is_some(), "{arguments}: {info}");
                assert_eq!(
                    info[more],
                    met.len() < expected.len(),
                    "{arguments}: {info}"
                );
                let edge = if backwards {
                    edges.first()
                } else {
                    edges.last()
                };
                assert_eq!(edge.map(|edge| &edge["cursor"]), Some(&info[end]));
                cursor = info[end].as_str().map(str::to_owned);
                if info[more] == false {
                    break;
                }
            }
            assert_eq!(met, expected, "{count}: {size}");
        }
    }
}

/// What [`walk`] reads of a list.
pub const LIST: &str = "totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";

every_database!(
    async fn a_list_of_pages_is_walked_whole_in_both_directions(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let mut ids = Vec::new();
        for _ in 0..7 {
            ids.push(ann.page(&notebook, "same", "").await.id);
        }
        let list = |arguments: &str| {
            format!(r#"{{ notebook(id: "{notebook}") {{ pages({arguments}) {{ {LIST} }} }} }}"#)
        };
        walk(&ann, "/notebook/pages", &ids, &[1, 2, 3, 7, 100], list).await;
        for page in [0, 0, 1, 1] {
            let call = format!(r#"deletePage(pageId: "{}")"#, ids[page * 2]);
            done(change(&ann, &call, "page { id }").await);
        }
        let trash = |arguments: &str| {
            format!(
                r#"{{ notebook(id: "{notebook}") {{ pages(trashed: true, {arguments}) {{ {LIST} }} }} }}"#
            )
        };
        // They stood at 0 and, once that gap was closed, at 1.
        walk(
            &ann,
            "/notebook/pages",
            &[ids[0].clone(), ids[2].clone()],
            &[1, 2, 5],
            trash,
        )
        .await;
        let omitted = look(&ann, &list("first: 20"), "/notebook/pages").await;
        for value in ["null", "false"] {
            let given = list(&format!("first: 20, trashed: {value}"));
            assert_eq!(look(&ann, &given, "/notebook/pages").await, omitted);
        }
    }
);

every_database!(
    async fn a_list_of_revisions_is_walked_whole_in_both_directions(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "0").await;
        let (mut all, mut saved) = (
            vec![page.revision_id.clone()],
            vec![page.revision_id.clone()],
        );
        for number in 1..=9 {
            let base = all[0].clone();
            let autosave = number % 3 == 0;
            let input = json!({ "content": number.to_string(), "autosave": autosave });
            let id = stored(&ann, &page.id, &base, input).await;
            all.insert(0, id.clone());
            if !autosave {
                saved.insert(0, id);
            }
        }
        for (flag, expected) in [("true", &all), ("false", &saved)] {
            let list = |arguments: &str| {
                format!(
                    r#"{{ page(id: "{}") {{ revisions(includeAutosaves: {flag}, {arguments}) {{ {LIST} }} }} }}"#,
                    page.id
                )
            };
            walk(&ann, "/page/revisions", expected, &[1, 3, 10, 100], list).await;
        }
        publish_notebook(&ann, &notebook).await;
        let list = |arguments: &str| {
            format!(
                r#"{{ page(id: "{}") {{ revisions({arguments}) {{ {LIST} }} }} }}"#,
                page.id
            )
        };
        walk(&app.client(), "/page/revisions", &all[..1], &[1, 5], list).await;
    }
);

every_database!(
    async fn wrong_sizes_and_cursors_are_refused(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "0").await;
        let pages = |arguments: &str| {
            format!(r#"{{ notebook(id: "{notebook}") {{ pages({arguments}) {{ {LIST} }} }} }}"#)
        };
        let revisions = |arguments: &str| {
            format!(
                r#"{{ page(id: "{}") {{ revisions({arguments}) {{ {LIST} }} }} }}"#,
                page.id
            )
        };
        let of_page = look(
            &ann,
            &pages("first: 1"),
            "/notebook/pages/pageInfo/endCursor",
        )
        .await;
        let of_revision = look(
            &ann,
            &revisions("first: 1"),
            "/page/revisions/pageInfo/endCursor",
        )
        .await;
        let sizes = [
            "first: 0",
            "first: -1",
            "first: 101",
            "last: 0",
            "last: 101",
            "first: 1, last: 1",
        ];
        for (list, other) in [
            (&pages as &dyn Fn(&str) -> String, &of_revision),
            (&revisions, &of_page),
        ] {
            for arguments in sizes {
                let reply = ann.graphql(&list(arguments), json!({})).await;
                assert_eq!(reply.code(), "BAD_USER_INPUT", "{arguments}");
            }
            for cursor in [other.as_str().unwrap(), "", "nonsense", "W10"] {
                for side in ["after", "before"] {
                    let reply = ann
                        .graphql(&list(&format!(r#"{side}: "{cursor}""#)), json!({}))
                        .await;
                    assert_eq!(reply.code(), "BAD_USER_INPUT", "{side} {cursor}");
                }
            }
        }
    }
);
