//! Calls with one message each way, written out where generated code usually stands.

use http::{Request, Response};
use prost::Message;
use std::future::Future;
use std::pin::Pin;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Status, metadata::MetadataMap};
use tonic_prost::ProstCodec;

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A function as the service of one method.
struct Method<F>(F);

impl<F, A, R, E> UnaryService<A> for Method<F>
where
    F: FnMut(A) -> E,
    E: Future<Output = Result<R, Status>> + Send + 'static,
{
    type Response = R;
    type Future = BoxFuture<Result<tonic::Response<R>, Status>>;

    fn call(&mut self, request: tonic::Request<A>) -> Self::Future {
        let answer = (self.0)(request.into_inner());
        Box::pin(async move { answer.await.map(tonic::Response::new) })
    }
}

/// Answers a call by `method`; a message above `max_bytes` is refused before it is read.
pub(crate) async fn serve<A, R, F, E>(request: Request<Body>, max_bytes: usize, method: F) -> Response<Body>
where
    A: Message + Default + 'static,
    R: Message + Default + 'static,
    F: FnMut(A) -> E,
    E: Future<Output = Result<R, Status>> + Send + 'static,
{
    Grpc::new(ProstCodec::<R, A>::default())
        .max_decoding_message_size(max_bytes)
        .unary(Method(method), request)
        .await
}

/// The text of a header, where it has one.
pub(crate) fn header<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Puts a token where servers look for it.
pub(crate) fn set_bearer(metadata: &mut MetadataMap, token: &str) {
    if let Ok(value) = format!("Bearer {token}").parse() {
        metadata.insert("authorization", value);
    }
}
