//! TLS between our server and our clients, with certificates on one side or on both.

use ferroflow::compat::v1 as tf;
use ferroflow::rpc::{
    ClientOptions, ClientTls, Identity, Server, ServerOptions, ServerTls, set_client_options,
};
use ferroflow::{Code, NdArray, Result};

/// `tools/make_certificates.sh` makes these files.
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("certificates/", $name)).to_vec()
    };
}

fn server(client_ca: Option<Vec<u8>>) -> Server {
    let identity = Identity { certificate: file!("server.pem"), key: file!("server.key") };
    let tls = Some(ServerTls { identity, client_ca });
    Server::start(ServerOptions { tls, ..ServerOptions::default() }).unwrap()
}

/// What a client with these options gets from a server.
fn asked(server: &Server, tls: Option<ClientTls>) -> Result<NdArray> {
    set_client_options(&server.address().to_string(), ClientOptions { tls, ..ClientOptions::default() });
    tf::Graph::new().as_default_scope(|| {
        let sum = tf::add([1, 2], 3)?;
        tf::Session::builder().target(&server.target()).build()?.run(&sum)
    })
}

fn trusting(ca: Vec<u8>) -> ClientTls {
    ClientTls { ca, ..ClientTls::default() }
}

fn client() -> Option<Identity> {
    Some(Identity { certificate: file!("client.pem"), key: file!("client.key") })
}

#[test]
fn servers_prove_who_they_are() {
    let server = server(None);
    let answer = asked(&server, Some(trusting(file!("authority.pem")))).unwrap();
    assert_eq!(answer.to_string(), "[4 5]");

    let error = asked(&server, Some(trusting(file!("stranger.pem")))).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("invalid peer certificate: UnknownIssuer"), "{error}");

    let named =
        |name: &str| ClientTls { server_name: Some(name.to_string()), ..trusting(file!("authority.pem")) };
    assert_eq!(asked(&server, Some(named("localhost"))).unwrap().to_string(), "[4 5]");
    let error = asked(&server, Some(named("example.com"))).unwrap_err();
    assert!(error.message().contains("certificate not valid for name \"example.com\""), "{error}");

    // Neither side talks to one that does not speak TLS.
    assert_eq!(asked(&server, None).unwrap_err().code(), Code::Unavailable);
    let plain = crate::servers::ours();
    let error = asked(&plain, Some(trusting(file!("authority.pem")))).unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
}

#[test]
fn clients_prove_who_they_are() {
    let server = server(Some(file!("authority.pem")));
    let known = ClientTls { identity: client(), ..trusting(file!("authority.pem")) };
    assert_eq!(asked(&server, Some(known)).unwrap().to_string(), "[4 5]");

    let unknown = asked(&server, Some(trusting(file!("authority.pem")))).unwrap_err();
    assert_eq!(unknown.code(), Code::Unavailable, "{unknown}");

    // A server's certificate is none for a client.
    let identity = Identity { certificate: file!("server.pem"), key: file!("server.key") };
    let wrong = ClientTls { identity: Some(identity), ..trusting(file!("authority.pem")) };
    assert_eq!(asked(&server, Some(wrong)).unwrap_err().code(), Code::Unavailable);
}

#[test]
fn what_cannot_be_read_is_told_at_once() {
    let identity = Identity { certificate: b"nothing".to_vec(), key: file!("server.key") };
    let tls = Some(ServerTls { identity, client_ca: None });
    let error = Server::start(ServerOptions { tls, ..ServerOptions::default() }).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(error.message(), "TLS: no certificate in the PEM text");

    let identity = Identity { certificate: file!("server.pem"), key: file!("client.key") };
    let tls = Some(ServerTls { identity: identity.clone(), client_ca: None });
    let error = Server::start(ServerOptions { tls, ..ServerOptions::default() }).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(format!("{identity:?}"), "Identity");
}
