//! A connected socket, whatever it is made of.

use std::future::Future;
use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::patience::Patient;
use crate::endpoint::Endpoint;

/// Bytes in both directions. TLS and SSH need to add no more than another of these.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

pub(crate) type Socket = Patient<Box<dyn Duplex>>;

/// How long a connection may take. Also calls that may take for ever need one.
const CONNECT: Duration = Duration::from_secs(20);
/// After so much silence the other side is asked whether it is still there: a stream that follows
/// something would never notice that a machine is gone.
const ASK_AFTER: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_secs(10);

pub(crate) async fn connect(endpoint: &Endpoint) -> io::Result<Socket> {
    let socket: Box<dyn Duplex> = match endpoint {
        Endpoint::Unix(path) => Box::new(within(CONNECT, UnixStream::connect(path)).await?),
        Endpoint::Tcp { host, port } => Box::new(tcp(host, *port, CONNECT).await?),
    };
    Ok(Patient::new(socket))
}

async fn tcp(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let stream = within(limit, TcpStream::connect((host, port))).await?;
    // Requests are small and wait for an answer: batching them only delays.
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(ASK_AFTER)
        .with_interval(ASK_EVERY);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}

async fn within<T>(
    limit: Duration,
    connecting: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    tokio::time::timeout(limit, connecting)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use socket2::{Domain, Socket, Type};

    use super::*;

    /// An address at which so many connections wait for somebody to accept them that no more fit.
    fn crowded() -> (Socket, SocketAddr) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        listener.bind(&any.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn a_connection_asks_after_a_silence_and_does_not_take_for_ever() {
        let (_listener, address) = crowded();
        let limit = Duration::from_millis(200);
        let mut made = Vec::new();
        let error = loop {
            match tcp("127.0.0.1", address.port(), limit).await {
                Ok(stream) => made.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let socket = SockRef::from(&made[0]);
        assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
    }
}
