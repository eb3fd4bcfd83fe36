//! Whose account a sign-in leads to.

use super::*;

with_issuer!(
    async fn a_stranger_gets_an_account_and_comes_back_to_it(app: TestApp) {
        let browser = Browser::new(&app);
        let who = "Sofia;email=sofia@example.org;verified;name=Sofia Ribeiro";
        let asked = browser.begin("?returnTo=/write?page=2").await;
        for part in [
            "code_challenge_method=S256",
            "response_type=code",
            "nonce=",
            "state=",
        ] {
            assert!(asked.contains(part), "{asked}");
        }
        let back = browser.answer(&asked, who).await;
        let answer = browser.visit(&back).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(location(&answer), "http://localhost:8000/write?page=2");
        let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies.len(), 3, "a session of two, and the ticket's end");
        let made = json!({ "username": "Sofia", "displayName": "Sofia Ribeiro",
            "email": "sofia@example.org", "emailVerified": true });
        assert_eq!(browser.viewer().await, made);

        let elsewhere = Browser::new(&app);
        assert_eq!(elsewhere.sign_in(who).await.status(), 303);
        assert_eq!(elsewhere.viewer().await, made);
        let users = app.execute("UPDATE users SET role = role").await;
        assert_eq!(users, 1);
        let reply = elsewhere
            .graphql("{ linkedIdentities { provider email } }")
            .await;
        let identities = json!([{ "provider": "test", "email": "sofia@example.org" }]);
        assert_eq!(reply.at("/linkedIdentities"), &identities);
        for (action, count) in [("account.registered", 1), ("session.started", 2)] {
            let sql = format!(
                "UPDATE logs SET kind = kind WHERE action = '{action}'
                AND CAST(details AS TEXT) LIKE '%test%' AND ip = '127.0.0.1'"
            );
            assert_eq!(app.execute(&sql).await, count, "{action}");
        }
    }
);

with_issuer!(
    async fn a_name_that_is_taken_gets_a_number(app: TestApp) {
        app.user("sofia").await;
        let browser = Browser::new(&app);
        let who = "Sofia;email=other@example.org;verified";
        assert_eq!(browser.sign_in(who).await.status(), 303);
        let viewer = browser.viewer().await;
        let username = viewer["username"].as_str().unwrap();
        assert!(username.starts_with("Sofia-"), "{username}");
    }
);

with_issuer!(
    async fn an_account_whose_address_both_sides_verified_is_linked(app: TestApp) {
        let ann = app.user("ann").await;
        verify(&app, &ann).await;
        let browser = Browser::new(&app);
        let who = "somebody;email=Ann@Example.org;verified";
        assert_eq!(browser.sign_in(who).await.status(), 303);
        assert_eq!(browser.viewer().await["username"], "ann");
        let notice = app
            .mail_with("Another way to sign in", "ann@example.org")
            .await;
        assert!(
            notice
                .header("subject")
                .starts_with("Another way to sign in")
        );
        // From then on the identity counts, whatever its address becomes here.
        let moved =
            "mutation { updateProfile(input: { email: \"ann@new.example\" }) { errors { code } } }";
        ann.graphql(moved, json!({})).await;
        let again = Browser::new(&app);
        again.sign_in(who).await;
        assert_eq!(again.viewer().await["username"], "ann");
    }
);

with_issuer!(
    async fn nobody_takes_over_an_account_by_its_address(app: TestApp) {
        // The provider has not verified that the address is theirs.
        let ann = app.user("ann").await;
        verify(&app, &ann).await;
        let browser = Browser::new(&app);
        let answer = browser.sign_in("mallory;email=ann@example.org").await;
        assert_eq!(refusal(answer).await, (403, "UNVERIFIED_THERE".to_owned()));
        assert_eq!(browser.viewer().await, Value::Null);
        // Somebody has registered the address first, and never shown that it is theirs.
        app.user("bea").await;
        let browser = Browser::new(&app);
        let answer = browser.sign_in("bea;email=bea@example.org;verified").await;
        assert_eq!(refusal(answer).await, (403, "UNVERIFIED_HERE".to_owned()));
        assert_eq!(browser.viewer().await, Value::Null);
        assert_eq!(
            app.execute("UPDATE identities SET provider = provider")
                .await,
            0
        );
        let logged = "UPDATE logs SET kind = kind WHERE action = 'sign_in.refused'
            AND CAST(details AS TEXT) LIKE '%UNVERIFIED_%' AND request_id IS NOT NULL";
        assert_eq!(app.execute(logged).await, 2);
    }
);

with_issuer!(
    async fn an_address_taken_back_by_mail_frees_the_account_of_what_others_linked(app: TestApp) {
        // Mallory registers Ann's address and links an identity of his own.
        let browser = Browser::new(&app);
        let register =
            "mutation { register(input: { username: \"mallory\", email: \"ann@example.org\",
            password: \"correct horse battery\" }) { errors { code } } }";
        browser.graphql(register).await;
        let answer = browser.visit_from("/auth/test/login", "same-origin").await;
        let back = browser
            .answer(&location(&answer), "mallory;email=m@example.org;verified")
            .await;
        assert_eq!(browser.visit(&back).await.status(), 303);
        let linked = "{ linkedIdentities { id } }";
        let reply = browser.graphql(linked).await;
        assert_eq!(reply.at("/linkedIdentities").as_array().unwrap().len(), 1);
        // Ann resets the password by mail.
        let ann = app.client();
        let ask =
            "mutation { requestPasswordReset(email: \"ann@example.org\") { errors { code } } }";
        ann.graphql(ask, json!({})).await;
        let token = app.mailed_reset("ann@example.org", 1).await;
        let reset = "mutation ($token: String!) { resetPassword(token: $token, newPassword: \"a new passphrase\") {
            errors { code } } }";
        let reply = ann.graphql(reset, json!({ "token": token })).await;
        assert_eq!(reply.user_errors("resetPassword"), &json!([]));
        assert_eq!(
            app.execute("UPDATE identities SET provider = provider")
                .await,
            0
        );
        assert_eq!(browser.viewer().await, Value::Null);
    }
);

with_issuer!(
    async fn whoever_is_signed_in_links_on_their_own_wish_alone(app: TestApp) {
        let browser = Browser::new(&app);
        let register = "mutation { register(input: { username: \"ann\", email: \"ann@example.org\",
            password: \"correct horse battery\" }) { errors { code } } }";
        browser.graphql(register).await;
        let count = async || {
            app.execute(
                "UPDATE identities SET provider = provider WHERE user_id IN
            (SELECT id FROM users WHERE username = 'ann')",
            )
            .await
        };
        // Another site sends Ann's browser, which is Mallory's at the provider.
        let back = browser
            .answer(
                &browser.begin("").await,
                "mallory;email=m@example.org;verified",
            )
            .await;
        browser.visit(&back).await;
        assert_eq!(browser.viewer().await["username"], "mallory");
        assert_eq!(count().await, 0);

        let login = "mutation { login(input: { login: \"ann\", password: \"correct horse battery\" }) { errors { code } } }";
        browser.graphql(login).await;
        let link = async |who: &str| {
            let asked = browser.visit_from("/auth/test/login", "same-origin").await;
            let another = Browser::new(&app);
            // The provider's own session is somebody else's by now.
            let back = another.answer(&location(&asked), who).await;
            browser.visit(&back).await
        };
        assert_eq!(link("ann-there;email=x@example.org").await.status(), 303);
        assert_eq!(browser.viewer().await["username"], "ann");
        assert_eq!(count().await, 1);
        let taken = link("mallory;email=m@example.org;verified").await;
        assert_eq!(refusal(taken).await, (409, "LINKED_ELSEWHERE".to_owned()));
        // The link is another way in.
        let elsewhere = Browser::new(&app);
        elsewhere.sign_in("ann-there;email=x@example.org").await;
        assert_eq!(elsewhere.viewer().await["username"], "ann");
        // And can go again, as there is a password.
        let reply = browser.graphql("{ linkedIdentities { id } }").await;
        let id = reply.text("/linkedIdentities/0/id").to_owned();
        let unlink = format!(
            "mutation {{ unlinkIdentity(identityId: \"{id}\") {{ deletedId errors {{ code }} }} }}"
        );
        let stranger = app.user("bea").await.graphql(&unlink, json!({})).await;
        assert_eq!(stranger.at("/unlinkIdentity/errors/0/code"), "NOT_FOUND");
        let reply = browser.graphql(&unlink).await;
        assert_eq!(reply.text("/unlinkIdentity/deletedId"), id);
        assert_eq!(count().await, 0);
    }
);

with_issuer!(
    async fn the_last_way_into_an_account_stays(app: TestApp) {
        let browser = Browser::new(&app);
        browser
            .sign_in("sofia;email=sofia@example.org;verified")
            .await;
        let reply = browser.graphql("{ linkedIdentities { id } }").await;
        let id = reply.text("/linkedIdentities/0/id").to_owned();
        let unlink = format!(
            "mutation {{ unlinkIdentity(identityId: \"{id}\") {{ errors {{ code path }} }} }}"
        );
        let reply = browser.graphql(&unlink).await;
        assert_eq!(reply.at("/unlinkIdentity/errors/0/code"), "CONFLICT");
        assert_eq!(
            app.execute("UPDATE identities SET provider = provider")
                .await,
            1
        );
        // A first password, as they have just signed in.
        let change =
            "mutation { changePassword(newPassword: \"a new passphrase\") { errors { code } } }";
        assert_eq!(
            browser.graphql(change).await.user_errors("changePassword"),
            &json!([])
        );
        assert_eq!(
            browser.graphql(&unlink).await.user_errors("unlinkIdentity"),
            &json!([])
        );
    }
);

with_issuer!(
    async fn an_account_needs_an_address_and_trusts_none_unverified(app: TestApp) {
        let browser = Browser::new(&app);
        let answer = browser.sign_in("nobody").await;
        assert_eq!(refusal(answer).await, (403, "NO_ADDRESS".to_owned()));
        let browser = Browser::new(&app);
        assert_eq!(
            browser.sign_in("eva;email=eva@example.org").await.status(),
            303
        );
        assert_eq!(browser.viewer().await["emailVerified"], false);
        assert!(
            app.mailed_verification("eva@example.org", 1)
                .await
                .starts_with("pluma_ve_")
        );
    }
);

with_issuer!(
    with = |config| {
        config.accounts.registration = false;
    },
    async fn a_server_without_registrations_takes_no_new_identities(app: TestApp) {
        let browser = Browser::new(&app);
        let answer = browser.sign_in("eva;email=eva@example.org;verified").await;
        assert_eq!(refusal(answer).await, (403, "NO_REGISTRATIONS".to_owned()));
        assert_eq!(app.execute("UPDATE users SET role = role").await, 0);
    }
);

with_issuer!(
    async fn front_ends_are_told_which_buttons_to_show(app: TestApp) {
        let reply = app
            .client()
            .graphql("{ authProviders { name label loginUrl } }", json!({}))
            .await;
        let url = |name: &str| format!("http://localhost:8000/auth/{name}/login");
        let expected = ["down", "test"]
            .map(|name| json!({ "name": name, "label": "Test", "loginUrl": url(name) }));
        assert_eq!(reply.at("/authProviders"), &json!(expected));
    }
);
