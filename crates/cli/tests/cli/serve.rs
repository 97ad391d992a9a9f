//! `ferroflow serve` with TLS and a token, and clients that have the right credentials or wrong ones.

use crate::process::{Scratch, ferroflow, repository};
use ferroflow_core::{Code, Result};
use ferroflow_graph::RemoteSession;
use ferroflow_proto::ConfigProto;
use ferroflow_rpc::{ClientOptions, ClientTls, GrpcSession, Identity, set_client_options};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A file that `tools/make_certificates.sh` has made.
fn certificate(name: &str) -> String {
    repository(&format!("tests/sessions/certificates/{name}"))
}

fn identity(name: &str) -> Identity {
    let file = |end: &str| certificate(&format!("{name}.{end}"));
    Identity::from_files(Path::new(&file("pem")), Path::new(&file("key"))).unwrap()
}

/// A server that ends with the value.
struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(args: &[&str]) -> Serving {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ferroflow"))
            .args(["serve", "--bind", "127.0.0.1:0", "--log", "off"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_string();
        Serving { process, address }
    }

    /// What a client with these options gets: the names of the server's devices.
    fn asked(&self, options: ClientOptions) -> Result<Vec<String>> {
        set_client_options(&self.address, options);
        let devices = GrpcSession::open(&self.address, ConfigProto::default())?.list_devices()?;
        Ok(devices.into_iter().map(|device| device.name).collect())
    }

    /// That a client with these options is served.
    fn serves(&self, options: ClientOptions) {
        assert_eq!(self.asked(options).unwrap(), ["/job:localhost/replica:0/task:0/device:CPU:0"]);
    }

    /// The code of the error that a client with these options gets.
    fn refuses(&self, options: ClientOptions) -> Code {
        self.asked(options).unwrap_err().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that trusts an authority.
fn trusting(authority: &str, identity: Option<Identity>) -> ClientOptions {
    let ca = std::fs::read(certificate(authority)).unwrap();
    let tls = ClientTls { ca, identity, ..ClientTls::default() };
    ClientOptions { tls: Some(tls), ..ClientOptions::default() }
}

fn with_token(token: &str, options: ClientOptions) -> ClientOptions {
    ClientOptions { token: Some(token.to_string()), ..options }
}

#[test]
fn the_server_proves_who_it_is() {
    let server =
        Serving::start(&["--tls-cert", &certificate("server.pem"), "--tls-key", &certificate("server.key")]);
    server.serves(trusting("authority.pem", None));
    assert_eq!(server.refuses(trusting("stranger.pem", None)), Code::Unavailable);
    assert_eq!(server.refuses(ClientOptions::default()), Code::Unavailable);
}

#[test]
fn clients_prove_who_they_are_and_bring_the_token() {
    let scratch = Scratch::new();
    let token = scratch.file("token", "a secret\n");
    let server = Serving::start(&[
        "--tls-cert",
        &certificate("server.pem"),
        "--tls-key",
        &certificate("server.key"),
        "--tls-client-ca",
        &certificate("authority.pem"),
        "--token-file",
        &token,
    ]);
    let known = || trusting("authority.pem", Some(identity("client")));
    server.serves(with_token("a secret", known()));
    assert_eq!(server.refuses(known()), Code::Unauthenticated);
    assert_eq!(server.refuses(with_token("a secreT", known())), Code::Unauthenticated);
    assert_eq!(server.refuses(with_token("a secret", trusting("authority.pem", None))), Code::Unavailable);
    // A server's certificate is none for a client.
    let wrong = trusting("authority.pem", Some(identity("server")));
    assert_eq!(server.refuses(with_token("a secret", wrong)), Code::Unavailable);
}

#[test]
fn a_token_does_without_tls() {
    let scratch = Scratch::new();
    let server = Serving::start(&["--token-file", &scratch.file("token", "a secret")]);
    server.serves(with_token("a secret", ClientOptions::default()));
    assert_eq!(server.refuses(ClientOptions::default()), Code::Unauthenticated);
    assert_eq!(server.refuses(with_token("a guess", ClientOptions::default())), Code::Unauthenticated);
}

#[test]
fn credentials_that_cannot_be_read_are_told_at_once() {
    let scratch = Scratch::new();
    let refused = |args: &[&str]| ferroflow(&[&["serve", "--bind", "127.0.0.1:0"], args].concat()).error();
    let (certificate, key) = (certificate("server.pem"), certificate("server.key"));
    let absent = scratch.path("absent");
    let empty = scratch.file("empty", "\n");

    assert!(refused(&["--tls-cert", &absent, "--tls-key", &key]).starts_with("NOT_FOUND: "));
    assert!(refused(&["--tls-cert", &certificate, "--tls-key", &empty]).starts_with("INVALID_ARGUMENT: "));
    let client_ca = |file| ["--tls-cert", &certificate, "--tls-key", &key, "--tls-client-ca", file];
    assert!(refused(&client_ca(&absent)).starts_with("NOT_FOUND: "));
    assert!(refused(&client_ca(&empty)).starts_with("INVALID_ARGUMENT: "));
    assert!(refused(&["--token-file", &absent]).starts_with("NOT_FOUND: "));
    assert_eq!(refused(&["--token-file", &empty]), format!("INVALID_ARGUMENT: {empty}: an empty token"));
    // One without the other.
    assert!(refused(&["--tls-cert", &certificate]).contains("--tls-key <FILE>"));
    assert!(refused(&["--tls-client-ca", &certificate]).contains("--tls-cert <FILE>"));
}
