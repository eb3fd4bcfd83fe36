//! `pluma doctor --quick`: asks the running server whether it is ready, without a client library.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, anyhow};
use pluma::config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::failure::Failure;
use super::say;

/// Longer than the checks behind `/readyz` may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Succeeds where `/readyz` answers 200.
pub async fn run(config: &Config) -> Result<(), Failure> {
    let address = reachable(config.server.listen);
    let status = tokio::time::timeout(PATIENCE, ask(address)).await;
    match status.map_err(|_| anyhow!("{address} does not answer"))?? {
        200 => {
            say("ready");
            Ok(())
        }
        status => Err(anyhow!("{address} answers /readyz with {status}").into()),
    }
}

/// The status of `/readyz`.
pub async fn ask(address: SocketAddr) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("nothing listens on {address}"))?;
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await?;
    std::str::from_utf8(&start)
        .ok()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.parse().ok())
        .with_context(|| format!("{address} does not speak HTTP"))
}

/// The address to connect to: a server that listens on every address is reached on the loopback.
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
