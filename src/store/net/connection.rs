//! An open connection and its errors.

use super::batch_size::BatchSize;
use crate::domain::os_error::cause;
use crate::store::error::Error;
use crate::waiting;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{Cmd, ConnectionInfo, Pipeline, RedisConnectionInfo, RedisError, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// An open connection. Clones share it.
#[derive(Clone)]
pub(crate) struct Connection {
    driver: MultiplexedConnection,
    name: Arc<str>,
    timeout: Duration,
    /// Set at the first failure. Later commands would queue behind one that is never answered.
    dead: Arc<AtomicBool>,
    /// The server behind it is no longer a primary.
    retired: Arc<AtomicBool>,
    batch_size: Arc<BatchSize>,
}

impl Connection {
    /// Wraps a connection; `timeout` is the limit that it was opened with.
    pub(crate) fn new(driver: MultiplexedConnection, name: &str, timeout: Duration) -> Self {
        Self {
            driver,
            name: name.into(),
            timeout,
            dead: Arc::default(),
            retired: Arc::default(),
            batch_size: Arc::new(BatchSize::new()),
        }
    }

    /// Name of the server, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Batch size for this server.
    pub(crate) fn batch_size(&self) -> &BatchSize {
        &self.batch_size
    }

    /// True if the connection may still be used.
    pub(crate) fn alive(&self) -> bool {
        !self.dead.load(Ordering::Relaxed)
    }

    /// True if further commands may use it.
    pub(crate) fn current(&self) -> bool {
        self.alive() && !self.retired.load(Ordering::Relaxed)
    }

    /// Retires the connection: the next command opens a new one, which resolves the name again. Those that have this one
    /// get the server's own answer.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Sends one command and returns the driver's own error.
    pub(crate) async fn raw(&self, command: &Cmd) -> Result<Value, RedisError> {
        let mut driver = self.driver.clone();
        self.timed(driver.send_packed_command(command)).await
    }

    /// Sends one command. An error reply is an `Ok` value.
    pub(crate) async fn command(&self, command: &Cmd) -> Result<Value, Error> {
        self.raw(command)
            .await
            .map_err(|error| self.fail(&error, &name_of(command)))
    }

    /// Sends all commands at once and waits for all replies. An error reply is an `Ok` value.
    pub(crate) async fn exchange(
        &self,
        pipeline: &Pipeline,
        name: &str,
    ) -> Result<Vec<Value>, Error> {
        let mut driver = self.driver.clone();
        self.timed(driver.send_packed_commands(pipeline, 0, pipeline.len()))
            .await
            .map_err(|error| self.fail(&error, name))
    }

    /// Waits for a reply and adapts the batch size to the time it took.
    async fn timed<T>(
        &self,
        asked: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, RedisError> {
        let began = Instant::now();
        let answer = waiting::answer(|| self.name.to_string(), self.timeout, asked).await;
        self.batch_size.learn(began.elapsed());
        answer
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
                source: Some(Arc::new(error.clone())),
            }
        }
    }
}

/// Returns the name of a command.
pub(crate) fn name_of(command: &Cmd) -> String {
    match command.args_iter().next() {
        Some(redis::Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    }
}

/// Returns the cause without the driver's categories.
pub(crate) fn describe(error: &RedisError) -> String {
    match std::error::Error::source(error) {
        Some(source) => cause(source),
        None => cause(error.detail().unwrap_or(error.category())),
    }
}

/// Settings without credentials and without the driver's own handshake, which would cost a round trip and hide the
/// server's errors.
pub(crate) fn plain(info: ConnectionInfo) -> ConnectionInfo {
    info.set_tcp_settings(TcpSettings::default().set_nodelay(true))
        .set_redis_settings(RedisConnectionInfo::default().set_skip_set_lib_name())
}
