//! Messages that were sent: those in the outbox, and those that a mail server was given.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::TestApp;

const PATIENCE: Duration = Duration::from_secs(30);

/// A message.
#[derive(Debug, Clone)]
pub struct Mail(pub String);

impl Mail {
    /// What a header says.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let (head, _) = self.0.split_once("\r\n\r\n").unwrap();
        let line = head.split("\r\n").find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        line.unwrap_or_else(|| panic!("there is no {name} in {head}"))
    }

    /// The token of its link.
    #[track_caller]
    pub fn token(&self) -> String {
        let link = self.0.split_once("token=");
        let (_, rest) = link.unwrap_or_else(|| panic!("there is no link in {}", self.0));
        rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))
            .next()
            .unwrap()
            .to_owned()
    }
}

impl TestApp {
    /// The messages in the outbox to `address`, in the order in which they were sent; waits until there are
    /// as many. Letters that were asked for one after the other may be sent at once, and so in any order.
    pub async fn mails(&self, address: &str, count: usize) -> Vec<Mail> {
        self.mails_with("", address, count).await
    }

    /// The same of those alone that say `words`.
    async fn mails_with(&self, words: &str, address: &str, count: usize) -> Vec<Mail> {
        let folder = self.app().config.data_dir.join("outbox");
        let limit = Instant::now() + PATIENCE;
        loop {
            let mut paths: Vec<_> = fs::read_dir(&folder)
                .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
                .unwrap_or_default();
            paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
            paths.sort();
            let mut mails: Vec<_> = paths
                .iter()
                .map(|path| Mail(fs::read_to_string(path).unwrap()))
                .collect();
            mails.retain(|mail| mail.header("to") == address && mail.0.contains(words));
            if mails.len() >= count {
                return mails;
            }
            assert!(
                Instant::now() < limit,
                "{} of {count} messages to {address} with {words:?} came",
                mails.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The first message to `address` that says `words`.
    pub async fn mail_with(&self, words: &str, address: &str) -> Mail {
        self.mails_with(words, address, 1).await.remove(0)
    }

    /// The token of the newest of so many links to `address` that verify it.
    pub async fn mailed_verification(&self, address: &str, count: usize) -> String {
        let mails = self.mails_with("token=pluma_ve_", address, count).await;
        mails.last().unwrap().token()
    }

    /// The token of the newest of so many links to `address` that set another password.
    pub async fn mailed_reset(&self, address: &str, count: usize) -> String {
        let mails = self.mails_with("token=pluma_rp_", address, count).await;
        mails.last().unwrap().token()
    }

    /// How many letters are in the jobs table, in whatever state, where `condition` holds.
    pub async fn letters(&self, condition: &str) -> usize {
        let sql =
            format!("UPDATE jobs SET kind = kind WHERE kind = 'accounts.mail' AND {condition}");
        self.execute(&sql).await
    }

    /// Waits until there are as many letters where `condition` holds, making every one that waits due.
    pub async fn letters_become(&self, condition: &str, count: usize) {
        let limit = Instant::now() + PATIENCE;
        while self.letters(condition).await != count {
            assert!(
                Instant::now() < limit,
                "there are not {count} letters where {condition}"
            );
            self.execute("UPDATE jobs SET run_at = created_at WHERE kind = 'accounts.mail' AND status = 'QUEUED'")
                .await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// How a mail server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It takes everything.
    Takes,
    /// It refuses every recipient for good.
    Refuses,
    /// It puts every recipient off, quoting what it was told.
    PutsOff,
    /// It says nothing.
    Silent,
    /// It hangs up before it has said that it took the message.
    HangsUp,
}

/// A mail server that speaks SMTP on a free port.
pub struct MailServer {
    address: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    taken: Arc<Mutex<Vec<Mail>>>,
    connections: Arc<Mutex<usize>>,
    serving: JoinHandle<()>,
}

impl MailServer {
    /// Starts one.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let behaviour = Arc::new(Mutex::new(behaviour));
        let (taken, connections) = (Arc::default(), Arc::new(Mutex::new(0)));
        let (now, into, count) = (behaviour.clone(), Arc::clone(&taken), connections.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *count.lock().unwrap() += 1;
                let behaviour = *now.lock().unwrap();
                let into: Arc<Mutex<Vec<Mail>>> = Arc::clone(&into);
                tokio::spawn(async move {
                    // A client that hangs up has its reasons.
                    let _ = converse(stream, behaviour, &into).await;
                });
            }
        });
        Self {
            address,
            behaviour,
            taken,
            connections,
            serving,
        }
    }

    /// Its address as `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Lets it behave otherwise from the next connection on.
    pub fn turn(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// The messages that it took.
    pub fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn converse(
    stream: TcpStream,
    behaviour: Behaviour,
    taken: &Mutex<Vec<Mail>>,
) -> std::io::Result<()> {
    if behaviour == Behaviour::Silent {
        // Until the client gives up.
        let mut lines = BufReader::new(stream).lines();
        while lines.next_line().await?.is_some() {}
        return Ok(());
    }
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 test ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split(' ').next().unwrap_or_default().to_uppercase();
        let answer = match (verb.as_str(), behaviour) {
            ("EHLO", _) => "250-test\r\n250 8BITMIME".to_owned(),
            ("RCPT", Behaviour::Refuses) => format!("550 nobody here: {line}"),
            ("RCPT", Behaviour::PutsOff) => format!("451 come back later: {line}"),
            ("DATA", _) => {
                writing.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push_str("\r\n");
                }
                if behaviour == Behaviour::HangsUp {
                    return Ok(());
                }
                taken.lock().unwrap().push(Mail(text));
                "250 taken".to_owned()
            }
            ("QUIT", _) => "221 bye".to_owned(),
            _ => "250 well".to_owned(),
        };
        writing
            .write_all(format!("{answer}\r\n").as_bytes())
            .await?;
    }
    Ok(())
}
