//! The methods of a server by their paths.

use super::incoming::Client;
use super::master::Master;
use super::{health, worker};
use crate::unary::{BoxFuture, header, serve};
use http::{Request, Response};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;

tokio::task_local! {
    /// Whose call a task answers.
    pub(crate) static CLIENT: Client;
}

/// All services of a server.
#[derive(Clone)]
pub(crate) struct Services(pub(crate) Arc<Master>);

impl tower_service::Service<Request<Body>> for Services {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let master = self.0.clone();
        let client = request.extensions().get::<Client>().cloned().unwrap_or_default();
        Box::pin(CLIENT.scope(client, async move {
            if let Err(status) = authorize(&master, &request) {
                return Ok(status.into_http());
            }
            let Some(timeout) = header(request.headers(), "grpc-timeout").and_then(duration) else {
                return Ok(answer(master, request).await);
            };
            // Ours ends before tonic's, which would say that the call was cancelled.
            Ok(match tokio::time::timeout(timeout, answer(master, request)).await {
                Ok(response) => response,
                Err(_) => Status::deadline_exceeded("Deadline Exceeded").into_http(),
            })
        }))
    }
}

fn authorize(master: &Master, request: &Request<Body>) -> Result<(), Status> {
    let Some(token) = &master.options.token else { return Ok(()) };
    let given = header(request.headers(), "authorization").and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| is_same(given.as_bytes(), token.as_bytes())) {
        return Ok(());
    }
    Err(Status::unauthenticated("the call carries no valid bearer token"))
}

/// The time that a client gives a call, such as `300m` for as many milliseconds.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(count.saturating_mul(3600)),
        'M' => Duration::from_secs(count.saturating_mul(60)),
        'S' => Duration::from_secs(count),
        'm' => Duration::from_millis(count),
        'u' => Duration::from_micros(count),
        'n' => Duration::from_nanos(count),
        _ => return None,
    })
}

/// Compares in a time that tells nothing about where texts of one length differ.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// `"path" => function` for each method.
macro_rules! methods {
    ($master:ident, $request:ident, $path:ident; $($name:literal => $method:path,)*) => {
        match $path.as_str() {
            $($name => serve($request, $master.options.limits.message_bytes, |request| {
                $method($master.clone(), request)
            }).await,)*
            _ => not_served(&$path).into_http(),
        }
    };
}

async fn answer(master: Arc<Master>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path().to_string();
    methods! { master, request, path;
        "/tensorflow.MasterService/CreateSession" => Master::create_session,
        "/tensorflow.MasterService/ExtendSession" => Master::extend_session,
        "/tensorflow.MasterService/PartialRunSetup" => Master::partial_run_setup,
        "/tensorflow.MasterService/RunStep" => Master::run_step,
        "/tensorflow.MasterService/MakeCallable" => Master::make_callable,
        "/tensorflow.MasterService/RunCallable" => Master::run_callable,
        "/tensorflow.MasterService/ReleaseCallable" => Master::release_callable,
        "/tensorflow.MasterService/CloseSession" => Master::close_session,
        "/tensorflow.MasterService/ListDevices" => Master::list_devices,
        "/tensorflow.MasterService/Reset" => Master::reset,
        "/tensorflow.WorkerService/GetStatus" => worker::get_status,
        "/tensorflow.WorkerService/CreateWorkerSession" => worker::create_session,
        "/tensorflow.WorkerService/DeleteWorkerSession" => worker::delete_session,
        "/tensorflow.WorkerService/RegisterGraph" => worker::register_graph,
        "/tensorflow.WorkerService/DeregisterGraph" => worker::deregister_graph,
        "/tensorflow.WorkerService/RunGraph" => worker::run_graph,
        "/tensorflow.WorkerService/RecvTensor" => worker::recv_tensor,
        "/tensorflow.WorkerService/MarkRecvFinished" => worker::mark_recv_finished,
        "/tensorflow.WorkerService/Logging" => worker::logging,
        "/tensorflow.WorkerService/CleanupGraph" => worker::cleanup_graph,
        "/tensorflow.WorkerService/CleanupAll" => worker::cleanup_all,
        "/grpc.health.v1.Health/Check" => health::check,
    }
}

fn not_served(path: &str) -> Status {
    let method = path.trim_start_matches('/').replace('/', ".");
    Status::unimplemented(format!("ferroflow does not serve {method}"))
}
