//! `Server`: a server that TensorFlow's clients, and ours, open sessions on.

mod connections;
mod endpoints;
mod health;
mod incoming;
mod master;
mod node_types;
mod options;
mod partition;
mod peers;
mod placement;
mod service;
mod session;
mod spread;
mod values;
mod worker;

pub use options::{Limits, ServerOptions};

use ferroflow_core::{Error, Result, ensure};
use ferroflow_proto::ClusterDef;
use incoming::Incoming;
use master::Master;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// Room for functions that call each other as deeply as the engine lets them; pages are only taken when used.
const STACK: usize = 64 << 20;
/// How much of a message is on its way before the receiver has to answer.
const WINDOW: u32 = 8 << 20;

/// A server of TensorFlow's session protocol in this process (`tf.train.Server`).
///
/// It serves until it is stopped or dropped:
///
/// ```
/// use ferroflow_rpc::{Server, ServerOptions};
/// let server = Server::start(ServerOptions::default())?;
/// assert!(server.target().starts_with("grpc://127.0.0.1:"));
/// server.stop()?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<Result<()>>>,
}

/// An address that is listened on. Clients that come are answered once it serves.
pub struct Listening {
    listener: std::net::TcpListener,
    address: SocketAddr,
    options: ServerOptions,
}

impl Listening {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same with these servers as its cluster, whose addresses may be known only now.
    ///
    /// ```
    /// use ferroflow_proto::{ClusterDef, JobDef};
    /// use ferroflow_rpc::{Server, ServerOptions};
    /// let listening = Server::listen(ServerOptions::default())?;
    /// let address = listening.address().to_string();
    /// let job = JobDef { name: "localhost".to_string(), tasks: [(0, address)].into() };
    /// let server = listening.with_cluster(ClusterDef { job: vec![job] }).serve()?;
    /// assert!(server.target().starts_with("grpc://127.0.0.1:"));
    /// # server.stop()?;
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_cluster(mut self, cluster: ClusterDef) -> Listening {
        self.options.cluster = cluster;
        self
    }

    /// Serves, on threads of its own.
    ///
    /// # Errors
    /// `ResourceExhausted` when threads cannot be started; `InvalidArgument` for a certificate or a key that cannot be
    /// read.
    pub fn serve(self) -> Result<Server> {
        self.serve_until(std::future::pending())
    }

    fn serve_until(self, end: impl Future<Output = ()> + Send + 'static) -> Result<Server> {
        let Listening { listener, address, options } = self;
        let tls = options.tls.as_ref().map(|tls| tls.config().map(TlsAcceptor::from)).transpose()?;
        // Clients save and restore, and read datasets: these ops are served with all others.
        ferroflow_formats::install();
        ferroflow_data::install();
        let (stop, stopped) = oneshot::channel();
        let workers = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .thread_name("ferroflow-serve")
            .thread_stack_size(STACK)
            // Every step has a thread, and what is not a step soon ends.
            .max_blocking_threads(options.limits.steps.saturating_add(16))
            .build()
            .map_err(|error| Error::resource_exhausted(format!("cannot start threads: {error}")))?;
        let run = move || {
            let grace = options.grace;
            let end = async move {
                tokio::select! {
                    () = end => {}
                    _ = stopped => {}
                }
            };
            let result = runtime.block_on(serve(listener, tls, Master::new(options, workers), end));
            runtime.shutdown_timeout(grace.min(Duration::from_secs(1)));
            result
        };
        let thread = std::thread::Builder::new()
            .name("ferroflow-server".to_string())
            .spawn(run)
            .map_err(|error| Error::resource_exhausted(format!("cannot start a thread: {error}")))?;
        tracing::info!(%address, "listening");
        Ok(Server { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Server {
    /// Listens where the options say, without answering anybody yet.
    ///
    /// # Errors
    /// `InvalidArgument` for an address that other machines reach, unless that is allowed; `Unknown` when the address
    /// cannot be listened on.
    pub fn listen(options: ServerOptions) -> Result<Listening> {
        ensure!(
            options.allow_remote || options.bind.ip().is_loopback(),
            invalid_argument,
            "other machines reach {}: say --allow-remote if that is meant",
            options.bind
        );
        let listen = || {
            let listener = std::net::TcpListener::bind(options.bind)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = listen()
            .map_err(|error: std::io::Error| failed(&format!("cannot listen on {}", options.bind), &error))?;
        Ok(Listening { listener, address, options })
    }

    /// A server that listens, on threads of its own.
    ///
    /// # Errors
    /// As [`Server::listen`] and [`Listening::serve`].
    pub fn start(options: ServerOptions) -> Result<Server> {
        Server::listen(options)?.serve()
    }

    /// The same, until the process is told to end: by SIGTERM or from its terminal.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_until_signal(options: ServerOptions) -> Result<Server> {
        Server::listen(options)?.serve_until(end_of_process())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a session names to run on it.
    pub fn target(&self) -> String {
        format!("grpc://{}", self.address)
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// `Unknown` when it fails.
    pub fn join(mut self) -> Result<()> {
        self.thread.take().map_or(Ok(()), join)
    }

    /// Stops it: no more calls are taken, and the steps that are running end, unless that takes longer than the
    /// options grant.
    ///
    /// # Errors
    /// As [`Server::join`].
    pub fn stop(mut self) -> Result<()> {
        self.stop.take();
        self.thread.take().map_or(Ok(()), join)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // Whoever drops a server does not ask how it ended.
            let _ = join(thread);
        }
    }
}

fn join(thread: std::thread::JoinHandle<Result<()>>) -> Result<()> {
    thread.join().unwrap_or_else(|_| Err(Error::internal("the server has panicked")))
}

fn failed(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::unknown(format!("{what}: {error}"))
}

/// Serves until `end`.
async fn serve(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    master: Master,
    end: impl Future<Output = ()>,
) -> Result<()> {
    let listener = TcpListener::from_std(listener).map_err(|error| failed("the listener", &error))?;
    let (grace, idle) = (master.options.grace, master.options.idle);
    let master = Arc::new(master);
    let collector = tokio::spawn({
        let master = master.clone();
        async move {
            loop {
                tokio::time::sleep((idle / 4).clamp(Duration::from_millis(10), Duration::from_secs(60)))
                    .await;
                master.collect();
            }
        }
    });
    let (begin_end, ending) = oneshot::channel();
    let server = tonic::transport::Server::builder()
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        // A client that is gone without a word is found out, and its steps end.
        .http2_keepalive_interval(Some(Duration::from_secs(60)))
        .serve_with_incoming_shutdown(
            service::Services(master.clone()),
            Incoming::new(listener, tls),
            async {
                end.await;
                tracing::info!("stopping");
                let _ = begin_end.send(());
            },
        );
    let overdue = async {
        let _ = ending.await;
        tokio::time::sleep(grace).await;
    };
    let result = tokio::select! {
        result = server => result.map_err(|error| failed("the server", &error)),
        () = overdue => Ok(()),
    };
    collector.abort();
    master.close_all();
    result
}

/// Until SIGTERM or an interrupt from the terminal.
async fn end_of_process() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    let _ = interrupt.await;
}
