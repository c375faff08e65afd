//! One connection to one server: DNS, TCP or socket, TLS, credentials, name, first answer.

use super::error::Error;
use super::options::{Options, Target};
use super::reply::{failure, not_ready};
use super::tls::{Material, complaint};
use super::topology::Address;
use crate::domain::secret::Secret;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    Pipeline, RedisConnectionInfo, RedisError, Value,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The name under which servers list our connections.
const CLIENT_NAME: &str = "alecs-cache";

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// Any server that answers.
    Any,
    /// A server that must say of itself that it is a primary.
    Primary,
    /// A replica of a cluster, which answers reads only when told that they may be old.
    ClusterReplica,
}

/// Why a connection could not be made.
pub(super) enum Fault {
    /// Trying again will not help.
    Final(Error),
    /// The server answers but is not (or no longer) what it was taken for.
    Demoted(Error),
    /// Not reachable now.
    Gone(Error),
}

impl Fault {
    pub fn into_error(self) -> Error {
        match self {
            Self::Final(error) | Self::Demoted(error) | Self::Gone(error) => error,
        }
    }
}

/// Makes connections, all in the same way.
pub(super) struct Dialer {
    username: Option<String>,
    password: Option<Secret>,
    db: u32,
    tls: Option<Material>,
    connect_timeout: Duration,
    timeout: Duration,
    /// What to call the server where there is only one.
    name: Option<String>,
}

impl Dialer {
    /// Connects to data nodes.
    pub fn new(options: &Options) -> Result<Self, Error> {
        let single = !matches!(options.target, Target::Sentinel { .. } | Target::Cluster(_));
        Ok(Self {
            username: options.username.clone(),
            password: options.password.clone(),
            db: options.db,
            tls: options.tls.as_ref().map(Material::read).transpose()?,
            connect_timeout: options.connect_timeout,
            timeout: options.timeout,
            name: single.then(|| options.endpoint()),
        })
    }

    /// Connects to sentinels, which have credentials of their own and no databases.
    pub fn for_sentinels(
        options: &Options,
        username: Option<String>,
        password: Option<Secret>,
    ) -> Result<Self, Error> {
        Ok(Self {
            username,
            password,
            db: 0,
            ..Self::new(options)?
        })
    }

    /// What people call the server at this address.
    pub fn name(&self, address: &Address) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => address.to_string(),
        }
    }

    /// The limit for [`Dialer::dial`].
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Connects, all steps within the limit for connecting.
    pub async fn dial(&self, address: &Address, role: Role) -> Result<Link, Fault> {
        let name = self.name(address);
        tokio::time::timeout(self.connect_timeout, self.connect(address, role, &name))
            .await
            .unwrap_or_else(|_| {
                Err(Fault::Gone(Error::Timeout {
                    endpoint: name,
                    command: "connect".to_owned(),
                    after: self.connect_timeout,
                }))
            })
    }

    async fn connect(&self, address: &Address, role: Role, name: &str) -> Result<Link, Fault> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(Some(self.timeout));
        let connection = match self.client(address) {
            Ok(client) => client
                .get_multiplexed_async_connection_with_config(&config)
                .await
                .map_err(|error| self.cannot_connect(&error, name))?,
            Err(error) => return Err(self.cannot_connect(&error, name)),
        };
        let link = Link {
            connection,
            name: name.into(),
            timeout: self.timeout,
            dead: Arc::new(AtomicBool::new(false)),
        };
        self.greet(&link, role).await?;
        Ok(link)
    }

    fn client(&self, address: &Address) -> redis::RedisResult<Client> {
        let address = match (address, &self.tls) {
            (Address::Tcp(node), Some(tls)) => return tls.client(node),
            (Address::Tcp(node), None) => ConnectionAddr::Tcp(node.host.clone(), node.port),
            (Address::Unix(path), _) => ConnectionAddr::Unix(path.clone()),
        };
        Client::open(plain(address.into_connection_info()?))
    }

    /// Credentials, database, name and a first answer, all in one round trip. The commands are sent
    /// as single ones, not as a pipeline: a server that refuses us answers once and hangs up, and
    /// that one answer has to be read.
    async fn greet(&self, link: &Link, role: Role) -> Result<(), Fault> {
        let mut steps = Vec::new();
        if self.password.is_some() || self.username.is_some() {
            let mut auth = redis::cmd("AUTH");
            if let Some(username) = &self.username {
                auth.arg(username);
            }
            auth.arg(self.password.as_ref().map_or("", Secret::reveal));
            steps.push((Step::Auth, auth));
        }
        if self.db != 0 {
            let mut select = redis::cmd("SELECT");
            select.arg(self.db);
            steps.push((Step::Select, select));
        }
        let mut naming = redis::cmd("CLIENT");
        naming.arg("SETNAME").arg(CLIENT_NAME);
        steps.push((Step::Optional, naming));
        match role {
            Role::Any => steps.push((Step::Alive, redis::cmd("PING"))),
            Role::Primary => steps.push((Step::Primary, redis::cmd("ROLE"))),
            Role::ClusterReplica => steps.push((Step::Alive, redis::cmd("READONLY"))),
        }
        let answers = join_all(steps.iter().map(|(_, command)| link.raw(command))).await;
        if let Some(error) = answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .min_by_key(|error| complaint(error).is_none())
        {
            // An answer before the end says more than the end: `max number of clients reached`.
            let refused = steps
                .iter()
                .zip(&answers)
                .find_map(|((step, command), answer)| {
                    let answer = answer.as_ref().ok()?;
                    self.judge(step, command, answer, link).err()
                });
            return Err(refused.unwrap_or_else(|| self.cannot_connect(error, &link.name)));
        }
        for ((step, command), answer) in steps.iter().zip(answers) {
            if let Ok(answer) = answer
                && let Err(fault) = self.judge(step, command, &answer, link)
            {
                match fault {
                    Fault::Gone(Error::Refused { .. }) => {
                        self.wait_until_ready(link, command).await?;
                    }
                    fault => return Err(fault),
                }
            }
        }
        Ok(())
    }

    /// A server that loads its data says so; it is asked again until it is ready or the time for
    /// connecting is over.
    async fn wait_until_ready(&self, link: &Link, command: &Cmd) -> Result<(), Fault> {
        let deadline = tokio::time::Instant::now() + self.connect_timeout.mul_f32(0.9);
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let answer = link
                .raw(command)
                .await
                .map_err(|error| self.cannot_connect(&error, &link.name))?;
            let step = match name_of(command).as_str() {
                "ROLE" => Step::Primary,
                _ => Step::Alive,
            };
            match self.judge(&step, command, &answer, link) {
                Err(Fault::Gone(error @ Error::Refused { .. })) => {
                    if tokio::time::Instant::now() >= deadline {
                        return Err(Fault::Gone(error));
                    }
                }
                other => return other,
            }
        }
    }

    fn judge(&self, step: &Step, command: &Cmd, answer: &Value, link: &Link) -> Result<(), Fault> {
        let Value::ServerError(refusal) = answer else {
            return match step {
                Step::Primary => primary(answer, &link.name),
                _ => Ok(()),
            };
        };
        let detail = refusal.details().unwrap_or_default();
        let error = failure(refusal, &name_of(command), &[], &link.name);
        match step {
            Step::Auth if detail.contains("without any password configured") => {
                // What other clients of the same server do: a password too many is no reason to
                // stop.
                log::warn!(
                    "`{}` does not ask for a password: the one given is not used",
                    link.name
                );
                Ok(())
            }
            Step::Auth if matches!(error, Error::Connect { .. }) => Err(Fault::Gone(error)),
            Step::Auth => Err(Fault::Final(Error::Auth {
                endpoint: link.name.to_string(),
                reason: format!("{} {detail}", refusal.code()),
            })),
            Step::Select => Err(Fault::Final(match error {
                Error::Refused {
                    endpoint, reason, ..
                } => Error::Settings(format!(
                    "database {} of `{endpoint}` cannot be used: {reason}",
                    self.db
                )),
                error => error,
            })),
            Step::Optional => Ok(()),
            _ if matches!(error, Error::Connect { .. }) => Err(Fault::Gone(error)),
            _ if matches!(error, Error::Auth { .. }) => Err(Fault::Final(error)),
            // Who may not PING is connected all the same.
            Step::Alive if matches!(error, Error::Denied { .. }) => Ok(()),
            _ if not_ready(refusal.code()) => Err(Fault::Gone(error)),
            _ => Err(Fault::Final(error)),
        }
    }

    fn cannot_connect(&self, error: &RedisError, name: &str) -> Fault {
        let endpoint = name.to_owned();
        if self.tls.is_some() {
            if let Some(reason) = complaint(error) {
                return Fault::Final(Error::Tls { endpoint, reason });
            }
            if error.is_connection_dropped() && !error.is_connection_refusal() {
                // A peer that hangs up on our first words mostly does not speak TLS, but it may as
                // well have died just now.
                let reason = format!("the server hung up: {}", describe(error));
                return Fault::Gone(Error::Tls { endpoint, reason });
            }
        }
        if error.is_timeout() {
            return Fault::Gone(Error::Timeout {
                endpoint,
                command: "connect".to_owned(),
                after: self.timeout,
            });
        }
        let reason = match error.kind() {
            redis::ErrorKind::Parse => "what answers there is no Valkey or Redis server".to_owned(),
            _ => describe(error),
        };
        Fault::Gone(Error::Connect { endpoint, reason })
    }
}

/// What a step of the greeting is for.
enum Step {
    Auth,
    Select,
    Optional,
    Alive,
    Primary,
}

fn name_of(command: &Cmd) -> String {
    match command.args_iter().next() {
        Some(redis::Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    }
}

fn primary(answer: &Value, name: &str) -> Result<(), Fault> {
    let role = match answer {
        Value::Array(parts) => parts.first().cloned().and_then(super::reply::text),
        _ => None,
    };
    match role.as_deref() {
        Some("master") => Ok(()),
        _ => Err(Fault::Demoted(Error::ReadOnly {
            endpoint: name.to_owned(),
        })),
    }
}

/// Settings without credentials and without the driver's own greeting, which would cost a round
/// trip and hide the server's reasons.
pub(super) fn plain(info: ConnectionInfo) -> ConnectionInfo {
    info.set_tcp_settings(TcpSettings::default().set_nodelay(true))
        .set_redis_settings(RedisConnectionInfo::default().set_skip_set_lib_name())
}

/// The cause, without the driver's categories around it.
fn describe(error: &RedisError) -> String {
    match std::error::Error::source(error) {
        Some(source) => lower(&source.to_string()),
        None => lower(error.detail().unwrap_or(error.category())),
    }
}

/// `Connection refused (os error 111)` becomes `connection refused`.
fn lower(text: &str) -> String {
    let text = text.split(" (os error").next().unwrap_or(text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A connection that stands. Clones share it.
#[derive(Clone)]
pub(super) struct Link {
    connection: MultiplexedConnection,
    name: Arc<str>,
    timeout: Duration,
    /// Set at the first failure: what is sent on it afterwards would queue up behind a command that
    /// is never answered.
    dead: Arc<AtomicBool>,
}

impl Link {
    /// What people call the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may still be used.
    pub fn alive(&self) -> bool {
        !self.dead.load(Ordering::Relaxed)
    }

    async fn raw(&self, command: &Cmd) -> Result<Value, RedisError> {
        self.connection.clone().send_packed_command(command).await
    }

    /// Sends one command; an error reply is an answer.
    pub async fn command(&self, command: &Cmd) -> Result<Value, Error> {
        self.raw(command)
            .await
            .map_err(|error| self.fail(&error, &name_of(command)))
    }

    /// Sends all commands at once and waits for all replies; an error reply is an answer.
    pub async fn exchange(&self, pipeline: &Pipeline, name: &str) -> Result<Vec<Value>, Error> {
        self.connection
            .clone()
            .send_packed_commands(pipeline, 0, pipeline.len())
            .await
            .map_err(|error| self.fail(&error, name))
    }

    fn fail(&self, error: &RedisError, command: &str) -> Error {
        self.dead.store(true, Ordering::Relaxed);
        let endpoint = self.name.to_string();
        if error.is_timeout() {
            Error::Timeout {
                endpoint,
                command: command.to_owned(),
                after: self.timeout,
            }
        } else {
            Error::Lost {
                endpoint,
                reason: describe(error),
            }
        }
    }
}
