//! How servers are reached: tokens and TLS, for one address or for all of them.

use crate::tls::{ClientTls, Identity, read};
use ferroflow_core::{Result, bail};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The environment of a program that does not say otherwise.
const TOKEN: &str = "FERROFLOW_GRPC_TOKEN";
const CA: &str = "FERROFLOW_GRPC_CA";
const CERTIFICATE: &str = "FERROFLOW_GRPC_CERTIFICATE";
const KEY: &str = "FERROFLOW_GRPC_KEY";
const SERVER_NAME: &str = "FERROFLOW_GRPC_SERVER_NAME";

/// What a client shows to its server, and what it wants to see.
#[derive(Clone, Default)]
pub struct ClientOptions {
    /// A bearer token that every call carries.
    pub token: Option<String>,
    /// TLS, where the server speaks it.
    pub tls: Option<ClientTls>,
}

impl ClientOptions {
    /// What the environment says: a token in `FERROFLOW_GRPC_TOKEN`; TLS if `FERROFLOW_GRPC_CA` names a file with
    /// authorities, with the client's certificate and key in the files that `FERROFLOW_GRPC_CERTIFICATE` and
    /// `FERROFLOW_GRPC_KEY` name, and `FERROFLOW_GRPC_SERVER_NAME` in place of the server's host.
    ///
    /// # Errors
    /// `NotFound` for a file that cannot be read; `InvalidArgument` for a certificate without a key, or either without
    /// authorities.
    pub fn from_env() -> Result<ClientOptions> {
        let file = |name: Option<OsString>| name.map(|name| read(Path::new(&name))).transpose();
        let identity = match (std::env::var_os(CERTIFICATE), std::env::var_os(KEY)) {
            (Some(certificate), Some(key)) => {
                Some(Identity::from_files(Path::new(&certificate), Path::new(&key))?)
            }
            (None, None) => None,
            _ => bail!(invalid_argument, "{CERTIFICATE} and {KEY} belong together"),
        };
        let tls = match file(std::env::var_os(CA))? {
            Some(ca) => Some(ClientTls { ca, identity, server_name: std::env::var(SERVER_NAME).ok() }),
            None if identity.is_some() => bail!(invalid_argument, "{CERTIFICATE} needs {CA}"),
            None => None,
        };
        Ok(ClientOptions { token: std::env::var(TOKEN).ok(), tls })
    }
}

impl std::fmt::Debug for ClientOptions {
    /// A token is not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = self.token.as_ref().map(|_| "...");
        f.debug_struct("ClientOptions").field("token", &token).field("tls", &self.tls).finish()
    }
}

static BY_ADDRESS: Mutex<Option<HashMap<String, ClientOptions>>> = Mutex::new(None);

/// Sets how sessions of this process that are opened from now on reach the server at `host:port`. Other servers are
/// reached as [`ClientOptions::from_env`] says.
pub fn set_client_options(address: &str, options: ClientOptions) {
    let mut set = BY_ADDRESS.lock().unwrap_or_else(PoisonError::into_inner);
    set.get_or_insert_default().insert(address.to_string(), options);
}

/// How the server at an address is reached.
pub(super) fn options_for(address: &str) -> Result<ClientOptions> {
    let set = BY_ADDRESS.lock().unwrap_or_else(PoisonError::into_inner);
    match set.as_ref().and_then(|set| set.get(address)) {
        Some(options) => Ok(options.clone()),
        None => ClientOptions::from_env(),
    }
}
