//! A connected socket, whatever it is made of.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::patience::Patient;
use crate::endpoint::Endpoint;

/// Bytes in both directions. TLS and SSH need to add no more than another of these.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

pub(crate) type Socket = Patient<Box<dyn Duplex>>;

pub(crate) async fn connect(endpoint: &Endpoint) -> io::Result<Socket> {
    let socket: Box<dyn Duplex> = match endpoint {
        Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Endpoint::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            // Requests are small and wait for an answer: batching them only delays.
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
    };
    Ok(Patient::new(socket))
}
