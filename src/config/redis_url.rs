//! The address of Redis: a single node, Sentinels that know the master, or a cluster, told apart by the URL.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

/// Where Redis is. `Debug` and `Display` show neither user nor password.
#[derive(Clone, Debug)]
pub struct RedisUrl {
    /// How the nodes stand to each other.
    pub form: RedisForm,
    /// The single node, some of the cluster's, or the Sentinels.
    pub nodes: Vec<RedisNode>,
    /// Whether connections are encrypted, and certificates checked against those that the system trusts.
    pub tls: bool,
    /// Who signs in to Redis; a server with a password alone has no names.
    pub login: Option<RedisLogin>,
    /// The number of the database; clusters have only 0.
    pub database: i64,
}

/// How the nodes of a [`RedisUrl`] stand to each other.
#[derive(Clone, Debug)]
pub enum RedisForm {
    /// There is one.
    Single,
    /// They are Sentinels, which know where the master is.
    Sentinel {
        /// What they call the master.
        master: String,
        /// Who signs in to the Sentinels, which have accounts of their own.
        login: Option<RedisLogin>,
    },
    /// They are part of a cluster, whose other nodes they name.
    Cluster,
}

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisNode {
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Name and password.
#[derive(Clone)]
pub struct RedisLogin {
    /// The user of Redis's access control lists.
    pub user: Option<String>,
    /// The password.
    pub password: SecretString,
}

impl fmt::Debug for RedisLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisLogin")
    }
}

impl fmt::Display for RedisNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            RedisForm::Single => f.write_str("Redis")?,
            RedisForm::Sentinel { master, .. } => write!(f, "Redis Sentinel, master {master}")?,
            RedisForm::Cluster => f.write_str("Redis Cluster")?,
        }
        for node in &self.nodes {
            write!(f, ", {node}")?;
        }
        match self.database {
            0 => Ok(()),
            database => write!(f, ", database {database}"),
        }
    }
}

const NOT_ENCODED: &str =
    "cannot be read (is a special character of the password not percent-encoded?)";

impl FromStr for RedisUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("is not a URL: it begins with redis://, for instance")?;
        let (tls, kind) = match scheme {
            "redis" => (false, ""),
            "rediss" => (true, ""),
            _ => scheme
                .strip_prefix("redis-")
                .map(|kind| (false, kind))
                .or_else(|| scheme.strip_prefix("rediss-").map(|kind| (true, kind)))
                .ok_or("names no Redis that is known")?,
        };
        if rest.contains('#') {
            return Err(NOT_ENCODED);
        }
        let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(read_login(login)?), hosts),
            None => (None, authority),
        };
        let port = if kind == "sentinel" { 26379 } else { 6379 };
        let nodes = hosts
            .split(',')
            .map(|host| node(host.trim(), port))
            .collect::<Result<Vec<_>, _>>()?;
        let (form, path) = match kind {
            "" if nodes.len() > 1 => {
                return Err(
                    "names several hosts, which redis-cluster:// and redis-sentinel:// take",
                );
            }
            "" => (RedisForm::Single, path),
            "cluster" if !path.is_empty() => {
                return Err("has a database, which a cluster does not have");
            }
            "cluster" => (RedisForm::Cluster, path),
            "sentinel" => {
                let (master, database) = path.split_once('/').unwrap_or((path, ""));
                let master = decoded(master)?;
                if master.is_empty() {
                    return Err("lacks the master's name, as in redis-sentinel://HOST,HOST/MASTER");
                }
                let login = sentinel_login(parameters)?;
                (RedisForm::Sentinel { master, login }, database)
            }
            _ => return Err("names no Redis that is known"),
        };
        if !parameters.is_empty() && !matches!(form, RedisForm::Sentinel { .. }) {
            return Err("has parameters, which only redis-sentinel:// takes");
        }
        let database = match path {
            "" => 0,
            number => (number.parse().ok())
                .filter(|number| (0..=65_535).contains(number))
                .ok_or("has something else than the number of a database at its end")?,
        };
        Ok(Self {
            form,
            nodes,
            tls,
            login,
            database,
        })
    }
}

fn read_login(text: &str) -> Result<RedisLogin, &'static str> {
    let (user, password) = text
        .split_once(':')
        .ok_or("has a user without a password; a password alone is written :PASSWORD@")?;
    if password.is_empty() || text.contains('@') {
        return Err(NOT_ENCODED);
    }
    Ok(RedisLogin {
        user: Some(decoded(user)?).filter(|user| !user.is_empty()),
        password: decoded(password)?.into(),
    })
}

/// `sentinel_user` and `sentinel_password`: Sentinels do not know the accounts of the nodes they watch.
fn sentinel_login(parameters: &str) -> Result<Option<RedisLogin>, &'static str> {
    let (mut user, mut password) = (None, None);
    for parameter in parameters.split('&').filter(|text| !text.is_empty()) {
        match parameter.split_once('=') {
            Some(("sentinel_user", value)) => user = Some(decoded(value)?),
            Some(("sentinel_password", value)) => password = Some(decoded(value)?),
            _ => {
                return Err("has a parameter that is neither sentinel_user nor sentinel_password");
            }
        }
    }
    match (user, password) {
        (None, None) => Ok(None),
        (_, None) => Err("has a sentinel_user without a sentinel_password"),
        (user, Some(password)) => Ok(Some(RedisLogin {
            user,
            password: password.into(),
        })),
    }
}

fn node(text: &str, default_port: u16) -> Result<RedisNode, &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(NOT_ENCODED)?;
            let port = match port {
                "" => None,
                port => Some(port.strip_prefix(':').ok_or(NOT_ENCODED)?),
            };
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err("has brackets around what is no IPv6 address");
            }
            (host, port)
        }
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        None => default_port,
        Some(port) => (port.parse().ok())
            .filter(|port| *port != 0)
            .ok_or("has a port that is not a number from 1 to 65535")?,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    match host {
        "" => Err("lacks a host"),
        host if !host.chars().all(allowed) => Err(NOT_ENCODED),
        host => Ok(RedisNode {
            host: host.to_owned(),
            port,
        }),
    }
}

fn decoded(text: &str) -> Result<String, &'static str> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned)
        .map_err(|_| NOT_ENCODED)
}
