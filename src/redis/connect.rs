//! Connections to a single node, to the master that Sentinels name, or to a cluster.

use std::sync::Arc;

use ::redis::aio::{ConnectionLike, MultiplexedConnection};
use ::redis::cluster::ClusterClient;
use ::redis::cluster_async::ClusterConnection;
use ::redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    Pipeline, ProtocolVersion, PushInfo, PushKind, RedisConnectionInfo, RedisFuture, RedisResult,
    TlsMode, Value,
};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use super::{Hears, Link, Shared};
use crate::config::{RedisForm, RedisLogin, RedisNode, RedisUrl};

/// What commands are sent over; clones share it.
#[derive(Clone)]
pub enum Connection {
    /// To one server.
    One(MultiplexedConnection),
    /// To each node of a cluster.
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(connection) => connection.req_packed_commands(cmd, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(cmd, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

impl Shared {
    /// Connects, listens to the channel, and sees that commands are answered and keys can be written.
    pub(super) async fn connect(&self) -> RedisResult<Link> {
        let lost = CancellationToken::new();
        let hears = self.hears.clone();
        let listening = hears.is_some();
        let connection = open(&self.url, self, ears(hears, lost.clone())).await?;
        let mut link = Link { connection, lost };
        self.probe(&mut link.connection).await?;
        if listening {
            match &mut link.connection {
                Connection::One(connection) => connection.subscribe(&self.channel).await?,
                Connection::Cluster(connection) => connection.subscribe(&self.channel).await?,
            }
        }
        Ok(link)
    }

    /// Whether Redis answers, in a cluster every master, and takes writes, which one that is full or read-only
    /// does not.
    pub(super) async fn probe(&self, connection: &mut Connection) -> RedisResult<()> {
        ::redis::cmd("PING").query_async::<()>(connection).await?;
        let mut write = ::redis::cmd("SET");
        write
            .arg(format!("{}:probe", self.prefix))
            .arg("")
            .arg("EX")
            .arg(60);
        write.query_async(connection).await
    }
}

/// What Redis pushes without being asked: messages, and the end of the connection.
fn ears(
    hears: Option<Arc<dyn Hears>>,
    lost: CancellationToken,
) -> impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static {
    move |push| {
        match (push.kind, push.data.get(1), &hears) {
            (PushKind::Disconnection, ..) => lost.cancel(),
            (PushKind::Message, Some(Value::BulkString(message)), Some(hears)) => {
                hears.said(message);
            }
            _ => {}
        }
        Ok(())
    }
}

async fn open(
    url: &RedisUrl,
    shared: &Shared,
    ears: impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static,
) -> RedisResult<Connection> {
    if url.tls {
        // Two providers are compiled in, and rustls chooses neither by itself. An error says that one is chosen.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(shared.connect_timeout))
        // The limit on each command is the caller's.
        .set_response_timeout(None)
        .set_pipeline_buffer_size(1_000);
    let mut addresses = url.nodes.iter().map(|node| address(node, url.tls));
    match &url.form {
        RedisForm::Single => {
            let config = config.set_push_sender(ears);
            let node = addresses.next().ok_or_else(no_node)?;
            let client = Client::open(info(node, url)?)?;
            let connection = client.get_multiplexed_async_connection_with_config(&config);
            connection.await.map(Connection::One)
        }
        RedisForm::Sentinel { master, login } => {
            let config = config.set_push_sender(ears);
            let mut client =
                SentinelClientBuilder::new(addresses, master, SentinelServerType::Master)?
                    .set_client_to_redis_protocol(ProtocolVersion::RESP3)
                    .set_client_to_redis_db(url.database);
            if url.tls {
                client = client.set_client_to_redis_tls_mode(TlsMode::Secure);
            }
            if let Some(RedisLogin { user, password }) = &url.login {
                client = client.set_client_to_redis_password(password.expose_secret());
                if let Some(user) = user {
                    client = client.set_client_to_redis_username(user);
                }
            }
            if let Some(RedisLogin { user, password }) = login {
                client = client.set_client_to_sentinel_password(password.expose_secret());
                if let Some(user) = user {
                    client = client.set_client_to_sentinel_username(user);
                }
            }
            let mut client = client.build()?;
            let connection = client.get_async_connection_with_config(&config);
            connection.await.map(Connection::One)
        }
        RedisForm::Cluster => {
            let nodes: Vec<_> = addresses
                .map(|node| info(node, url))
                .collect::<RedisResult<_>>()?;
            let client = ClusterClient::builder(nodes)
                .use_protocol(ProtocolVersion::RESP3)
                .connection_timeout(shared.connect_timeout)
                .response_timeout(shared.connect_timeout)
                .push_sender(ears)
                .build()?;
            client.get_async_connection().await.map(Connection::Cluster)
        }
    }
}

fn no_node() -> ::redis::RedisError {
    (::redis::ErrorKind::InvalidClientConfig, "no node is named").into()
}

fn address(node: &RedisNode, tls: bool) -> ConnectionAddr {
    let RedisNode { host, port } = node.clone();
    match tls {
        false => ConnectionAddr::Tcp(host, port),
        true => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: false,
            tls_params: None,
        },
    }
}

fn info(address: ConnectionAddr, url: &RedisUrl) -> RedisResult<ConnectionInfo> {
    let mut settings = RedisConnectionInfo::default()
        .set_protocol(ProtocolVersion::RESP3)
        .set_db(url.database);
    if let Some(RedisLogin { user, password }) = &url.login {
        settings = settings.set_password(password.expose_secret());
        if let Some(user) = user {
            settings = settings.set_username(user);
        }
    }
    Ok(address.into_connection_info()?.set_redis_settings(settings))
}
