//! TLS configuration: CA certificates, client certificate and crypto provider.

use crate::domain::os_error::cause;
use crate::store::error::Error;
use crate::store::options::{Node, Tls};
use redis::io::AsyncDNSResolver;
use redis::{ClientTlsConfig, ConnectionAddr, IntoConnectionInfo, TlsCertificates};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// Limit of a file, in bytes.
const SIZE_MAX: u64 = 1 << 20;

/// The TLS files, read once.
#[derive(Clone)]
pub(crate) struct TlsFiles {
    certificates: TlsCertificates,
    insecure: bool,
    server_name: Option<String>,
}

impl TlsFiles {
    /// Like [`TlsFiles::read`], in a thread that nothing joins: opening a FIFO may block forever, and signals must
    /// still be handled.
    pub(super) async fn read_apart(tls: Tls) -> Result<Self, Error> {
        let (sender, read) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(Self::read(&tls)).is_ok());
        let ended = |_| Error::Settings("the TLS files could not be read".to_owned());
        read.await.map_err(ended)?
    }

    /// Reads and checks the files, so that a mistake is reported as such and not as a failed handshake.
    pub(super) fn read(tls: &Tls) -> Result<Self, Error> {
        // Fails if the provider is already installed, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let root_cert = tls
            .ca
            .as_deref()
            .map(|path| certificates(path, "CA"))
            .transpose()?;
        let client_tls = match (&tls.cert, &tls.key) {
            (Some(cert), Some(key)) => Some(client(cert, key)?),
            (None, None) => None,
            (Some(_), None) => {
                return Err(Error::Settings(
                    "a client certificate needs its key: set `--tls-key` too".to_owned(),
                ));
            }
            (None, Some(_)) => {
                return Err(Error::Settings(
                    "a client key needs its certificate: set `--tls-cert` too".to_owned(),
                ));
            }
        };
        Ok(Self {
            certificates: TlsCertificates {
                client_tls,
                root_cert,
            },
            insecure: tls.insecure,
            server_name: tls.server_name.clone(),
        })
    }

    /// Returns the name to verify a node's certificate against: the configured one, otherwise the announced one,
    /// otherwise the host.
    pub(super) fn name<'a>(&'a self, node: &'a Node, announced: Option<&'a str>) -> &'a str {
        let named = self.server_name.as_deref().or(announced);
        named.unwrap_or(&node.host)
    }

    /// Returns a driver client for the node under this name. The driver connects to the name, so a resolver
    /// ([`FixedHostResolver`]) supplies the address if the two differ.
    pub(super) fn client(&self, node: &Node, name: &str) -> redis::RedisResult<redis::Client> {
        let address = ConnectionAddr::TcpTls {
            host: name.to_owned(),
            port: node.port,
            insecure: self.insecure,
            tls_params: None,
        };
        redis::Client::build_with_tls(
            crate::store::net::connection::plain(address.into_connection_info()?),
            self.certificates.clone(),
        )
    }
}

/// Resolver that returns this host for any name.
pub(crate) struct FixedHostResolver(pub String);

impl AsyncDNSResolver for FixedHostResolver {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        _: &'b str,
        port: u16,
    ) -> redis::RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((self.0.as_str(), port)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let found: Box<dyn Iterator<Item = SocketAddr> + Send> = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Loads the client certificate and its key and checks that they match.
fn client(cert: &Path, key: &Path) -> Result<ClientTlsConfig, Error> {
    let client_cert = certificates(cert, "client certificate")?;
    let client_key = private_key(key)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&client_cert).collect();
    if let (Ok(chain), Ok(secret)) = (chain, PrivateKeyDer::from_pem_slice(&client_key)) {
        let provider = rustls::crypto::ring::default_provider();
        CertifiedKey::from_der(chain, secret, &provider).map_err(|error| {
            Error::Settings(format!(
                "the client key `{}` and the certificate `{}` cannot be used together: {error}",
                key.display(),
                cert.display()
            ))
        })?;
    }
    Ok(ClientTlsConfig {
        client_cert,
        client_key,
    })
}

fn certificates(path: &Path, what: &str) -> Result<Vec<u8>, Error> {
    let pem = read(path, what)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(pem),
        _ => Err(Error::Settings(format!(
            "the {what} file `{}` holds no certificate in PEM form",
            path.display()
        ))),
    }
}

fn private_key(path: &Path) -> Result<Vec<u8>, Error> {
    let pem = read(path, "client key")?;
    match PrivateKeyDer::from_pem_slice(&pem) {
        Ok(_) => Ok(pem),
        Err(_) => Err(Error::Settings(format!(
            "the client key file `{}` holds no private key in PEM form (an encrypted one cannot be used)",
            path.display()
        ))),
    }
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, Error> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        let path = path.display();
        let reason = cause(reason);
        Error::Settings(format!("cannot read the {what} file `{path}`: {reason}"))
    };
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    let mut pem = Vec::new();
    // A device or a pipe reports no length, so limit the read itself.
    let read = file.take(SIZE_MAX + 1).read_to_end(&mut pem);
    read.map_err(|error| unreadable(&error))?;
    if pem.len() as u64 > SIZE_MAX {
        return Err(unreadable(&"it is larger than 1 MiB"));
    }
    Ok(pem)
}

/// Returns the TLS error inside a driver error. Neither the driver's error nor the I/O error inside exposes it as
/// `source`, so this downcasts both.
pub(crate) fn complaint(error: &redis::RedisError) -> Option<String> {
    let source = std::error::Error::source(error)?;
    let io = match source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>() {
        Some(shared) => shared.downcast_ref::<std::io::Error>(),
        None => source.downcast_ref::<std::io::Error>(),
    };
    let tls = io?.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(tls.to_string())
}
