//! The store: connections to all servers that hold the cache, and the factory that opens them.

use crate::store::embedded::server::Embedded;
use crate::store::error::Error;
use crate::store::net::connect::{Dialer, Fault, Role};
use crate::store::net::connection::Connection;
use crate::store::options::{Deployment, Options, ReadFrom};
use crate::waiting::RetryPauses;

use crate::store::options::NodeAddress;
use crate::store::topology::Topology;
use crate::store::unsupported::Unsupported;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Pause between attempts to find the servers at the start.
const SETTLE: Duration = Duration::from_millis(100);

/// A connection to Valkey: one server, sentinels or a cluster. Cheap to clone; clones share the connections.
///
/// A failed connection is never reused. Idempotent requests are retried on a new connection; with several servers,
/// the topology is refreshed first.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
    pub(crate) reads: ReadFrom,
}

/// State shared by the clones.
pub(crate) struct Inner {
    pub options: Options,
    pub dialer: Arc<Dialer>,
    pub sentinels: Option<Arc<Dialer>>,
    topology: RwLock<Arc<Topology>>,
    refreshing: tokio::sync::Mutex<()>,
    connections: Mutex<HashMap<(NodeAddress, Role), Arc<Slot>>>,
    /// Idle connections for transactions with WATCH.
    exclusive: Mutex<Vec<Connection>>,
    embedded: Mutex<Option<Embedded>>,
    /// Spreads readers over the replicas.
    pub offset: usize,
    /// Commands that this server does not have.
    pub unsupported: Unsupported,
    /// Set once it is known whether the server takes transactions.
    pub transactions: tokio::sync::OnceCell<()>,
    /// Keys of marks that had another type.
    pub replaced_marks: Mutex<BTreeSet<String>>,
}

/// Slot for one connection.
#[derive(Default)]
struct Slot {
    connection: Mutex<Option<Connection>>,
    /// Held by the task that connects; other tasks wait for it.
    dialing: tokio::sync::Mutex<()>,
}

impl Slot {
    /// Returns the connection if it is open.
    fn live(&self) -> Option<Connection> {
        lock(&self.connection).clone().filter(Connection::current)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.endpoint()).finish()
    }
}

impl Store {
    /// Connects: starts the embedded server if needed, finds the primaries, and completes a handshake with the
    /// primary (in a cluster with one of the nodes). Bounded by the connect timeout; with sentinels or a cluster by
    /// the time of a failover; with `embedded:` by its own timeouts.
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        check(options)?;
        let dialer = Arc::new(Dialer::new(options).await?);
        let sentinels = match &options.target {
            Deployment::Sentinel {
                username, password, ..
            } => Some(Arc::new(
                dialer.for_sentinels(username.clone(), password.clone()),
            )),
            _ => None,
        };
        let embedded = match &options.target {
            Deployment::Embedded { dir, server, wait } => {
                Some(Embedded::start(dir, server.as_deref(), *wait).await?)
            }
            _ => None,
        };
        let store = Self {
            inner: Arc::new(Inner::new(options, dialer, sentinels, embedded)),
            reads: ReadFrom::Primary,
        };
        match store.settle().await {
            Ok(()) => {
                if let Some(embedded) = lock(&store.inner.embedded).as_mut() {
                    embedded.is_used();
                }
                Ok(store)
            }
            Err(error) => {
                // Report the first error rather than a failed shutdown.
                let _ = store.close().await;
                Err(error)
            }
        }
    }

    /// Waits for a primary that answers. A failover in progress gets as much time as a later one; a missing server
    /// does not.
    async fn settle(&self) -> Result<(), Error> {
        let began = Instant::now();
        let options = &self.inner.options;
        let limit = crate::store::net::retry::limit(options).max(options.connect_timeout);
        let mut pauses = RetryPauses::new();
        loop {
            let fault = match self.inner.first_view().await {
                Ok(()) => return Ok(()),
                Err(Fault::Final(error)) => return Err(error),
                Err(fault) => fault,
            };
            let hopeful = self.can_fail_over() && !self.inner.topology().shards.is_empty();
            if !hopeful || began.elapsed() >= limit {
                return Err(fault.into_error());
            }
            let left = limit.saturating_sub(began.elapsed());
            pauses.announce(&fault.into_error(), SETTLE, Some(left));
            tokio::time::sleep(SETTLE).await;
        }
    }

    /// Name of these servers in reports and errors, without credentials.
    pub fn endpoint(&self) -> String {
        self.inner.options.endpoint()
    }

    /// Returns the same store with reads sent where `read_from` says. For reads that may be slightly outdated:
    /// inspecting, statistics, the scan of a dry run.
    pub fn reader(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            reads: self.inner.options.read_from,
        }
    }

    /// True if reads do not update the idle time of keys.
    pub(crate) fn reads_without_touch(&self) -> bool {
        self.inner.dialer.knows_no_touch.get() == Some(&true)
    }

    /// Returns a store for the same servers with its own connections, for work that runs in parallel: the driver
    /// parses all replies of a connection before it returns the first one. Only the original store can be closed.
    pub fn apart(&self) -> Self {
        let inner = &self.inner;
        let (dialer, sentinels) = (Arc::clone(&inner.dialer), inner.sentinels.clone());
        Self {
            inner: Arc::new(Inner {
                topology: RwLock::new(inner.topology()),
                offset: inner.offset,
                ..Inner::new(&inner.options, dialer, sentinels, None)
            }),
            reads: self.reads,
        }
    }

    /// Stops the embedded server (SHUTDOWN SAVE) and waits for it; otherwise does nothing. Call it at the end of
    /// every command, even after an error.
    pub async fn close(self) -> Result<(), Error> {
        let embedded = lock(&self.inner.embedded).take();
        let Some(embedded) = embedded else {
            return Ok(());
        };
        let connection = self
            .inner
            .connection(&NodeAddress::Unix(embedded.socket().to_owned()), Role::Any)
            .await
            .map_err(Fault::into_error);
        embedded.end(connection).await
    }

    /// True if another server can take over from a lost one.
    pub(crate) fn can_fail_over(&self) -> bool {
        matches!(
            self.inner.options.target,
            Deployment::Sentinel { .. } | Deployment::Cluster(_)
        )
    }

    /// Returns the current topology.
    pub(crate) fn topology(&self) -> Arc<Topology> {
        self.inner.topology()
    }

    /// True if the keys are spread over several primaries.
    pub(crate) fn clustered(&self) -> bool {
        matches!(self.inner.options.target, Deployment::Cluster(_))
    }

    /// Role to check when connecting to primaries.
    pub(crate) fn primary_role(&self) -> Role {
        match self.inner.options.target {
            Deployment::Sentinel { .. } => Role::Primary,
            _ => Role::Any,
        }
    }

    /// Role to check when connecting to replicas.
    pub(crate) fn replica_role(&self) -> Role {
        if self.clustered() {
            Role::ClusterReplica
        } else {
            Role::Replica
        }
    }
}

impl Inner {
    fn new(
        options: &Options,
        dialer: Arc<Dialer>,
        sentinels: Option<Arc<Dialer>>,
        embedded: Option<Embedded>,
    ) -> Self {
        Self {
            options: options.clone(),
            dialer,
            sentinels,
            topology: RwLock::default(),
            refreshing: tokio::sync::Mutex::default(),
            connections: Mutex::default(),
            exclusive: Mutex::default(),
            embedded: Mutex::new(embedded),
            offset: fastrand::usize(..1 << 16),
            unsupported: Unsupported::default(),
            transactions: tokio::sync::OnceCell::new(),
            replaced_marks: Mutex::default(),
        }
    }

    /// Returns the current topology.
    pub(crate) fn topology(&self) -> Arc<Topology> {
        Arc::clone(&self.topology.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn first_view(&self) -> Result<(), Fault> {
        self.refresh(self.topology().epoch).await?;
        let topology = self.topology();
        let role = match self.options.target {
            // A node has just returned the slots, so it answers.
            Deployment::Cluster(_) => return Ok(()),
            // The primary may be dead, and the replicas answer.
            Deployment::Sentinel { .. } if self.options.read_from == ReadFrom::Replica => {
                return Ok(());
            }
            Deployment::Sentinel { .. } => Role::Primary,
            _ => Role::Any,
        };
        for shard in &topology.shards {
            self.connection(&shard.primary, role).await?;
        }
        Ok(())
    }

    /// Refreshes the topology, unless another task did so since the epoch `seen`.
    pub(crate) async fn refresh(&self, seen: u64) -> Result<(), Fault> {
        let _one_at_a_time = self.refreshing.lock().await;
        if self.topology().epoch > seen {
            return Ok(());
        }
        let shards = self.discover().await?;
        for shard in &shards {
            log::debug!("`{}` is a primary", shard.primary);
        }
        let fresh = Topology::new(seen + 1, shards);
        *self
            .topology
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(())
    }

    /// Returns the connection to a server, connecting if needed.
    pub(crate) async fn connection(
        &self,
        address: &NodeAddress,
        role: Role,
    ) -> Result<Connection, Fault> {
        let slot = Arc::clone(
            lock(&self.connections)
                .entry((address.clone(), role))
                .or_default(),
        );
        // Look first without waiting for the lock. A task that has used up its budget acquires the lock without
        // running, and all others would wait until it is polled again.
        if let Some(connection) = slot.live() {
            return Ok(connection);
        }
        // A task that finds another one connecting waits for it and then makes its own attempt.
        let limit = self.dialer.connect_timeout.saturating_mul(2);
        let made = async {
            let _dialing = slot.dialing.lock().await;
            if let Some(connection) = slot.live() {
                return Ok(connection);
            }
            let connection = self.dial(address, role).await?;
            log::info!("connected to `{}`", connection.name());
            *lock(&slot.connection) = Some(connection.clone());
            Ok(connection)
        };
        match tokio::time::timeout(limit, made).await {
            Ok(connection) => connection,
            Err(_) => Err(Fault::Unreachable(Error::Timeout {
                endpoint: self.dialer.name(address),
                command: "connect".to_owned(),
                after: limit,
            })),
        }
    }

    /// Connects. Gives up on a primary once the sentinels name another one: a hanging primary would use up the time
    /// for finding its successor.
    pub(crate) async fn dial(
        &self,
        address: &NodeAddress,
        role: Role,
    ) -> Result<Connection, Fault> {
        let dialing = self.dialer.dial(address, role);
        if role != Role::Primary {
            return dialing.await;
        }
        tokio::select! {
            connection = dialing => connection,
            () = self.replaced(address) => Err(Fault::Unreachable(Error::Connect {
                endpoint: self.dialer.name(address),
                reason: "it does not answer, and the sentinels name another primary".to_owned(),
                source: None,
            })),
        }
    }

    pub(crate) fn take_exclusive(&self) -> Option<Connection> {
        lock(&self.exclusive).pop()
    }

    /// Keeps an idle connection that watches nothing.
    pub(crate) fn keep_exclusive(&self, connection: Connection) {
        lock(&self.exclusive).push(connection);
    }

    /// Closes the idle connections, because another server may have become the primary.
    pub(crate) fn close_exclusive(&self) {
        lock(&self.exclusive).clear();
    }

    /// True if there is an open connection to the server.
    pub(crate) fn connected(&self, address: &NodeAddress) -> bool {
        let slot = lock(&self.connections)
            .get(&(address.clone(), Role::Any))
            .map(Arc::clone);
        slot.is_some_and(|slot| slot.live().is_some())
    }

    /// Returns the socket of the embedded server while it runs.
    pub(crate) fn embedded_socket(&self) -> Option<PathBuf> {
        lock(&self.embedded)
            .as_ref()
            .map(|embedded| embedded.socket().to_owned())
    }
}

fn check(options: &Options) -> Result<(), Error> {
    let refuse = |reason: &str| Err(Error::Settings(reason.to_owned()));
    match &options.target {
        Deployment::Cluster(_) if options.db != 0 => {
            refuse("a cluster has only database 0: leave `--db` out")
        }
        Deployment::Unix(_) | Deployment::Embedded { .. } if options.tls.is_some() => {
            refuse("TLS is not spoken on a unix socket: leave `--tls` out")
        }
        Deployment::Sentinel { sentinels, .. } if sentinels.is_empty() => {
            refuse("sentinel mode needs at least one `--sentinel HOST:PORT`")
        }
        Deployment::Cluster(nodes) if nodes.is_empty() => {
            refuse("cluster mode needs at least one `--node HOST:PORT`")
        }
        _ => Ok(()),
    }
}

/// Locks a mutex, ignoring poisoning.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
