//! Handing messages to a mail server.

use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

use super::final_failure;
use crate::config::{Encryption, SmtpUrl};
use crate::error::{Error, Result};

/// A mail server; each message gets a connection of its own.
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// The server at `url`; connects to nothing yet.
    pub fn new(url: &SmtpUrl, timeout: Duration) -> Result<Self> {
        let certificates = || TlsParameters::new(url.host.clone()).map_err(Error::caused_by);
        let tls = match url.encryption {
            Encryption::Tls => Tls::Wrapper(certificates()?),
            Encryption::StartTls => Tls::Required(certificates()?),
            Encryption::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&url.host)
            .port(url.port)
            .tls(tls)
            .timeout(Some(timeout));
        if let Some((user, password)) = &url.credentials {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self(transport.build()))
    }

    /// Hands a message over.
    pub async fn send(&self, message: &Message) -> Result<()> {
        match self.0.send(message.clone()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(described(&error)),
        }
    }
}

/// The error by its class and code alone.
fn described(error: &lettre::transport::smtp::Error) -> Error {
    let code = error.status().map(|code| format!(" with {code}"));
    let code = code.unwrap_or_default();
    if error.is_permanent() {
        return final_failure(format!("the mail server refuses the message{code}"));
    }
    Error::internal(match () {
        () if error.is_timeout() => "the mail server took too long".to_owned(),
        () if error.is_tls() => "no encrypted connection to the mail server".to_owned(),
        () if error.is_transient() => format!("the mail server puts the message off{code}"),
        () if error.is_client() => {
            "the mail server lacks what the message needs: STARTTLS, a way to sign in, or SMTPUTF8"
                .to_owned()
        }
        () => "the connection to the mail server failed".to_owned(),
    })
}
