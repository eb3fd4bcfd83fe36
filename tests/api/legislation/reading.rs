//! A single bill.

use super::*;

with_source!(
    async fn a_bill_is_read_with_authors_and_votes(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        let reply = bill(&ann, "1007").await;
        let found = reply.at("/proposition");
        assert_eq!(found["externalId"], "1007");
        assert_eq!(
            (&found["type"], &found["number"], &found["year"]),
            (&json!("PL"), &json!(7), &json!(2020))
        );
        assert_eq!(found["summary"], "Dispõe sobre o item 7");
        assert_eq!(found["authors"], json!(["Ana Souza", "Rui Lima"]));
        assert_eq!(found["status"], "Aguardando Parecer");
        assert_eq!(found["presentedOn"], "2020-03-30");
        assert_eq!(found["url"], "https://www.camara.leg.br/teor.pdf");
        assert_eq!(found["complete"], true);
        // Brasília's time, without a zone at the source.
        let votes = json!([
            { "externalId": "2190585-10", "date": "2020-04-01T23:25:10Z", "body": "PLEN", "description": "Aprovado.", "approved": true },
            { "externalId": "2190585-11", "date": "2020-04-02T03:00:00Z", "body": null, "description": "Rejeitado.", "approved": false },
            { "externalId": "2190585-12", "date": null, "body": null, "description": "Adiado.", "approved": null },
        ]);
        assert_eq!(found["votes"], votes);
        assert_eq!(service.asked().len(), 3);
        let node =
            "query ($id: ID!) { node(id: $id) { ... on Proposition { externalId authors } } }";
        let by_id = ann.graphql(node, json!({ "id": found["id"] })).await;
        assert_eq!(by_id.at("/node/externalId"), "1007");
        let stranger = app.client();
        assert_eq!(bill(&stranger, "1007").await.code(), "UNAUTHENTICATED");
        assert_eq!(
            stranger
                .graphql(node, json!({ "id": found["id"] }))
                .await
                .at("/node"),
            &Value::Null
        );
    }
);

with_source!(
    async fn a_bill_is_asked_for_once_while_it_is_fresh(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        let many = futures_util::future::join_all((0..10).map(|_| bill(&ann, "1001"))).await;
        // Who asks at the very same time shares an answer; who comes as it is written down may ask once more.
        let asked = service.asked().len();
        assert!(asked <= 9, "asked {asked} times");
        bill(&ann, "1001").await;
        assert_eq!(service.asked().len(), asked);
        app.clock().advance(Duration::from_secs(3_601));
        let ann = ann.another_device().await;
        let later = bill(&ann, "1001").await;
        assert_eq!(service.asked().len(), asked + 3);
        assert_eq!(
            later.text("/proposition/id"),
            many[0].text("/proposition/id")
        );
        assert_ne!(
            later.text("/proposition/fetchedAt"),
            many[0].text("/proposition/fetchedAt")
        );
    }
);

with_source!(
    async fn what_the_source_does_not_have_is_null_and_what_is_no_id_is_not_asked_for(
        app: TestApp,
        service: StandIn,
    ) {
        let ann = app.user("ann").await;
        assert_eq!(bill(&ann, "99").await.at("/proposition"), &Value::Null);
        let asked = service.asked().len();
        for id in [
            "",
            "../deputados",
            "1001/autores",
            "1001?x",
            "é",
            &"1".repeat(41),
        ] {
            assert_eq!(
                bill(&ann, id).await.at("/proposition"),
                &Value::Null,
                "{id}"
            );
        }
        assert_eq!(service.asked().len(), asked);
    }
);

with_source!(
    async fn a_record_that_names_a_bill_is_enriched_by_it(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        let query = "mutation ($content: String!) { process(input: { content: $content }) {
            result { enrichment issues { code } } errors { code } } }";
        let process = |content: &str| ann.graphql(query, json!({ "content": content }));
        let reply = process("{\"subject\": \"O PL 7/2020 e a PEC 9/1999\"}").await;
        let found = reply.at("/process/result/enrichment/legislation/propositions");
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!(found[0]["externalId"], "1007");
        assert_eq!(found[0]["authors"], json!(["Ana Souza", "Rui Lima"]));
        let asked = service.asked().len();
        let reply = process("{\"subject\": \"nothing of that kind\"}").await;
        assert_eq!(
            reply.at("/process/result/enrichment").get("legislation"),
            None
        );
        assert_eq!(service.asked().len(), asked);
    }
);
