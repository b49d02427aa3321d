//! One HTTP/1.1 connection, driven by whoever waits for its bytes.
//!
//! hyper splits a connection into a handle and a driver that somebody must poll. Usually that is a
//! task of its own; then each chunk of a log wakes another thread, which costs several times more
//! than the chunk itself. Here both halves stay together and the reader polls the driver, so no
//! task exists that could outlive a dropped call, and no bytes cross threads.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::socket::Socket;
use crate::error::Failure;

type Driver = http1::Connection<TokioIo<Socket>, Full<Bytes>>;

/// A connection on which one exchange at a time takes place.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Boxed: it is several kilobytes, and moves through every future of a call.
    driver: Box<Driver>,
    /// The driver has nothing more to do and must not be polled again.
    done: bool,
}

impl Connection {
    pub(crate) async fn handshake(socket: Socket) -> Result<Self, Failure> {
        let (sender, driver) = http1::handshake(TokioIo::new(socket))
            .await
            .map_err(Failure::from_hyper)?;
        Ok(Self {
            sender,
            driver: Box::new(driver),
            done: false,
        })
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(
        mut self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<Answer, Failure> {
        let mut response = pin!(self.sender.send_request(request));
        let response = poll_fn(|cx| {
            if let Poll::Ready(response) = response.as_mut().poll(cx) {
                return Poll::Ready(response);
            }
            drive(&mut self.driver, &mut self.done, cx);
            response.as_mut().poll(cx)
        })
        .await
        .map_err(Failure::from_hyper)?;
        let (head, body) = response.into_parts();
        Ok(Answer {
            head,
            body: Reading {
                body,
                connection: self,
            },
        })
    }

    /// Drives the connection for a body that somebody else reads, and closes it after that.
    pub(crate) async fn finish(self) {
        let Self {
            mut driver,
            mut done,
            sender,
        } = self;
        // While there may be another request, a connection does not end with its answer.
        drop(sender);
        poll_fn(|cx| {
            drive(&mut driver, &mut done, cx);
            if done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Whether another request may be sent. Notices when the engine has hung up meanwhile.
    pub(crate) async fn is_idle(&mut self) -> bool {
        poll_fn(|cx| {
            drive(&mut self.driver, &mut self.done, cx);
            Poll::Ready(!self.done && self.sender.is_ready())
        })
        .await
    }
}

/// Lets the driver read and write what it can. Its failures reach whoever waits for the answer or
/// the body, so its own result says nothing new.
fn drive(driver: &mut Driver, done: &mut bool, cx: &mut Context<'_>) {
    if !*done {
        *done = driver.poll_without_shutdown(cx).is_ready();
    }
}

/// The head of an answer, and its body still to be read.
pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Reading,
}

/// The body of an answer, with the connection that it comes over.
pub(crate) struct Reading {
    body: Incoming,
    connection: Connection,
}

impl Reading {
    /// The next bytes of the body, or `None` at its end.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Failure>>> {
        loop {
            let mut frame = Pin::new(&mut self.body).poll_frame(cx);
            if frame.is_pending() {
                drive(&mut self.connection.driver, &mut self.connection.done, cx);
                frame = Pin::new(&mut self.body).poll_frame(cx);
            }
            match frame {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(Failure::from_hyper(error))));
                }
                // Anything else is trailers, of which the engine has none.
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }

    /// The whole body, if it is not longer than `limit`.
    pub(crate) async fn collect(&mut self, limit: usize) -> Result<Bytes, Failure> {
        let mut parts = Vec::new();
        let mut size = 0;
        while let Some(data) = poll_fn(|cx| self.poll_data(cx)).await.transpose()? {
            size += data.len();
            if size > limit {
                return Err(Failure::garbled(format!(
                    "the answer is longer than {limit} bytes"
                )));
            }
            parts.push(data);
        }
        // Most answers are short and come as one part, which then needs no copy.
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => parts.concat().into(),
        })
    }

    /// The connection, once the body was read to its end.
    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    pub(crate) fn into_parts(self) -> (Incoming, Connection) {
        (self.body, self.connection)
    }

    /// What the connection becomes after `101 Switching Protocols`: the socket, and what was read
    /// from it already.
    pub(crate) async fn into_upgraded(self) -> (Socket, Bytes) {
        let Connection {
            mut driver,
            mut done,
            sender,
        } = self.connection;
        poll_fn(|cx| {
            drive(&mut driver, &mut done, cx);
            if done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        drop(sender);
        let parts = driver.into_parts();
        (parts.io.into_inner(), parts.read_buf)
    }
}
