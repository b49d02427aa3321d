//! An engine that says what it is told to say, on a socket in this process.
#![allow(dead_code, reason = "each test file uses its own part of it")]
#![allow(
    clippy::unwrap_used,
    reason = "a mock that breaks is a test that fails"
)]
#![allow(unreachable_pub, reason = "a module of tests has no other public")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;
use wharf_core::Checked;
use wharf_docker::Docker;

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// Which connection it came over, counted from 0.
    pub connection: usize,
}

impl Seen {
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path.split('?').next() == Some(path)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What to do for an answer.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Reads what the client still sends, until it shuts its side; then sends it back in a frame.
    Echo,
    /// Keeps the connection open and says nothing more, until the client hangs up.
    Hang,
    HangUp,
}

type Answers = dyn Fn(&Seen) -> Vec<Step> + Send + Sync;

pub const VERSION: &str = r#"{"Version":"28.5.2","ApiVersion":"1.51","MinAPIVersion":"1.24","Components":[{"Name":"Engine"}]}"#;

/// An answer with a JSON body.
pub fn json(status: u16, body: &str) -> Vec<Step> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    vec![Step::Send([head.as_bytes(), body.as_bytes()].concat())]
}

/// The head of an answer whose body comes in chunks.
pub fn streaming() -> Vec<Step> {
    vec![Step::Send(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
    )]
}

pub fn chunk(bytes: &[u8]) -> Step {
    Step::Send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

/// The end of a body in chunks.
pub fn end() -> Step {
    Step::Send(b"0\r\n\r\n".to_vec())
}

/// A whole body in one chunk.
pub fn streamed(body: &[u8]) -> Vec<Step> {
    [streaming(), vec![chunk(body), end()]].concat()
}

pub fn frame(source: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[source, 0, 0, 0], &length[..], payload].concat()
}

/// An inspection of a container, with or without a terminal.
pub fn container(tty: bool) -> Vec<Step> {
    let body = format!(
        r#"{{"Id":"c","Name":"/c","State":{{"Status":"running"}},"Config":{{"Tty":{tty}}}}}"#
    );
    json(200, &body)
}

/// A mock engine. It stops with this value.
pub struct Mock {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    hung_up: Arc<Mutex<Vec<usize>>>,
    folder: Option<TempDir>,
    tasks: JoinSet<()>,
}

impl Mock {
    /// On a unix socket. `/version` is answered unless `answers` gives something for it.
    pub fn unix(answers: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let mut mock = Self::at(&path, answers);
        mock.folder = Some(folder);
        mock
    }

    /// On a unix socket at that path.
    pub fn at(path: &Path, answers: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let mut mock = Self::new(format!("unix://{}", path.display()));
        let (seen, hung_up) = (mock.seen.clone(), mock.hung_up.clone());
        let answers: Arc<Answers> = Arc::new(answers);
        mock.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let serving = serve(
                    stream,
                    number,
                    answers.clone(),
                    seen.clone(),
                    hung_up.clone(),
                );
                connections.spawn(serving);
            }
        });
        mock
    }

    /// On a port of the loopback.
    pub async fn tcp(answers: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut mock = Self::new(format!("tcp://{}", listener.local_addr().unwrap()));
        let (seen, hung_up) = (mock.seen.clone(), mock.hung_up.clone());
        let answers: Arc<Answers> = Arc::new(answers);
        mock.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let serving = serve(
                    stream,
                    number,
                    answers.clone(),
                    seen.clone(),
                    hung_up.clone(),
                );
                connections.spawn(serving);
            }
        });
        mock
    }

    fn new(url: String) -> Self {
        let (seen, hung_up) = Default::default();
        Self {
            url,
            seen,
            hung_up,
            folder: None,
            tasks: JoinSet::new(),
        }
    }

    pub async fn connect(&self) -> Checked<Docker> {
        Docker::connect(&self.url).await.unwrap()
    }

    /// With a timeout for its calls.
    pub async fn connect_within(&self, timeout: Duration) -> Checked<Docker> {
        Docker::builder(&self.url)
            .timeout(timeout)
            .connect()
            .await
            .unwrap()
    }

    /// What arrived so far, but for the first question for versions.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request to a path.
    pub fn one(&self, method: &str, path: &str) -> Seen {
        let found: Vec<_> = self
            .seen()
            .into_iter()
            .filter(|seen| seen.is(method, path))
            .collect();
        assert_eq!(found.len(), 1, "{method} {path}: {:?}", self.seen());
        found[0].clone()
    }

    /// Waits until the client has hung up the connection on which a request came.
    pub async fn hung_up(&self, seen: &Seen) {
        for _ in 0..5000 {
            if self.hung_up.lock().unwrap().contains(&seen.connection) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("the client keeps connection {} open", seen.connection);
    }

    /// Stops at once: all connections are cut.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    answers: Arc<Answers>,
    seen: Arc<Mutex<Vec<Seen>>>,
    hung_up: Arc<Mutex<Vec<usize>>>,
) {
    let mut input = Vec::new();
    while let Some(request) = receive(&mut stream, &mut input, connection).await {
        let mut steps = answers(&request);
        if steps.is_empty() && request.path.ends_with("/version") {
            steps = json(200, VERSION);
        } else {
            seen.lock().unwrap().push(request);
        }
        for step in steps {
            match step {
                Step::Send(bytes) if stream.write_all(&bytes).await.is_ok() => {}
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Echo => {
                    stream.read_to_end(&mut input).await.unwrap();
                    stream.write_all(&frame(1, &input)).await.unwrap();
                }
                Step::Hang => {
                    let mut rest = Vec::new();
                    let _ = stream.read_to_end(&mut rest).await;
                    hung_up.lock().unwrap().push(connection);
                    return;
                }
                // The client has gone before it got all.
                Step::Send(_) => {
                    hung_up.lock().unwrap().push(connection);
                    return;
                }
                Step::HangUp => return,
            }
        }
    }
    hung_up.lock().unwrap().push(connection);
}

/// The next request of a connection; none when the client has hung up.
async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    input: &mut Vec<u8>,
    connection: usize,
) -> Option<Seen> {
    let head_end = loop {
        if let Some(at) = input.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(input).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(input.drain(..head_end + 4).collect()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while input.len() < length {
        if stream.read_buf(input).await.ok()? == 0 {
            return None;
        }
    }
    let body = input.drain(..length).collect();
    Some(Seen {
        method,
        path,
        headers,
        body,
        connection,
    })
}
