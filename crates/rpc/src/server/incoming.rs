//! The connections that clients open, with or without TLS.

use ferroflow_core::Cancellation;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream as streams;
use tonic::transport::server::Connected;

/// How long a client may take to agree on keys, and how many may be at it at one time.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HANDSHAKES: usize = 256;
/// How long to wait where the system has no more connections to give.
const PAUSE: Duration = Duration::from_millis(100);

/// A client's connection.
pub(crate) struct Connection {
    stream: Stream,
    client: Client,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    fn new(stream: Stream) -> Connection {
        Connection { stream, client: Client::default() }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.client.leave();
    }
}

/// Whoever is at the other end of a connection, and what runs for it on threads that cannot be told of its leaving in
/// another way.
#[derive(Clone)]
pub(crate) struct Client(Arc<Mutex<Option<Vec<Cancellation>>>>);

impl Default for Client {
    fn default() -> Client {
        Client(Arc::new(Mutex::new(Some(Vec::new()))))
    }
}

impl Client {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<Cancellation>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the leaving of the client cancel a step while the guard is there.
    pub(crate) fn watch(&self, step: &Cancellation) -> Watched {
        match &mut *self.lock() {
            Some(steps) => steps.push(step.clone()),
            None => step.cancel(),
        }
        Watched(self.clone(), step.clone())
    }

    fn leave(&self) {
        self.lock().take().into_iter().flatten().for_each(|step| step.cancel());
    }
}

/// A step that is cancelled when its client leaves.
pub(crate) struct Watched(Client, Cancellation);

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(steps) = &mut *self.0.lock() {
            steps.retain(|step| !step.is(&self.1));
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Client;

    fn connect_info(&self) -> Client {
        self.client.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Connection { stream, client } = self.get_mut();
        let before = buf.filled().len();
        let read = match stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        };
        let is_over = match &read {
            Poll::Ready(Ok(())) => buf.filled().len() == before && buf.remaining() > 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if is_over {
            client.leave();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// The connections of a listener. It does not end: what goes wrong with one of them is that client's matter.
pub(crate) struct Incoming {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handshakes: JoinSet<io::Result<Connection>>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Incoming {
    pub(crate) fn new(listener: TcpListener, tls: Option<TlsAcceptor>) -> Incoming {
        Incoming { listener, tls, handshakes: JoinSet::new(), pause: None }
    }

    /// The next client that knocks.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<TcpStream> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(cx)) {
                Ok((stream, _)) => {
                    // Answers are small and waited for.
                    let _ = stream.set_nodelay(true);
                    return Poll::Ready(stream);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                }
            }
        }
    }
}

async fn handshake(acceptor: TlsAcceptor, stream: TcpStream) -> io::Result<Connection> {
    let stream = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await??;
    Ok(Connection::new(Stream::Tls(Box::new(stream))))
}

impl streams::Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(acceptor) = self.tls.clone() else {
            return self.poll_accept(cx).map(|stream| Some(Ok(Connection::new(Stream::Plain(stream)))));
        };
        while self.handshakes.len() < HANDSHAKES {
            let Poll::Ready(stream) = self.poll_accept(cx) else { break };
            self.handshakes.spawn(handshake(acceptor.clone(), stream));
        }
        loop {
            match self.handshakes.poll_join_next(cx) {
                Poll::Ready(Some(Ok(Ok(connection)))) => return Poll::Ready(Some(Ok(connection))),
                Poll::Ready(Some(Ok(Err(error)))) => tracing::info!(%error, "no TLS with a client"),
                Poll::Ready(Some(Err(error))) => tracing::warn!(%error, "no TLS with a client"),
                // Whoever knocks next wakes this.
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}
