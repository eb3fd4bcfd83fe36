//! Whatever is done to pages, their positions run from 0 without gaps and doubles.

use super::*;

/// A small generator of numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

/// What a notebook should hold: its pages in order, and the trash with the places they had.
#[derive(Default)]
struct Model {
    shelf: Vec<String>,
    trash: Vec<(String, usize)>,
    /// How often each kind of change came about.
    done: [usize; 6],
}

impl Model {
    /// Does something at random to the notebook and to this model.
    async fn step(&mut self, ann: &Client, notebook: &str, numbers: &mut Numbers) {
        let count = self.shelf.len();
        let act = if count == 0 { 0 } else { numbers.below(10) };
        match act {
            0..=2 => {
                self.done[0] += 1;
                let place = numbers.below(count + 1);
                let call = format!(
                    r#"createPage(input: {{ notebookId: "{notebook}", title: "p", position: {place} }})"#
                );
                let payload = done(change(ann, &call, "page { id }").await);
                let id = payload["page"]["id"].as_str().unwrap().to_owned();
                self.shelf.insert(place, id);
            }
            3..=5 => {
                self.done[1] += 1;
                let (from, to) = (numbers.below(count), numbers.below(count));
                let id = self.shelf.remove(from);
                let call = format!(r#"movePage(pageId: "{id}", position: {to})"#);
                done(change(ann, &call, "page { id }").await);
                self.shelf.insert(to, id);
            }
            6 | 7 => {
                self.done[2] += 1;
                let place = numbers.below(count);
                let id = self.shelf.remove(place);
                done(
                    change(
                        ann,
                        &format!(r#"deletePage(pageId: "{id}")"#),
                        "page { id }",
                    )
                    .await,
                );
                self.trash.push((id, place));
            }
            8 if !self.trash.is_empty() => {
                self.done[3] += 1;
                let (id, place) = self.trash.remove(numbers.below(self.trash.len()));
                done(
                    change(
                        ann,
                        &format!(r#"restorePage(pageId: "{id}")"#),
                        "page { id }",
                    )
                    .await,
                );
                self.shelf.insert(place.min(count), id);
            }
            9 if !self.trash.is_empty() => {
                self.done[4] += 1;
                let (id, _) = self.trash.remove(numbers.below(self.trash.len()));
                done(change(ann, &format!(r#"purgePage(pageId: "{id}")"#), "deletedId").await);
            }
            _ => {
                self.done[5] += 1;
                let id = &self.shelf[numbers.below(count)];
                let call = format!(r#"movePage(pageId: "{id}", position: {count})"#);
                assert_eq!(refused(ann, &call).await, ["OUT_OF_RANGE position"]);
            }
        }
    }
}

every_database!(
    async fn sixty_changes_at_random_keep_the_order(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let shelf = format!(
            r#"{{ notebook(id: "{notebook}") {{ pageCount pages(first: 100) {{ nodes {{ id position }} }} }} }}"#
        );
        let (mut model, mut numbers) = (Model::default(), Numbers(20_260_101));
        for step in 0..60 {
            model.step(&ann, &notebook, &mut numbers).await;
            let expected = model.shelf.iter().enumerate();
            let expected: Vec<_> = expected
                .map(|(place, id)| json!({ "id": id, "position": place }))
                .collect();
            assert_eq!(
                look(&ann, &shelf, "/notebook").await,
                json!({ "pageCount": expected.len(), "pages": { "nodes": expected } }),
                "after step {step}"
            );
        }
        assert!(
            model.done.iter().all(|times| *times > 0),
            "{:?}",
            model.done
        );
    }
);

every_database!(
    async fn changes_at_once_keep_the_order_too(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let mut pages = Vec::new();
        for _ in 0..6 {
            pages.push(ann.page(&notebook, "p", "").await.id);
        }
        let mut running = Vec::new();
        for (place, page) in pages.into_iter().enumerate() {
            let (ann, notebook) = (ann.clone(), notebook.clone());
            running.push(tokio::spawn(async move {
                let call = format!(r#"movePage(pageId: "{page}", position: {})"#, 5 - place);
                change(&ann, &call, "page { id }").await;
                if place % 2 == 0 {
                    change(&ann, &format!(r#"deletePage(pageId: "{page}")"#), "page { id }").await;
                    change(&ann, &format!(r#"restorePage(pageId: "{page}")"#), "page { id }").await;
                }
                let call = format!(
                    r#"createPage(input: {{ notebookId: "{notebook}", title: "new", position: 1 }})"#
                );
                change(&ann, &call, "page { id }").await;
            }));
        }
        for task in running {
            task.await.unwrap();
        }
        let shelf = format!(
            r#"{{ notebook(id: "{notebook}") {{ pages(first: 100) {{ nodes {{ position }} }} }} }}"#
        );
        let nodes = look(&ann, &shelf, "/notebook/pages/nodes").await;
        let expected: Vec<_> = (0..12).map(|place| json!({ "position": place })).collect();
        assert_eq!(nodes, json!(expected));
    }
);
