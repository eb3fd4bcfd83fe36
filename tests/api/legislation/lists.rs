//! Lists of bills.

use super::*;

with_source!(
    async fn a_list_goes_on_over_the_pages_of_the_source(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        let (mut after, mut ids) = (Value::Null, Vec::new());
        loop {
            let reply = ann
                .graphql(LIST, json!({ "first": 60, "after": after }))
                .await;
            let page = reply.at("/propositions");
            let nodes = page["nodes"].as_array().unwrap();
            ids.extend(nodes.iter().map(|node| node["number"].as_u64().unwrap()));
            assert_eq!(page["edges"].as_array().unwrap().len(), nodes.len());
            assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(ids, (1..=BILLS as u64).collect::<Vec<_>>());
        // Each page of the source was asked for once.
        assert_eq!(service.asked().len(), 3);
        assert!(
            service.asked()[0]
                .line
                .starts_with("GET /api/v2/proposicoes?pagina=1&itens=100")
        );
        app.clock().advance(Duration::from_secs(601));
        ann.graphql(LIST, json!({ "first": 1 })).await;
        assert_eq!(service.asked().len(), 4);
    }
);

with_source!(
    async fn a_filter_is_passed_on_and_details_are_read_where_they_are_selected(
        app: TestApp,
        service: StandIn,
    ) {
        let ann = app.user("ann").await;
        let filter = json!({ "query": "educação", "type": "pl", "year": 2020, "number": 8 });
        let list = "query ($filter: PropositionFilter) { propositions(filter: $filter) { nodes { externalId authors votes { approved } } } }";
        let reply = ann.graphql(list, json!({ "filter": filter })).await;
        let nodes = reply.at("/propositions/nodes");
        assert_eq!(nodes.as_array().unwrap().len(), 1);
        assert_eq!(
            (&nodes[0]["externalId"], &nodes[0]["authors"][0]),
            (&json!("1008"), &json!("Ana Souza"))
        );
        let lines: Vec<_> = service
            .asked()
            .into_iter()
            .map(|asked| asked.line)
            .collect();
        for part in [
            "siglaTipo=PL",
            "numero=8",
            "ano=2020",
            "keywords=educa%C3%A7%C3%A3o",
        ] {
            assert!(lines[0].contains(part), "{}", lines[0]);
        }
        assert_eq!(lines.len(), 4);
        for wrong in [
            json!({ "first": 0 }),
            json!({ "first": 101 }),
            json!({ "after": "nonsense" }),
            json!({ "filter": { "number": -1 } }),
            json!({ "filter": { "query": "x".repeat(201) } }),
            json!({ "filter": { "type": "a\u{0}" } }),
        ] {
            assert_eq!(
                ann.graphql(LIST, wrong.clone()).await.code(),
                "BAD_USER_INPUT",
                "{wrong}"
            );
        }
        assert_eq!(
            app.client().graphql(LIST, json!({})).await.code(),
            "UNAUTHENTICATED"
        );
        assert_eq!(service.asked().len(), 4);
    }
);

with_source!(
    async fn bills_of_a_page_that_is_remembered_and_was_not_kept_are_kept_then(
        app: TestApp,
        service: StandIn,
    ) {
        let ann = app.user("ann").await;
        let numbers = async || {
            let reply = ann.graphql(LIST, json!({ "first": 100 })).await;
            let nodes = reply.at("/propositions/nodes").as_array().unwrap().iter();
            let numbers = nodes.map(|node| node["number"].as_u64().unwrap());
            numbers.collect::<Vec<_>>()
        };
        let listed: Vec<u64> = (1..=100).collect();
        assert_eq!(numbers().await, listed);
        // As it is where the transaction has failed that was to keep them, or is not through yet.
        app.execute("DELETE FROM propositions WHERE number > 50")
            .await;
        assert_eq!(numbers().await, listed);
        assert_eq!(service.asked().len(), 1);
    }
);
