//! Checks what the user may do on a server, without doing it.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::connect::{Fault, Role};
use crate::store::net::connection::Connection;
use crate::store::net::reply::{array, failure, number, text};
use futures_util::future::join_all;
use redis::{Cmd, Pipeline, Value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// The user may run it.
    Granted,
    /// The user may not run it.
    Denied,
    /// The user may run it, but not on this key.
    DeniedKey,
    /// The server does not know it.
    Unknown,
    /// It could not be tried.
    Untried,
}

/// Condition of one server.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// Host and port, or socket.
    pub addr: String,
    /// INFO; `None` if it is refused.
    pub info: Option<crate::domain::stats::info::Info>,
    /// Server time in Unix seconds; `None` if it is refused.
    pub time: Option<u64>,
    /// The server cannot save to its disk. It then refuses every write, and PING.
    pub cannot_save: bool,
}

impl Store {
    /// Returns the number of slots of the cluster that no server owns.
    pub fn uncovered_slots(&self) -> u16 {
        self.topology().uncovered()
    }

    /// Returns the condition of each primary.
    pub async fn conditions(&self) -> Vec<Result<Condition, Error>> {
        let topology = self.topology();
        let each = topology.shards.iter().map(async |shard| {
            let connection = self
                .inner
                .connection(&shard.primary, self.primary_role())
                .await;
            condition(&connection.map_err(Fault::into_error)?).await
        });
        join_all(each).await
    }

    /// Checks whether the user may run each of the commands. They are queued in a transaction that is never executed.
    /// If the user may not start one, or the server refuses some commands in it, only the `harmless` commands are run. The last three results are those of WATCH
    /// on `key`, MULTI and EXEC.
    pub async fn permissions(
        &self,
        commands: &[(Vec<String>, bool)],
        key: &str,
    ) -> Result<Vec<Permission>, Error> {
        // On a separate connection, because the transaction ends with the connection.
        let apart = self.apart();
        let connection = apart.own_connection().await?;
        let mut pipeline = Pipeline::new();
        pipeline.cmd("WATCH").arg(key);
        pipeline.cmd("MULTI");
        pipeline.cmd("EXEC");
        let replies = connection.exchange(&pipeline, "MULTI").await?;
        let mut transaction: Vec<Permission> = replies
            .iter()
            .map(|reply| judge(reply, &connection))
            .collect();
        let mut queues = transaction.get(1) == Some(&Permission::Granted);
        if !queues {
            // Outside of a transaction, EXEC fails for that reason if it is permitted.
            transaction.truncate(2);
            let exec = replies
                .get(2)
                .map_or(Permission::Untried, |reply| judge(reply, &connection));
            transaction.push(exec);
        }
        // A proxy that closes the connection at CLIENT lets the user do without.
        let sent = |words: &[String], harmless: bool, queues: bool| {
            let client = words.first().is_some_and(|word| word == "CLIENT");
            (queues || harmless) && !(client && apart.inner.dialer.is_bare())
        };
        let ask = async |connection: &Connection, queues: bool| {
            let mut pipeline = Pipeline::new();
            if queues {
                pipeline.cmd("MULTI");
            }
            let asked = commands.iter();
            for (words, _) in asked.filter(|(words, harmless)| sent(words, *harmless, queues)) {
                let mut command = Cmd::new();
                for word in words {
                    command.arg(word);
                }
                pipeline.add_command(command);
            }
            connection.exchange(&pipeline, "MULTI").await
        };
        let mut replies = ask(&connection, queues).await?;
        if queues && replies.iter().any(refuses_inside) {
            // The service takes the command, but not in a transaction.
            queues = false;
            let connection = self.apart().own_connection().await?;
            replies = ask(&connection, queues).await?;
        }
        let mut replies = replies.iter().skip(usize::from(queues));
        let mut found: Vec<Permission> = commands
            .iter()
            .map(|(words, harmless)| {
                let reply = if sent(words, *harmless, queues) {
                    replies.next()
                } else {
                    None
                };
                reply.map_or(Permission::Untried, |reply| judge(reply, &connection))
            })
            .collect();
        found.append(&mut transaction);
        Ok(found)
    }

    async fn own_connection(&self) -> Result<Connection, Error> {
        let topology = self.topology();
        let first = topology
            .shards
            .first()
            .ok_or_else(|| Error::Settings(format!("`{}` has no primary", self.endpoint())))?;
        let connection = self.inner.connection(&first.primary, Role::Any).await;
        connection.map_err(Fault::into_error)
    }
}

async fn condition(connection: &Connection) -> Result<Condition, Error> {
    let mut pipeline = Pipeline::new();
    pipeline.cmd("INFO");
    pipeline.cmd("TIME");
    pipeline.cmd("PING");
    let mut replies = connection.exchange(&pipeline, "INFO").await?.into_iter();
    let info = replies.next().and_then(text);
    let time = replies.next().and_then(array).and_then(|parts| {
        let seconds = parts.into_iter().next()?;
        number(&seconds).or_else(|| text(seconds)?.parse().ok())
    });
    let ping = replies.next();
    let cannot_save = matches!(ping, Some(Value::ServerError(error)) if error.code() == "MISCONF");
    Ok(Condition {
        addr: connection.name().to_owned(),
        info: info.map(|info| crate::domain::stats::info::Info::parse(&info)),
        time,
        cannot_save,
    })
}

/// True for the refusal of a command that the server takes outside of a transaction.
fn refuses_inside(reply: &Value) -> bool {
    let Value::ServerError(error) = reply else {
        return false;
    };
    let text = error.details().unwrap_or_default().to_lowercase();
    error.code() == "ERR" && (text.contains("transaction") || text.contains("multi"))
}

fn judge(reply: &Value, connection: &Connection) -> Permission {
    let Value::ServerError(error) = reply else {
        return Permission::Granted;
    };
    // This is how servers report that EXEC is not permitted.
    let aborted = error.code() == "EXECABORT";
    if aborted
        && error
            .details()
            .is_some_and(|detail| detail.contains("NOPERM"))
    {
        return Permission::Denied;
    }
    match failure(error, "", &[], connection.name()) {
        Error::Denied { reason, .. } if reason.contains(" access ") => Permission::DeniedKey,
        Error::Denied { .. } => Permission::Denied,
        Error::Refused { reason, .. } if reason.to_lowercase().contains("unknown subcommand") => {
            Permission::Unknown
        }
        error if error.is_unknown_syntax() => Permission::Unknown,
        // Any other error comes after the permission check.
        _ => Permission::Granted,
    }
}
