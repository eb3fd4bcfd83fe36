//! A real server on a free port with a database of its own, and clients that speak to it.

#![expect(dead_code, reason = "the tests of the slices use what is here")]

mod app;
mod client;
mod dump;
mod mail;
mod node;
mod postgres;
mod program;
mod provider;
mod redis;
mod reply;
mod s3;
mod stand_in;
mod stream;
mod subscription;
mod waiting;

pub use app::{Engine, TestApp, run_sql};
pub use client::{Client, Page};
pub use mail::{Behaviour, MailServer};
pub use node::run_node_tests;
pub use postgres::Database;
pub use program::Program;
pub use provider::{Provider, Said, piece_of};
pub use redis::{RedisServer, shared_redis};
pub use reply::Reply;
pub use s3::{Fault, S3Server};
pub use serde_json::json;
pub use stand_in::{Answer, Asked, StandIn};
pub use stream::Stream;
pub use subscription::{Ending, Subscription};
pub use waiting::eventually;

/// Runs a test on every database: `every_database!(async fn name(app: TestApp) { … });`, and with a changed
/// configuration `every_database!(with = |config| { … }, async fn name(app: TestApp) { … });`.
macro_rules! every_database {
    (async fn $name:ident($app:ident: TestApp $(,)?) $body:block) => {
        every_database!(with = |_config| {}, async fn $name($app: TestApp) $body);
    };
    (async fn $name:ident($app:ident: TestApp, $provider:ident: Provider $(,)?) $body:block) => {
        every_database!(with = |_config| {}, async fn $name($app: TestApp, $provider: Provider) $body);
    };
    // The same with a stand-in as the only AI provider.
    (with = $tweak:expr, async fn $name:ident($app:ident: TestApp, $provider:ident: Provider $(,)?) $body:block) => {
        every_database!(@each $name, engine, {
            let $provider = $crate::support::Provider::start().await;
            let configured = $provider.configured("stand-in", pluma::config::AiKind::OpenAi);
            let tweak: fn(&mut pluma::config::Config) = $tweak;
            let $app = $crate::support::TestApp::on(engine, move |config| {
                config.ai.providers = Some(vec![configured]);
                tweak(config);
            });
            let $app = $app.await;
            $body
        });
    };
    (with = $tweak:expr, async fn $name:ident($app:ident: TestApp $(,)?) $body:block) => {
        every_database!(@each $name, engine, {
            let tweak: fn(&mut pluma::config::Config) = $tweak;
            let $app = $crate::support::TestApp::on(engine, tweak).await;
            $body
        });
    };
    (@each $name:ident, $engine:ident, $body:block) => {
        // A function and a module of the same name: they live in different namespaces.
        async fn $name($engine: $crate::support::Engine) $body

        mod $name {
            use $crate::support::Engine;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Engine::Postgres).await;
            }
        }
    };
}
pub(crate) use every_database;
