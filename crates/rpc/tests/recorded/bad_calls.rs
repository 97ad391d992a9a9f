//! Calls that are wrong: our server answers them as TensorFlow's does, and goes on.

use crate::exchanges::{Client, base64};
use ferroflow_proto::{
    CreateSessionResponse, ExtendSessionRequest, MakeCallableRequest, Message, ReleaseCallableRequest,
    RunCallableRequest, RunStepRequest,
};
use ferroflow_rpc::{Server, ServerOptions};

/// The handle that the recorded requests name.
const SESSION: &str = "SESSION";

/// The request with the handle that our server gave.
fn with_handle(method: &str, request: &[u8], handle: &str) -> Vec<u8> {
    macro_rules! with {
        ($kind:ty) => {
            match <$kind>::decode(request) {
                Ok(mut message) if message.session_handle == SESSION => {
                    message.session_handle = handle.to_string();
                    message.encode_to_vec()
                }
                _ => request.to_vec(),
            }
        };
    }
    match method {
        "ExtendSession" => with!(ExtendSessionRequest),
        "RunStep" => with!(RunStepRequest),
        "MakeCallable" => with!(MakeCallableRequest),
        "RunCallable" => with!(RunCallableRequest),
        "ReleaseCallable" => with!(ReleaseCallableRequest),
        _ => request.to_vec(),
    }
}

/// A JSON text without escapes beyond those that messages have.
fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    inner.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"")
}

/// What is wrong in ways that ferroflow words itself.
const OWN_WORDS: [&str; 3] = [
    // The messages of the protobuf decoder.
    "no message",
    // The node is named behind the message, as with every other error.
    "dangling input",
    // Unsupported ops are `Unimplemented` everywhere in ferroflow.
    "unknown op",
];

#[test]
fn wrong_calls_are_answered_as_by_tensorflow() {
    let server = Server::start(ServerOptions::default()).unwrap();
    let client = Client::connect(server.address());
    let mut handle = String::new();
    let mut differences = Vec::new();
    for line in include_str!("../data/bad_calls.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [what, method, request, code, message] = fields[..] else { panic!("{line}") };
        let answer = client.call(method, with_handle(method, &base64(request), &handle));
        if what == "create" {
            handle = CreateSessionResponse::decode(answer.unwrap().as_slice()).unwrap().session_handle;
            continue;
        }
        let (our_code, ours) = match answer {
            Ok(_) => (0, String::new()),
            Err(status) => (status.code() as i32, status.message().replace(&handle, SESSION)),
        };
        let told = format!("{what}: {method}: {our_code} {ours:?} instead of {code} {message}");
        if OWN_WORDS.contains(&what) || method == "Nonsense" {
            let same = our_code.to_string() == code;
            let unsupported = what == "unknown op" && our_code == ferroflow_core::Code::Unimplemented as i32;
            if !same && !unsupported {
                differences.push(told);
            }
        } else if our_code.to_string() != code || ours != unquoted(message) {
            differences.push(told);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    server.stop().unwrap();
}
