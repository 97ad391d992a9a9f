//! Calls of the session service from threads that know nothing of tokio.

use super::connect::TlsConnect;
use super::options::options_for;
use crate::status::from_status;
use crate::unary::set_bearer;
use ferroflow_core::{Code, Error, Result};
use ferroflow_proto::{GetStatusRequest, GetStatusResponse};
use http::uri::PathAndQuery;
use hyper_util::client::legacy::connect::HttpConnector;
use prost::Message;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use tokio::runtime::Runtime;
use tonic::Status;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

/// How long a server may take to answer the first packet.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// After how much silence the other machine is asked whether it is there, and how often.
const TCP_KEEPALIVE: Duration = Duration::from_secs(10);
const TCP_RETRIES: u32 = 3;
/// The same for the server itself. TensorFlow's servers hang up on clients that ask more often.
const HTTP_KEEPALIVE: Duration = Duration::from_secs(300);
const HTTP_TIMEOUT: Duration = Duration::from_secs(20);
/// After how much silence a server is asked, by a call of its own, whether it still answers; and how long it may take.
const QUIET: Duration = Duration::from_secs(15);
/// How many such calls in a row it may leave without an answer.
const UNANSWERED: u32 = 2;
/// How much of a message is on its way before the receiver has to answer.
const WINDOW: u32 = 8 << 20;

/// The threads that carry the calls of all sessions.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::result::Result<Runtime, String>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("ferroflow-grpc")
            .build()
            .map_err(|error| error.to_string())
    });
    runtime
        .as_ref()
        .map_err(|error| Error::resource_exhausted(format!("cannot start threads for gRPC: {error}")))
}

/// Connections as an [`Endpoint`] without TLS makes them.
fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(TCP_KEEPALIVE));
    tcp.set_keepalive_interval(Some(TCP_KEEPALIVE));
    tcp.set_keepalive_retries(Some(TCP_RETRIES));
    tcp
}

/// A connection to a server. It is opened by the first call, and again after it broke.
#[derive(Clone)]
pub(crate) struct Client {
    address: Arc<str>,
    channel: Channel,
    token: Option<String>,
}

impl Client {
    /// A connection to `host:port`.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no address, or certificates that cannot be read.
    pub(crate) fn connect(address: &str) -> Result<Client> {
        let options = options_for(address)?;
        let no_address =
            || Error::invalid_argument(format!("Could not interpret \"{address}\" as a host-port pair."));
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|_| no_address())?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(TCP_KEEPALIVE))
            .tcp_keepalive_interval(Some(TCP_KEEPALIVE))
            .tcp_keepalive_retries(Some(TCP_RETRIES))
            .http2_keep_alive_interval(HTTP_KEEPALIVE)
            .keep_alive_timeout(HTTP_TIMEOUT)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        let _context = runtime()?.enter();
        let channel = match &options.tls {
            None => endpoint.connect_lazy(),
            Some(tls) => {
                let host = endpoint.uri().host().ok_or_else(no_address)?;
                let host = host.trim_start_matches('[').trim_end_matches(']');
                let connect = TlsConnect { tcp: tcp(), tls: tls.config()?.into(), name: tls.name(host)? };
                let origin = format!("https://{address}").parse().map_err(|_| no_address())?;
                endpoint.origin(origin).connect_with_connector_lazy(connect)
            }
        };
        Ok(Client { address: address.into(), channel, token: options.token })
    }

    /// The server's `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Calls a method and waits for its answer, for as long as `timeout` says.
    ///
    /// # Errors
    /// The status that the server answers; `Unavailable` when it cannot be reached or goes away; `DeadlineExceeded`.
    pub(crate) fn call<A, R>(&self, method: &'static str, message: A, timeout: Option<Duration>) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        self.ask("MasterService", method, message, timeout)
    }

    /// The same for a method of the worker service.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) fn ask_worker<A, R>(
        &self,
        method: &'static str,
        message: A,
        timeout: Option<Duration>,
    ) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        self.ask("WorkerService", method, message, timeout)
    }

    /// The same without waiting for the answer.
    pub(crate) fn tell_worker<A, R>(&self, method: &'static str, message: A, timeout: Duration)
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        let client = self.clone();
        let call = async move { client.timed("WorkerService", method, message, Some(timeout)).await };
        self.spawn(call, |_: Result<R>| {});
    }

    fn ask<A, R>(
        &self,
        service: &'static str,
        method: &'static str,
        message: A,
        timeout: Option<Duration>,
    ) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        let client = self.clone();
        // The calling thread may be one of a runtime of its own: it waits without tokio.
        runtime()?.spawn(async move {
            let _ = answer.send(client.timed(service, method, message, timeout).await);
        });
        answered.recv().unwrap_or_else(|_| Err(Error::internal("a call was lost")))
    }

    async fn timed<A, R>(
        &self,
        service: &str,
        method: &str,
        message: A,
        timeout: Option<Duration>,
    ) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        let call = self.watched(service, method, message);
        match timeout {
            None => call.await,
            Some(timeout) => tokio::time::timeout(timeout, call)
                .await
                .unwrap_or_else(|_| Err(Error::deadline_exceeded("Deadline Exceeded"))),
        }
    }

    /// Calls a method of the worker service and waits for as long as the server answers other calls.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(crate) async fn worker_call<A, R>(&self, method: &str, message: A) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        self.watched("WorkerService", method, message).await
    }

    /// Lets what a task finds be taken by `then`, on the threads that carry all calls.
    pub(crate) fn spawn<R: 'static>(
        &self,
        task: impl Future<Output = Result<R>> + Send + 'static,
        then: impl FnOnce(Result<R>) + Send + 'static,
    ) {
        match runtime() {
            Ok(runtime) => drop(runtime.spawn(async move { then(task.await) })),
            Err(error) => then(Err(error)),
        }
    }

    /// Calls a method for as long as the server answers other calls: one that hangs would otherwise be waited for
    /// without end.
    async fn watched<A, R>(&self, service: &str, method: &str, message: A) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        let call = self.unary(service, method, message);
        tokio::pin!(call);
        let mut unanswered = 0;
        while unanswered < UNANSWERED {
            if let Ok(answer) = tokio::time::timeout(QUIET, &mut call).await {
                return answer;
            }
            let status = self.unary("WorkerService", "GetStatus", GetStatusRequest {});
            let status = tokio::time::timeout(QUIET, status);
            let answered: Option<Result<GetStatusResponse>> = tokio::select! {
                answer = &mut call => return answer,
                status = status => status.ok(),
            };
            // An error is an answer, too: a server that is told to stop takes no new calls, and ends those it has.
            unanswered = if answered.is_some() { 0 } else { unanswered + 1 };
        }
        Err(Error::new(Code::Unavailable, format!("the server at {} does not answer", self.address)))
    }

    async fn unary<A, R>(&self, service: &str, method: &str, message: A) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        let path = PathAndQuery::try_from(format!("/tensorflow.{service}/{method}"))
            .map_err(|error| Error::internal(error.to_string()))?;
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| unreachable(&error))?;
        let mut request = tonic::Request::new(message);
        if let Some(token) = &self.token {
            set_bearer(request.metadata_mut(), token);
        }
        let answer = grpc.unary(request, path, ProstCodec::<A, R>::default()).await;
        answer.map(tonic::Response::into_inner).map_err(|status| failure(&status))
    }
}

/// A call that broke under way says so in other ways than one that never got through; to callers both are one.
fn failure(status: &Status) -> Error {
    match std::error::Error::source(status) {
        Some(source) if status.code() != tonic::Code::DeadlineExceeded => unreachable(source),
        _ => from_status(status),
    }
}

fn unreachable(error: &dyn std::error::Error) -> Error {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        source = error.source();
    }
    Error::new(Code::Unavailable, texts.join(": "))
}
