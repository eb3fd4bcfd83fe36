//! Pages of hits by keyset, with totals.

use super::*;
use crate::pages::{change, done};

every_database!(
    async fn pages_of_hits_are_full_and_give_every_hit_once(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (open, closed) = (ann.notebook("Open").await, ann.notebook("Closed").await);
        for number in 0..25 {
            // Scores are equal in many cases, and every other page is none that bob may see.
            let text = "opal ".repeat(1 + number % 3);
            ann.page(
                if number % 2 == 0 { &open } else { &closed },
                "Stone",
                &text,
            )
            .await;
        }
        crate::pages::publish_notebook(&ann, &open).await;
        for (who, total) in [(&bob, 13), (&ann, 25)] {
            let (mut after, mut all, mut scores) = (Value::Null, Vec::new(), Vec::new());
            loop {
                let variables = json!({ "query": "opal ", "first": 4, "after": after });
                let answer = search(who, variables).await;
                assert_eq!(answer["totalCount"], total);
                assert_eq!(
                    answer["pageInfo"]["hasPreviousPage"],
                    json!(!all.is_empty())
                );
                let edges = answer["edges"].as_array().unwrap();
                assert!(edges.len() == 4 || all.len() + edges.len() == total);
                for edge in edges {
                    all.push(edge["node"]["subject"]["id"].as_str().unwrap().to_owned());
                    scores.push(edge["node"]["score"].as_f64().unwrap());
                }
                if answer["pageInfo"]["hasNextPage"] == false {
                    break;
                }
                after = answer["pageInfo"]["endCursor"].clone();
            }
            assert_eq!(all.len(), total);
            assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
            assert_eq!(found(who, "opal ").await, all);
            all.sort();
            all.dedup();
            assert_eq!(all.len(), total);
        }
    }
);

every_database!(
    async fn a_page_begins_behind_its_cursor_whatever_came_before_meanwhile(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Stones").await;
        for _ in 0..4 {
            ann.page(&notebook, "Plain", "jade").await;
        }
        let first = search(&ann, json!({ "query": "jade ", "first": 2 })).await;
        // Better than all of them.
        ann.page(&notebook, "Jade", "jade").await;
        let gone = &first["edges"][0]["node"]["subject"]["id"];
        done(change(&ann, &format!("deletePage(pageId: {gone})"), "page { id }").await);
        let after = &first["pageInfo"]["endCursor"];
        let second = search(
            &ann,
            json!({ "query": "jade ", "first": 9, "after": after }),
        )
        .await;
        let ids = |answer: &Value| -> Vec<Value> {
            let edges = answer["edges"].as_array().unwrap().iter();
            edges
                .map(|edge| edge["node"]["subject"]["id"].clone())
                .collect()
        };
        assert_eq!(ids(&second).len(), 2);
        assert!(ids(&second).iter().all(|id| !ids(&first).contains(id)));
        assert_eq!(second["totalCount"], 4);
    }
);

every_database!(
    with = |config| config.jobs.inline = false,
    async fn a_search_takes_the_same_statements_for_more_hits(app: TestApp) {
        let ann = app.user("ann").await;
        for number in 0..12 {
            let notebook = ann.notebook(&format!("Pearl {number}")).await;
            ann.page(&notebook, "Pearl", "a pearl in the text").await;
            app.user(&format!("pearl{number}")).await;
        }
        let mut taken = Vec::new();
        for first in [3, 30] {
            crate::statements::quiet(&app).await;
            let before = app.app().db.statements();
            let answer = search(&ann, json!({ "query": "pearl", "first": first })).await;
            taken.push(app.app().db.statements() - before);
            assert_eq!(answer["edges"].as_array().unwrap().len(), first);
            assert_eq!(answer["totalCount"], 36);
        }
        // The session, the hits, their number, each kind of subject, and the texts.
        assert!(taken.iter().all(|taken| *taken <= 7), "{taken:?}");
    }
);
