//! The way to the engine and back: connections, the version in every path, deadlines, the end.
//!
//! Calls that may be repeated take a connection that was used before, which makes them several
//! times faster. All others open one: a connection on which the engine hung up a moment ago looks
//! alive until something was sent, and then nobody knows whether a container was created.

mod connection;
mod patience;
mod pool;
mod request;
mod socket;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, future, stream};
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use tokio::io::WriteHalf;
use tokio::time::{Instant, Sleep};
use tokio_util::io::ReaderStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use self::connection::{Answer, Connection, Reading};
use self::pool::Pool;
pub(crate) use self::request::{Request, image_segment, segment};
pub(crate) use self::socket::Socket;
use crate::endpoint::Endpoint;
use crate::error::Failure;

/// Longest answer that is read whole. A list of ten thousand containers is a tenth of it.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// Longest reason for a refusal.
const LONGEST_REASON: usize = 1024 * 1024;

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deadline {
    /// As long as calls may take on this handle.
    Usual,
    /// That, and what the engine was told to wait.
    After(Duration),
    /// The engine answers when it has something to say.
    None,
}

pub(crate) struct Transport {
    endpoint: Endpoint,
    host: HeaderValue,
    /// `/v1.41`; empty until a version was agreed on.
    prefix: String,
    timeout: Duration,
    pool: Pool,
    closed: CancellationToken,
}

impl Transport {
    pub(crate) fn new(endpoint: Endpoint, timeout: Duration) -> Result<Self, Failure> {
        let host = match &endpoint {
            Endpoint::Unix(_) => HeaderValue::from_static("localhost"),
            Endpoint::Tcp { .. } => {
                let url = endpoint.to_string();
                let authority = url.trim_start_matches("tcp://");
                HeaderValue::from_str(authority).map_err(Failure::unsendable)?
            }
        };
        let (pool, closed) = (Pool::default(), CancellationToken::new());
        Ok(Self {
            endpoint,
            host,
            prefix: String::new(),
            timeout,
            pool,
            closed,
        })
    }

    /// From here on every path begins with the version.
    pub(crate) fn set_version(&mut self, version: impl fmt::Display) {
        self.prefix = format!("/v{version}");
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Ends every call and stream, and refuses new ones. Twice is no more than once.
    pub(crate) fn close(&self) {
        self.closed.cancel();
        self.pool.close();
    }

    /// An exchange whose answer is short: within the deadline, body and all.
    pub(crate) async fn call(
        &self,
        request: Request,
        deadline: Deadline,
    ) -> Result<Reply, Failure> {
        self.within(deadline, async {
            let mut answer = self.exchange(&request).await?;
            let body = answer.body.collect(LONGEST_ANSWER).await?;
            if request.may_repeat() {
                let mut connection = answer.body.into_connection();
                if connection.is_idle().await && !self.closed.is_cancelled() {
                    self.pool.put(connection);
                }
            }
            Ok(Reply {
                headers: answer.head.headers,
                body,
            })
        })
        .await
    }

    /// An exchange whose answer goes on: the deadline is for its beginning.
    pub(crate) async fn stream(
        &self,
        request: Request,
        deadline: Deadline,
    ) -> Result<ByteStream, Failure> {
        let answer = self.within(deadline, self.exchange(&request)).await?;
        Ok(ByteStream {
            reading: answer.body,
            closed: Box::pin(self.closed.clone().cancelled_owned()),
            silence: None,
        })
    }

    /// The same, where the engine has all it is going to say: then it may not fall silent for
    /// longer than a call may take.
    pub(crate) async fn stream_at_once(&self, request: Request) -> Result<ByteStream, Failure> {
        let mut stream = self.stream(request, Deadline::Usual).await?;
        stream.silence = Some(Silence::of(self.timeout));
        Ok(stream)
    }

    /// An exchange that gives up HTTP: what the engine sends, and what it is sent. Shutting the
    /// second down leaves the first open.
    pub(crate) async fn upgrade(
        &self,
        request: Request,
        deadline: Deadline,
    ) -> Result<
        (
            impl Stream<Item = Result<Bytes, Failure>> + Unpin + use<>,
            WriteHalf<Socket>,
        ),
        Failure,
    > {
        let request = request.upgrade();
        let (socket, read_ahead) = self
            .within(deadline, async {
                let answer = self.exchange(&request).await?;
                if Failure::is_upgrade(answer.head.status) {
                    Ok(answer.body.into_upgraded().await)
                } else {
                    Err(Failure::garbled("the connection was not handed over"))
                }
            })
            .await?;
        let (reader, writer) = tokio::io::split(socket);
        let closed = self.closed.clone();
        let rest =
            ReaderStream::new(reader).map(|read| read.map_err(|error| Failure::Cut(error.into())));
        let first = stream::iter((!read_ahead.is_empty()).then_some(Ok(read_ahead)));
        let bytes = first
            .chain(rest)
            .take_until(closed.clone().cancelled_owned());
        // Cut short is not ended.
        let end = stream::once(async move {
            let cut = closed.is_cancelled();
            cut.then_some(Err(Failure::Closed { sent: true }))
        });
        Ok((Box::pin(bytes.chain(end.filter_map(future::ready))), writer))
    }

    /// Runs what talks to the engine until it is done, late, or the handle is closed.
    pub(crate) async fn within<T>(
        &self,
        deadline: Deadline,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let limit = match deadline {
            Deadline::Usual => Some(self.timeout),
            Deadline::After(extra) => self.timeout.checked_add(extra),
            Deadline::None => None,
        };
        let work = async {
            match limit {
                None => work.await,
                Some(limit) => tokio::time::timeout(limit, work)
                    .await
                    .unwrap_or(Err(Failure::Late(limit))),
            }
        };
        if self.closed.is_cancelled() {
            return Err(Failure::Closed { sent: false });
        }
        let work = self.closed.run_until_cancelled(work);
        work.await.unwrap_or(Err(Failure::Closed { sent: true }))
    }

    /// A request of bollard's: sent once, on a connection of its own, with the version before its
    /// path. bollard reads the answer in its own time, so the connection needs a task; it ends with
    /// the answer, when nobody wants that any more, or with the handle.
    pub(crate) async fn forward(
        &self,
        request: bollard::BollardRequest,
    ) -> Result<http::Response<Incoming>, Failure> {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = format!("{}{path}", self.prefix)
            .parse()
            .map_err(Failure::unsendable)?;
        head.headers.insert(http::header::HOST, self.host.clone());
        let body = body
            .collect()
            .await
            .map_err(Failure::unsendable)?
            .to_bytes();
        let request = http::Request::from_parts(head, Full::new(body));
        let answer = accept(self.connect().await?.send(request).await?).await?;
        let (body, connection) = answer.body.into_parts();
        let closed = self.closed.clone();
        tokio::spawn(async move { closed.run_until_cancelled(connection.finish()).await });
        Ok(http::Response::from_parts(answer.head, body))
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Failure> {
        if request.may_repeat()
            && let Some(connection) = self.pool.take().await
        {
            match connection.send(self.to_http(request)?).await {
                // The engine hung up between two requests; that says nothing about this one.
                Err(Failure::Cut(_)) => {}
                answer => return accept(answer?).await,
            }
        }
        accept(self.connect().await?.send(self.to_http(request)?).await?).await
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let socket = socket::connect(&self.endpoint)
            .await
            .map_err(|source| Failure::Connect {
                endpoint: self.endpoint.clone(),
                source,
            })?;
        Connection::handshake(socket).await
    }

    fn to_http(&self, request: &Request) -> Result<http::Request<Full<Bytes>>, Failure> {
        request.to_http(&self.prefix, &self.host)
    }
}

/// Passes an answer on, unless it is a refusal: then its body is the reason.
async fn accept(mut answer: Answer) -> Result<Answer, Failure> {
    if !Failure::is_refusal(answer.head.status) {
        return Ok(answer);
    }
    let body = answer.body.collect(LONGEST_REASON).await?;
    Err(Failure::refused(answer.head.status, &body))
}

/// A short answer, read whole.
pub(crate) struct Reply {
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The same, where an answer without a body says as much.
    pub(crate) fn json_or_nothing<T: DeserializeOwned>(&self) -> Result<Option<T>, Failure> {
        if self.body.is_empty() {
            Ok(None)
        } else {
            self.json().map(Some)
        }
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::undecodable(&error, &self.body))
    }
}

/// The body of an answer that goes on. It owns its connection: dropping one drops the other.
pub(crate) struct ByteStream {
    reading: Reading,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
    silence: Option<Silence>,
}

/// How long nothing may come. Only the time counts in which somebody waits for something.
struct Silence {
    limit: Duration,
    over: Pin<Box<Sleep>>,
    begun: bool,
}

impl Silence {
    fn of(limit: Duration) -> Self {
        Self {
            limit,
            over: Box::pin(tokio::time::sleep(limit)),
            begun: false,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        if !self.begun {
            // A limit beyond all time has none.
            if let Some(end) = Instant::now().checked_add(self.limit) {
                self.over.as_mut().reset(end);
            }
            self.begun = true;
        }
        self.over
            .as_mut()
            .poll(cx)
            .map(|()| Failure::Late(self.limit))
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.closed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(Failure::Closed { sent: true })));
        }
        let read = self.reading.poll_data(cx);
        match (&mut self.silence, &read) {
            (Some(silence), Poll::Pending) => silence.poll(cx).map(|late| Some(Err(late))),
            (Some(silence), Poll::Ready(_)) => {
                silence.begun = false;
                read
            }
            (None, _) => read,
        }
    }
}
