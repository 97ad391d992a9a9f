//! Calls of a server frame by frame, as no client of gRPC makes them.

use bytes::Bytes;
use ferroflow::Code;
use h2::client::SendRequest;
use http::{HeaderMap, Request};
use prost::Message;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// How a call ended: its code and text.
pub(crate) type End = (Code, String);

/// A connection that is driven by a thread of its own until it is dropped.
pub(crate) struct Connection {
    runtime: Runtime,
    calls: SendRequest<Bytes>,
    driver: tokio::task::JoinHandle<()>,
}

impl Connection {
    /// A connection to `grpc://HOST:PORT`.
    pub(crate) fn open(target: &str) -> Connection {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = target.strip_prefix("grpc://").unwrap();
        let (calls, driver) = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.unwrap();
            let (calls, connection) = h2::client::handshake(stream).await.unwrap();
            let driver = tokio::spawn(async {
                let _ = connection.await;
            });
            (calls.ready().await.unwrap(), driver)
        });
        Connection { runtime, calls, driver }
    }

    /// Calls `service/method` with these bytes in the place of a message and its frame.
    pub(crate) fn send(&self, path: &str, body: &[u8]) -> Result<Bytes, End> {
        self.answer(request(path), body)
    }

    /// Calls `tensorflow.MasterService/method`, which has to end within a time such as `300m`.
    pub(crate) fn call_within(
        &self,
        timeout: &str,
        method: &str,
        message: &impl Message,
    ) -> Result<Bytes, End> {
        let mut request = request(&master(method));
        request.headers_mut().insert("grpc-timeout", timeout.parse().unwrap());
        self.answer(request, &framed(&message.encode_to_vec()))
    }

    fn answer(&self, request: Request<()>, body: &[u8]) -> Result<Bytes, End> {
        self.runtime.block_on(async {
            let (response, mut stream) = self.calls.clone().send_request(request, false).unwrap();
            // A server that refuses the call by its path may have ended the stream: what it answered is then looked at.
            let _ = stream.send_data(Bytes::copy_from_slice(body), true);
            let answer = async {
                let (head, mut body) = response.await.map_err(|error| broken(&error))?.into_parts();
                let mut data = Vec::new();
                while let Some(chunk) = body.data().await {
                    data.extend_from_slice(&chunk.map_err(|error| broken(&error))?);
                }
                let trailers = body.trailers().await.map_err(|error| broken(&error))?;
                status(&trailers.unwrap_or(head.headers))?;
                // A byte for compression and four for the size stand in front of the message.
                Ok(Bytes::from(data).slice(5..))
            };
            tokio::time::timeout(Duration::from_secs(30), answer).await.expect("the server does not answer")
        })
    }

    /// Calls `tensorflow.MasterService/method`.
    pub(crate) fn call(&self, method: &str, message: &impl Message) -> Result<Bytes, End> {
        self.send(&master(method), &framed(&message.encode_to_vec()))
    }

    /// Begins a call with these bytes and leaves it open.
    pub(crate) fn begin(&self, path: &str, body: &[u8]) -> h2::SendStream<Bytes> {
        self.runtime.block_on(async {
            let (_, mut stream) = self.calls.clone().send_request(request(path), false).unwrap();
            stream.send_data(Bytes::copy_from_slice(body), false).unwrap();
            // It is sent by the time that this is over.
            tokio::time::sleep(Duration::from_millis(100)).await;
            stream
        })
    }

    /// Hangs up without a word, whatever is under way.
    pub(crate) fn vanish(self) {
        self.driver.abort();
        self.runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

fn broken(error: &h2::Error) -> End {
    (Code::Unavailable, error.to_string())
}

fn request(path: &str) -> Request<()> {
    Request::post(format!("http://localhost/{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap()
}

fn status(headers: &HeaderMap) -> Result<(), End> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    match Code::from_number(text("grpc-status").parse().unwrap()) {
        // Zero is no error.
        None => Ok(()),
        Some(code) => Err((code, text("grpc-message").replace("%20", " "))),
    }
}

/// The path of a method of the session service.
pub(crate) fn master(method: &str) -> String {
    format!("tensorflow.MasterService/{method}")
}

/// A message in its frame.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(message);
    frame
}
