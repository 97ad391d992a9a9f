//! The recorded calls, and a client that sends bytes.

use http::uri::PathAndQuery;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::runtime::Runtime;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Status, client::Grpc, transport::Endpoint};

/// One call: what was asked, and what was answered.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) code: i32,
    pub(crate) request: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

/// The recorded programs, with their calls in order.
pub(crate) fn programs() -> BTreeMap<String, Vec<Call>> {
    let mut programs: BTreeMap<String, Vec<Call>> = BTreeMap::new();
    for line in include_str!("../data/exchanges.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [program, method, code, request, answer] = fields[..] else { panic!("{line}") };
        programs.entry(program.to_string()).or_default().push(Call {
            method: method.to_string(),
            code: code.parse().unwrap(),
            request: base64(request),
            answer: base64(answer),
        });
    }
    programs
}

/// The bytes that a text in base64 stands for.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        bits = (bits << 6) | digit as u32;
        count += 6;
        if count >= 8 && text != "-" {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// Messages as they are on the wire.
#[derive(Clone, Default)]
pub(crate) struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(dst, &item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; bytes::Buf::remaining(src)];
        bytes::Buf::copy_to_slice(src, &mut item);
        Ok(Some(item))
    }
}

/// Sends requests as bytes.
pub(crate) struct Client {
    runtime: Runtime,
    channel: tonic::transport::Channel,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let context = runtime.enter();
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        drop(context);
        Client { runtime, channel }
    }

    pub(crate) fn call(&self, method: &str, request: Vec<u8>) -> Result<Vec<u8>, Status> {
        self.call_service("MasterService", method, request)
    }

    pub(crate) fn call_service(
        &self,
        service: &str,
        method: &str,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, Status> {
        let path = PathAndQuery::try_from(format!("/tensorflow.{service}/{method}")).unwrap();
        let mut grpc = Grpc::new(self.channel.clone());
        self.runtime.block_on(async {
            grpc.ready().await.unwrap();
            Ok(grpc.unary(tonic::Request::new(request), path, Raw).await?.into_inner())
        })
    }
}
