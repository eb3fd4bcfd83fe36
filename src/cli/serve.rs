//! `pluma serve` and `pluma worker`: the processes that stay.

use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use pluma::app::App;
use pluma::config::Config;
use pluma::http::playground;
use pluma::http::server::Server;
use pluma::{telemetry, work};
use tokio::net::TcpListener;

use super::failure::Failure;
use super::{say, signals};

/// Starts the server and runs it until a signal.
pub async fn run(config: Config, migrate: bool) -> Result<(), Failure> {
    telemetry::start_logging(&config.log)?;
    let metrics = config.server.metrics.then(telemetry::start_metrics);
    let metrics = metrics.transpose()?;
    let stop = signals::watch()?;
    // First of all: a second server started by mistake must not touch the database of the first.
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("{listen} cannot be listened on; PLUMA_LISTEN names another address")
    })?;
    let address = listener.local_addr().context("the socket has no address")?;
    let app = App::build(config, migrate).await?;

    announce(&app, address);
    let jobs = app.config.jobs.inline.then(|| {
        let app = app.clone();
        tokio::spawn(async move { work::run(&app).await })
    });
    let server = Server::new(&app, metrics);
    let serving = async {
        let drained = server.run(listener, stop.gently.clone()).await;
        if let Some(jobs) = jobs {
            // A panic in there was logged where it happened.
            let _ = jobs.await;
        }
        drained
    };
    tokio::select! {
        drained = serving => match drained {
            true => tracing::info!("stopped"),
            false => tracing::warn!("stopped with requests still running: the grace was over"),
        },
        () = stop.at_once.cancelled() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// Runs jobs until a signal.
pub async fn work(config: Config) -> Result<(), Failure> {
    let app = super::open(config).await?;
    let stop = signals::watch()?;
    say("Pluma is working on jobs.");
    let gently = async {
        stop.gently.cancelled().await;
        tracing::info!("stopping");
        app.shutdown.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = work::run(&app) => tracing::info!("stopped"),
        () = gently => {}
        () = stop.at_once.cancelled() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

fn announce(app: &App, address: SocketAddr) {
    let config = &app.config;
    if !app.mailer.is_on() {
        tracing::warn!(
            "SMTP_URL is not set: no e-mail is sent, so nobody can verify an address or reset a password"
        );
    }
    let url = url(config, address);
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), database = %config.database.url, "ready");
    say(&format!("Pluma is ready at {url}"));
    if config.server.graphiql {
        say(&match playground::is_built() {
            true => format!("GraphiQL: {url}/"),
            false => "GraphiQL: not part of this build; `script/server` builds it".to_owned(),
        });
    }
    say(&format!(
        "data in {} ({})",
        config.data_dir.display(),
        config.database.url
    ));
}

/// Where a person reaches the server.
fn url(config: &Config, address: SocketAddr) -> String {
    let ip = address.ip();
    let here = ip.is_loopback() || ip.is_unspecified();
    match (config.environment.is_production(), ip) {
        (true, _) => config
            .server
            .public_url
            .as_str()
            .trim_end_matches('/')
            .to_owned(),
        (false, _) if here => format!("http://localhost:{}", address.port()),
        (false, IpAddr::V4(_) | IpAddr::V6(_)) => format!("http://{address}"),
    }
}
