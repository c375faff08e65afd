//! Opens a connection to one server: DNS, TCP or socket, TLS, and their timeouts.

use crate::domain::secret::Secret;
use crate::store::error::Error;
use crate::store::net::connection::{Connection, describe, plain};
use crate::store::net::tls::{FixedHostResolver, TlsFiles, complaint};
use crate::store::options::{AnnouncedNames, Deployment, Node, NodeAddress, Options};
use crate::waiting;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;

/// Upper bound of a usual TLS handshake.
const HANDSHAKE: Duration = Duration::from_millis(400);

/// Expected role of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Any,
    /// ROLE must report a primary.
    Primary,
    /// ROLE must report a replica that follows its primary.
    Replica,
    /// A replica in a cluster, which serves reads only after READONLY.
    ClusterReplica,
}

/// Reason why a connection could not be opened.
#[derive(Clone)]
pub(crate) enum Fault {
    /// A retry will not help.
    Final(Error),
    /// The server is not reachable at the moment.
    Unreachable(Error),
}

impl Fault {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Final(error) | Self::Unreachable(error) => error,
        }
    }
}

/// Opens all connections.
pub(crate) struct Dialer {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) db: u32,
    pub(crate) touch: bool,
    /// Whether the servers support CLIENT NO-TOUCH, once one has answered.
    pub(crate) knows_no_touch: OnceLock<bool>,
    tls: Option<TlsFiles>,
    pub(crate) connect_timeout: Duration,
    timeout: Duration,
    /// Name of the server of the settings for reports, if there is only one.
    name: Option<String>,
    /// Its address over TCP.
    own: Option<Node>,
    /// A server closed the connection at the optional part of the handshake (twemproxy closes at CLIENT).
    bare: AtomicBool,
    /// Hostnames that a cluster announces, for certificates.
    names: RwLock<HashMap<Node, String>>,
}

impl Dialer {
    /// Returns a dialer for data nodes.
    pub(crate) async fn new(options: &Options) -> Result<Self, Error> {
        let single = !matches!(
            options.target,
            Deployment::Sentinel { .. } | Deployment::Cluster(_)
        );
        let tls = match &options.tls {
            Some(tls) => Some(TlsFiles::read_apart(tls.clone()).await?),
            None => None,
        };
        Ok(Self {
            username: options.username.clone(),
            password: options.password.clone(),
            db: options.db,
            touch: options.touch,
            knows_no_touch: OnceLock::new(),
            tls,
            connect_timeout: options.connect_timeout,
            timeout: options.timeout,
            name: single.then(|| options.endpoint()),
            own: match &options.target {
                Deployment::Single(node) => Some(node.clone()),
                _ => None,
            },
            bare: AtomicBool::new(false),
            names: RwLock::default(),
        })
    }

    /// True if a server closed the connection at the optional part of the handshake.
    pub(crate) fn is_bare(&self) -> bool {
        self.bare.load(Ordering::Relaxed)
    }

    /// Returns a dialer for sentinels, which have their own credentials and no databases.
    pub(crate) fn for_sentinels(&self, username: Option<String>, password: Option<Secret>) -> Self {
        Self {
            username,
            password,
            db: 0,
            touch: true,
            knows_no_touch: OnceLock::new(),
            tls: self.tls.clone(),
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            name: None,
            own: None,
            bare: AtomicBool::new(false),
            names: RwLock::default(),
        }
    }

    /// Returns the server's name for reports.
    pub(crate) fn name(&self, address: &NodeAddress) -> String {
        let is_replica =
            matches!(address, NodeAddress::Tcp(node) if self.own.as_ref() != Some(node));
        match &self.name {
            Some(name) if !is_replica => name.clone(),
            _ => address.to_string(),
        }
    }

    /// Connects, all steps within the connect timeout.
    pub(crate) async fn dial(
        &self,
        address: &NodeAddress,
        role: Role,
    ) -> Result<Connection, Fault> {
        let name = self.name(address);
        // A server's own reason for not being ready is more useful than a timeout.
        let deadline = Instant::now() + self.connect_timeout.mul_f32(0.9);
        let connecting = self.connect(address, role, &name, deadline);
        let in_clear = || {
            Err(Fault::Final(Error::Tls {
                endpoint: name.clone(),
                reason: "the server answers, but without TLS".to_owned(),
            }))
        };
        let connecting = tokio::time::timeout(self.connect_timeout, connecting);
        let connecting = waiting::answer(|| name.clone(), self.connect_timeout, connecting);
        tokio::select! {
            connected = connecting => connected.unwrap_or_else(|_| {
                Err(Fault::Unreachable(Error::Timeout {
                    endpoint: name.clone(),
                    command: "connect".to_owned(),
                    after: self.connect_timeout,
                }))
            }),
            () = self.hears_no_tls(address) => in_clear(),
        }
    }

    /// Returns if the server does not speak TLS and is waiting for more input; it takes the TLS hello for the start
    /// of a long line. Never returns if it speaks TLS, or if TLS is off.
    async fn hears_no_tls(&self, address: &NodeAddress) {
        if self.tls.is_some() {
            tokio::time::sleep(HANDSHAKE).await;
            if self.speaks_in_clear(address).await {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    async fn connect(
        &self,
        address: &NodeAddress,
        role: Role,
        name: &str,
        deadline: Instant,
    ) -> Result<Connection, Fault> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(Some(self.timeout));
        let optional = !self.is_bare();
        let connection = self.open(address, &config, name).await?;
        match self
            .shake_hands(&connection, address, role, deadline, optional)
            .await
        {
            Err(fault @ Fault::Unreachable(Error::Connect { .. })) if optional => {
                // twemproxy closes the connection at CLIENT.
                let connection = self.open(address, &config, name).await;
                let connection = connection.map_err(|_| fault.clone())?;
                let done = self
                    .shake_hands(&connection, address, role, deadline, false)
                    .await;
                done.map_err(|_| fault)?;
                log::info!("`{name}` hangs up at CLIENT SETNAME: connected without it");
                self.bare.store(true, Ordering::Relaxed);
                Ok(connection)
            }
            Err(fault) => Err(fault),
            Ok(()) => Ok(connection),
        }
    }

    async fn open(
        &self,
        address: &NodeAddress,
        config: &AsyncConnectionConfig,
        name: &str,
    ) -> Result<Connection, Fault> {
        let announced = self.announced(address);
        let opened = self.open_as(address, config, name, announced.as_deref());
        match opened.await {
            // The certificate may name the address instead.
            Err(fault @ Fault::Final(Error::Tls { .. })) if announced.is_some() => {
                let opened = self.open_as(address, config, name, None).await;
                opened.map_err(|_| fault)
            }
            opened => opened,
        }
    }

    async fn open_as(
        &self,
        address: &NodeAddress,
        config: &AsyncConnectionConfig,
        name: &str,
        announced: Option<&str>,
    ) -> Result<Connection, Fault> {
        let mut config = config.clone();
        let client = self.client(address, announced, &mut config);
        let client = client.map_err(|error| self.cannot_connect(&error, name))?;
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let driver = connecting.await;
        let driver = driver.map_err(|error| self.cannot_connect(&error, name))?;
        Ok(Connection::new(driver, name, self.timeout))
    }

    /// Stores the hostnames that a cluster announces for its addresses.
    pub(crate) fn learn(&self, names: AnnouncedNames) {
        let mut known = self.names.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(names);
    }

    /// Returns the hostname that the cluster announces for this address.
    fn announced(&self, address: &NodeAddress) -> Option<String> {
        let NodeAddress::Tcp(node) = address else {
            return None;
        };
        let known = self.names.read().unwrap_or_else(PoisonError::into_inner);
        known.get(node).cloned()
    }

    fn client(
        &self,
        address: &NodeAddress,
        announced: Option<&str>,
        config: &mut AsyncConnectionConfig,
    ) -> redis::RedisResult<Client> {
        let address = match (address, &self.tls) {
            (NodeAddress::Tcp(node), Some(tls)) => {
                let name = tls.name(node, announced);
                if name != node.host {
                    *config = config
                        .clone()
                        .set_dns_resolver(FixedHostResolver(node.host.clone()));
                }
                return tls.client(node, name);
            }
            (NodeAddress::Tcp(node), None) => ConnectionAddr::Tcp(node.host.clone(), node.port),
            (NodeAddress::Unix(path), _) => ConnectionAddr::Unix(path.clone()),
        };
        Client::open(plain(address.into_connection_info()?))
    }

    /// Returns the error that a server sends unasked before it closes the connection, because it is full or refuses
    /// clients. The driver drops unsolicited replies, so this opens its own connection. Only without TLS, where such
    /// a reply is readable.
    pub(crate) async fn peek_error(&self, address: &NodeAddress) -> Option<String> {
        if self.tls.is_some() {
            return None;
        }
        let words = first_reply(address, b"").await;
        let line = words.lines().next()?.strip_prefix('-')?;
        Some(line.strip_prefix("ERR ").unwrap_or(line).to_owned())
    }

    /// True if a server that hangs on our TLS hello answers plain text: it takes the hello for the start of a long
    /// line and waits for the rest.
    async fn speaks_in_clear(&self, address: &NodeAddress) -> bool {
        let words = first_reply(address, b"PING\r\n").await;
        words.starts_with(['+', '-'])
    }

    /// Classifies a failed connection.
    pub(crate) fn cannot_connect(&self, error: &RedisError, name: &str) -> Fault {
        let endpoint = name.to_owned();
        if self.tls.is_some() {
            if let Some(reason) = complaint(error) {
                return Fault::Final(Error::Tls { endpoint, reason });
            }
            if error.is_connection_dropped() && !error.is_connection_refusal() {
                // A peer that closes on the TLS hello usually does not speak TLS, but it may also have just died.
                let reason = format!("the server hung up: {}", describe(error));
                return Fault::Unreachable(Error::Tls { endpoint, reason });
            }
        }
        if error.is_timeout() {
            return Fault::Unreachable(Error::Timeout {
                endpoint,
                command: "connect".to_owned(),
                after: self.timeout,
            });
        }
        let reason = match error.kind() {
            redis::ErrorKind::Parse => "the server there is neither Valkey nor Redis".to_owned(),
            _ => describe(error),
        };
        Fault::Unreachable(Error::Connect {
            endpoint,
            reason,
            source: Some(Arc::new(error.clone())),
        })
    }
}

/// Returns the first reply on a new connection; empty if there is none for a while.
async fn first_reply(address: &NodeAddress, hello: &[u8]) -> String {
    async fn talk(
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        hello: &[u8],
    ) -> std::io::Result<Vec<u8>> {
        stream.write_all(hello).await?;
        let mut words = [0; 512];
        let length = stream.read(&mut words).await?;
        Ok(words.get(..length).unwrap_or_default().to_vec())
    }
    let talking = async {
        match address {
            NodeAddress::Tcp(node) => {
                let address = (node.host.as_str(), node.port);
                talk(TcpStream::connect(address).await?, hello).await
            }
            NodeAddress::Unix(path) => talk(UnixStream::connect(path).await?, hello).await,
        }
    };
    match tokio::time::timeout(Duration::from_millis(200), talking).await {
        Ok(Ok(words)) => String::from_utf8_lossy(&words).into_owned(),
        _ => String::new(),
    }
}
