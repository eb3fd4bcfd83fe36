//! E-mail: messages built from plain paragraphs, handed to a mail server or put into files.
//!
//! Nothing here waits in a queue: slices send from jobs, which bring the retries.

mod message;
mod outbox;
mod smtp;

use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;

use crate::config::Config;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use outbox::Outbox;
use smtp::Smtp;

/// What a message says.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The address that it goes to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text before the link.
    pub before: Vec<String>,
    /// What the reader may follow: what it does, and where it leads.
    pub link: Option<(String, String)>,
    /// Its text behind the link.
    pub after: Vec<String>,
}

/// Sends messages; cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Parts>);

struct Parts {
    way: Way,
    from: Mailbox,
    /// What stands behind the `@` of message ids.
    host: String,
    timeout: Duration,
}

enum Way {
    Smtp(Smtp),
    Outbox(Outbox),
    Off,
}

impl Mailer {
    /// The mailer that the configuration asks for: a mail server, in development files, otherwise none.
    pub fn new(config: &Config) -> Result<Self> {
        let mail = &config.mail;
        let way = match &mail.smtp_url {
            Some(url) => Way::Smtp(Smtp::new(url, mail.timeout)?),
            None if config.environment.is_production() => Way::Off,
            None => Way::Outbox(Outbox::new(config.data_dir.join("outbox"))),
        };
        let host = config.server.public_url.host_str().unwrap_or("localhost");
        Ok(Self(Arc::new(Parts {
            way,
            from: mail.from.clone(),
            host: host.trim_matches(['[', ']']).to_owned(),
            timeout: mail.timeout,
        })))
    }

    /// Whether messages go anywhere at all.
    pub fn is_on(&self) -> bool {
        !matches!(self.0.way, Way::Off)
    }

    /// Sends a message. An error that no repetition could mend is an `Error::User`, as jobs want to know it;
    /// what the mail server said is left out of every error, since it may quote the message.
    pub async fn send(&self, letter: &Letter, now: Timestamp) -> Result<()> {
        let Parts {
            way,
            from,
            host,
            timeout,
        } = &*self.0;
        let message = message::compose(letter, from, host, now)?;
        match way {
            Way::Smtp(smtp) => tokio::time::timeout(*timeout, smtp.send(&message))
                .await
                .unwrap_or_else(|_| Err(Error::internal("the mail server took too long"))),
            Way::Outbox(outbox) => outbox.put(message.formatted(), now).await,
            Way::Off => Err(final_failure("this server sends no e-mail")),
        }
    }
}

/// A failure that stays one, however often it is tried.
fn final_failure(what: impl Into<String>) -> Error {
    Error::user(UserErrorCode::Invalid, [], what)
}
