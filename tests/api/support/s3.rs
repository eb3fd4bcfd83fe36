//! An S3 server that checks signatures, in this process, and fails as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use pluma::config::Config;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// As it should.
    None,
    /// It hangs up on everybody.
    Down,
    /// It never answers.
    Slow,
    /// It says that it is overloaded.
    Overloaded,
    /// It says that nobody may.
    Forbidden,
}

/// The server; it ends when it is dropped.
pub struct S3Server {
    address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
    serving: JoinHandle<()>,
    folder: TempDir,
}

const BUCKET: &str = "pluma";
const USER: &str = "test-user";
const PASSWORD: &str = "test-password";

impl S3Server {
    /// Starts one, with an empty bucket.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(USER, PASSWORD));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let fault = Arc::new(Mutex::new(Fault::None));
        let now = Arc::clone(&fault);
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (service, now) = (service.clone(), Arc::clone(&now));
                let answer = service_fn(move |request: Request<Incoming>| {
                    let (service, now) = (service.clone(), *now.lock().unwrap());
                    async move {
                        let refusal = |status| {
                            let mut refusal = Response::new(s3s::Body::empty());
                            *refusal.status_mut() = status;
                            Ok(refusal)
                        };
                        match now {
                            Fault::None => service
                                .call(request.map(s3s::Body::from))
                                .await
                                .map_err(|error| std::io::Error::other(format!("{error:?}"))),
                            Fault::Down => Err(std::io::Error::other("down")),
                            Fault::Slow => std::future::pending().await,
                            Fault::Overloaded => refusal(StatusCode::SERVICE_UNAVAILABLE),
                            Fault::Forbidden => refusal(StatusCode::FORBIDDEN),
                        }
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), answer);
                tokio::spawn(async move {
                    let _ = connection.await;
                });
            }
        });
        Self {
            address,
            fault,
            serving,
            folder,
        }
    }

    /// Tells a server to keep its files here.
    pub fn configure(&self, config: &mut Config) {
        let endpoint = format!("http://{}", self.address);
        config.storage.bucket = Some(BUCKET.to_owned());
        config.storage.endpoint = Some(endpoint.parse().unwrap());
        config.storage.allow_http = true;
        config.storage.access_key = Some(USER.to_owned());
        config.storage.secret_key = Some(PASSWORD.into());
        config.storage.timeout = std::time::Duration::from_secs(5);
    }

    /// Lets it behave otherwise from the next request on.
    pub fn turn(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// Whether there is any file under a prefix.
    pub fn holds(&self, prefix: &str) -> bool {
        let folder = self.folder.path().join(BUCKET).join(prefix);
        std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
