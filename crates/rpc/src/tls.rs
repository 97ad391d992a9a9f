//! TLS for both ends: certificates and keys, and what rustls makes of them. The cryptography is Graviola's, which needs
//! no C compiler.

use ferroflow_core::{Error, Result, ensure};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::path::Path;
use std::sync::Arc;

/// A certificate and its private key.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, then those that lead from it to one that the other side trusts, as PEM.
    pub certificate: Vec<u8>,
    /// The key of the first one, as PEM.
    pub key: Vec<u8>,
}

impl Identity {
    /// The identity in two files.
    ///
    /// # Errors
    /// `NotFound` for a file that cannot be read.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Identity> {
        Ok(Identity { certificate: read(certificate)?, key: read(key)? })
    }
}

impl std::fmt::Debug for Identity {
    /// A key is not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// How a server proves who it is, and whom it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTls {
    /// The server's certificate and key.
    pub identity: Identity,
    /// The authorities, as PEM, one of which must have signed a client's certificate; without them clients need none.
    pub client_ca: Option<Vec<u8>>,
}

/// How a client knows its server, and proves who it is itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// The authorities, as PEM, one of which must have signed the server's certificate.
    pub ca: Vec<u8>,
    /// The client's certificate and key, for servers that want one.
    pub identity: Option<Identity>,
    /// The name that the server's certificate must be for, if not the host of its address.
    pub server_name: Option<String>,
}

/// A file with a certificate or a key.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::not_found(format!("{}: {error}", path.display())))
}

/// Both sides speak HTTP/2.
const PROTOCOL: &[u8] = b"h2";

impl ServerTls {
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>> {
        let provider = provider()?;
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(refused)?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let roots = Arc::new(authorities(ca)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                builder.with_client_cert_verifier(verifier.map_err(refused)?)
            }
        };
        let (chain, key) = self.identity.parse()?;
        let mut config = builder.with_single_cert(chain, key).map_err(refused)?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Arc::new(config))
    }
}

impl ClientTls {
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>> {
        let builder = ClientConfig::builder_with_provider(provider()?)
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_root_certificates(authorities(&self.ca)?);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.parse()?;
                builder.with_client_auth_cert(chain, key).map_err(refused)?
            }
        };
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Arc::new(config))
    }

    /// The name that the server at this host must prove.
    pub(crate) fn name(&self, host: &str) -> Result<ServerName<'static>> {
        let name = self.server_name.as_deref().unwrap_or(host);
        ServerName::try_from(name.to_string())
            .map_err(|_| Error::invalid_argument(format!("\"{name}\" is no name of a server")))
    }
}

impl Identity {
    fn parse(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        Ok((certificates(&self.certificate)?, key.map_err(|error| refused_as("the private key", &error))?))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let read: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| refused_as("a certificate", &error))?;
    ensure!(!read.is_empty(), invalid_argument, "TLS: no certificate in the PEM text");
    Ok(read)
}

fn authorities(pem: &[u8]) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(refused)?;
    }
    Ok(roots)
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::invalid_argument(format!("TLS: {error}"))
}

fn refused_as(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::invalid_argument(format!("TLS: {what}: {error}"))
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn provider() -> Result<Arc<CryptoProvider>> {
    // Graviola panics where the processor lacks what it is written for.
    ensure!(
        graviola::util::is_cpu_supported(),
        unimplemented,
        "TLS on a processor without AES, carry-less products and wide registers"
    );
    Ok(Arc::new(rustls_graviola::default_provider()))
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn provider() -> Result<Arc<CryptoProvider>> {
    Err(Error::unimplemented("TLS on this kind of processor"))
}
