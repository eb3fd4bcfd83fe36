//! `pluma admin media fsck`.

use std::time::Duration;

use super::*;

every_database!(
    async fn fsck_finds_what_is_missing_cut_changed_and_nobody_s(app: TestApp) {
        let ann = app.user("ann").await;
        let mut images = Vec::new();
        for seed in 1..5 {
            images.push(uploaded(&ann, png(50, 40, seed)).await);
        }
        let objects = stored(&app).await;
        let folder = app.app().config.storage.directory.clone();
        let fsck = |arguments: &[&str]| {
            let arguments = [&["admin", "media", "fsck"], arguments].concat();
            let output = app.program(&arguments).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            (output.status.code().unwrap(), text)
        };
        let (code, text) = fsck(&["--deep"]);
        assert_eq!(
            (code, text.as_str()),
            (0, "4 row(s), 0 problem(s), 0 repaired.\n")
        );

        std::fs::remove_file(folder.join(&objects[0].key)).unwrap();
        std::fs::write(folder.join(&objects[1].key), "short").unwrap();
        let same = vec![b'x'; usize::try_from(objects[2].size).unwrap()];
        std::fs::write(folder.join(&objects[2].key), same).unwrap();
        let mut parts: Vec<&str> = objects[3].key.split('/').collect();
        let place = pluma::id::encode(pluma::clock::new_uuid());
        parts[3] = &place;
        let stray = folder.join(parts.join("/"));
        std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
        let file = std::fs::File::create(&stray).unwrap();
        let old = pluma::clock::system_time() - Duration::from_secs(2 * 24 * 3_600);
        file.set_modified(old.into()).unwrap();

        let (code, text) = fsck(&[]);
        assert_eq!(code, 1);
        assert!(
            text.ends_with("4 row(s), 3 problem(s), 0 repaired.\n"),
            "{text}"
        );
        let (code, text) = fsck(&["--deep", "--repair"]);
        assert_eq!(code, 1);
        for (word, key) in [
            ("missing", &objects[0].key),
            ("size", &objects[1].key),
            ("content", &objects[2].key),
        ] {
            let line = text.lines().find(|line| line.starts_with(word)).unwrap();
            assert!(line.contains(key.as_str()), "{text}");
            assert!(images.iter().any(|image| line.contains(image)), "{text}");
        }
        assert!(
            text.contains(&place) && text.ends_with("4 problem(s), 1 repaired.\n"),
            "{text}"
        );
        assert!(!stray.exists());
        assert!(folder.join(&objects[3].key).exists());
    }
);
