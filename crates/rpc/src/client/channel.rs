//! Calls of the session service from threads that know nothing of tokio.

use crate::status::from_status;
use crate::unary::set_bearer;
use ferroflow_core::{Code, Error, Result};
use http::uri::PathAndQuery;
use prost::Message;
use std::sync::{OnceLock, mpsc};
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
/// How much of a message is on its way before the receiver has to answer.
const WINDOW: u32 = 8 << 20;
/// Where a bearer token is found, for servers that want one.
const TOKEN_VARIABLE: &str = "FERROFLOW_GRPC_TOKEN";

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

/// A connection to a server. It is opened by the first call, and again after it broke.
#[derive(Clone)]
pub(super) struct Client {
    channel: Channel,
    token: Option<String>,
}

impl Client {
    /// A connection to `host:port`.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no address.
    pub(super) fn connect(address: &str) -> Result<Client> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|_| {
                Error::invalid_argument(format!("Could not interpret \"{address}\" as a host-port pair."))
            })?
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
        Ok(Client { channel: endpoint.connect_lazy(), token: std::env::var(TOKEN_VARIABLE).ok() })
    }

    /// Calls a method and waits for its answer, for as long as `timeout` says.
    ///
    /// # Errors
    /// The status that the server answers; `Unavailable` when it cannot be reached or goes away; `DeadlineExceeded`.
    pub(super) fn call<A, R>(&self, method: &'static str, message: A, timeout: Option<Duration>) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        let client = self.clone();
        // The calling thread may be one of a runtime of its own: it waits without tokio.
        runtime()?.spawn(async move {
            let call = client.unary(method, message);
            let result = match timeout {
                None => call.await,
                Some(timeout) => tokio::time::timeout(timeout, call)
                    .await
                    .unwrap_or_else(|_| Err(Error::deadline_exceeded("Deadline Exceeded"))),
            };
            let _ = answer.send(result);
        });
        answered.recv().unwrap_or_else(|_| Err(Error::internal("a call was lost")))
    }

    async fn unary<A, R>(&self, method: &str, message: A) -> Result<R>
    where
        A: Message + 'static,
        R: Message + Default + 'static,
    {
        let path = PathAndQuery::try_from(format!("/tensorflow.MasterService/{method}"))
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
