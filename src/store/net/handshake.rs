//! The handshake on a new connection: credentials, database, client name, and whether the server is ready.

use crate::domain::secret::Secret;
use crate::store::error::{Error, NO_DATABASE};
use crate::store::net::connect::{Dialer, Fault, Role};
use crate::store::net::connection::{Connection, name_of};
use crate::store::net::reply::{failure, text};
use crate::store::net::tls::complaint;
use crate::store::options::NodeAddress;
use futures_util::future::join_all;
use futures_util::poll;
use redis::{Cmd, Value};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Client name that servers list.
const CLIENT_NAME: &str = "alecs-cache";

/// Purpose of a step of the handshake.
#[derive(Clone, Copy)]
enum HandshakeStep {
    Auth,
    Select,
    Optional,
    Learn,
    Alive,
    Primary,
    Replica,
}

impl Dialer {
    /// Sends credentials, database, name and a first command in one round trip. They are single commands rather than
    /// a pipeline: a server that refuses the client answers once and closes, and that answer has to be read. A server
    /// that is not ready is asked again until `deadline`. Without `optional`, only the required commands are sent.
    pub(crate) async fn shake_hands(
        &self,
        connection: &Connection,
        address: &NodeAddress,
        role: Role,
        deadline: Instant,
        optional: bool,
    ) -> Result<(), Fault> {
        let mut steps = Vec::new();
        if self.password.is_some() || self.username.is_some() {
            let mut auth = redis::cmd("AUTH");
            if let Some(username) = &self.username {
                auth.arg(username);
            }
            auth.arg(self.password.as_ref().map_or("", Secret::reveal));
            steps.push((HandshakeStep::Auth, auth));
        }
        if self.db != 0 {
            let mut select = redis::cmd("SELECT");
            select.arg(self.db);
            steps.push((HandshakeStep::Select, select));
        }
        if optional {
            let mut naming = redis::cmd("CLIENT");
            naming.arg("SETNAME").arg(CLIENT_NAME);
            steps.push((HandshakeStep::Optional, naming));
        }
        if optional && !self.touch {
            match self.knows_no_touch.get() {
                // Ask first: an unknown command counts as an error at the server.
                None => {
                    let mut known = redis::cmd("COMMAND");
                    known.arg("INFO").arg("client|no-touch");
                    steps.push((HandshakeStep::Learn, known));
                }
                Some(true) => steps.push((HandshakeStep::Optional, no_touch())),
                Some(false) => {}
            }
        }
        match role {
            Role::Any => steps.push((HandshakeStep::Alive, redis::cmd("PING"))),
            Role::Primary => steps.push((HandshakeStep::Primary, redis::cmd("ROLE"))),
            Role::Replica => steps.push((HandshakeStep::Replica, redis::cmd("ROLE"))),
            Role::ClusterReplica => steps.push((HandshakeStep::Alive, redis::cmd("READONLY"))),
        }
        let answers = join_all(steps.iter().map(|(_, command)| connection.raw(command))).await;
        if let Some(error) = answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .min_by_key(|error| complaint(error).is_none())
        {
            // A reply before the close says more than the close itself: `max number of clients reached`.
            let refused = steps
                .iter()
                .zip(&answers)
                .find_map(|((step, command), answer)| {
                    let answer = answer.as_ref().ok()?;
                    self.judge(*step, command, answer, connection).err()
                });
            if let Some(fault) = refused {
                return Err(fault);
            }
            let fault = self.cannot_connect(error, connection.name());
            return Err(match (fault, self.peek_error(address).await) {
                (Fault::Unreachable(Error::Connect { endpoint, .. }), Some(reason))
                    if reason.starts_with("DENIED") =>
                {
                    Fault::Final(Error::Auth { endpoint, reason })
                }
                (
                    Fault::Unreachable(Error::Connect {
                        endpoint, source, ..
                    }),
                    Some(reason),
                ) => Fault::Unreachable(Error::Connect {
                    endpoint,
                    reason,
                    source,
                }),
                (fault, _) => fault,
            });
        }
        for ((step, command), answer) in steps.iter().zip(answers) {
            if let (HandshakeStep::Learn, Ok(answer)) = (step, &answer) {
                self.learn_no_touch(connection, answer).await;
            }
            if let Ok(answer) = answer
                && let Err(fault) = self.judge(*step, command, &answer, connection)
            {
                match fault {
                    Fault::Unreachable(said @ Error::NotReady { .. }) => {
                        let ready = self.wait_until_ready(connection, *step, command);
                        // A server that loads its data answers only now and then.
                        let ready = timeout_at(deadline, ready).await;
                        ready.unwrap_or(Err(Fault::Unreachable(said)))?;
                    }
                    fault => return Err(fault),
                }
            }
        }
        Ok(())
    }

    /// Turns on NO-TOUCH if the server supports it, or does not say.
    async fn learn_no_touch(&self, connection: &Connection, answer: &Value) {
        let unknown = |parts: &[Value]| parts.iter().all(|part| matches!(part, Value::Nil));
        let knows = match answer {
            Value::Nil => false,
            Value::Array(parts) => !unknown(parts),
            _ => true,
        };
        if *self.knows_no_touch.get_or_init(|| knows) {
            let connection = connection.clone();
            let mut sending = Box::pin(async move {
                // A user who may not run this can still read.
                let _ = connection.raw(&no_touch()).await;
            });
            // The reply is not awaited: once the command is sent, it precedes all that follows on this connection.
            if poll!(&mut sending).is_pending() {
                tokio::spawn(sending);
            }
        }
    }

    /// Repeats a command until the server has loaded its data.
    async fn wait_until_ready(
        &self,
        connection: &Connection,
        step: HandshakeStep,
        command: &Cmd,
    ) -> Result<(), Fault> {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let answer = connection
                .raw(command)
                .await
                .map_err(|error| self.cannot_connect(&error, connection.name()))?;
            match self.judge(step, command, &answer, connection) {
                Err(Fault::Unreachable(Error::NotReady { .. })) => {}
                other => return other,
            }
        }
    }

    fn judge(
        &self,
        step: HandshakeStep,
        command: &Cmd,
        answer: &Value,
        connection: &Connection,
    ) -> Result<(), Fault> {
        let Value::ServerError(refusal) = answer else {
            return match step {
                HandshakeStep::Primary => primary(answer, connection.name()),
                HandshakeStep::Replica => replica(answer, connection.name()),
                _ => Ok(()),
            };
        };
        let detail = refusal.details().unwrap_or_default();
        let error = failure(refusal, &name_of(command), &[], connection.name());
        match step {
            HandshakeStep::Auth if detail.contains("without any password configured") => {
                // Like other clients, ignore a superfluous password.
                log::warn!(
                    "`{}` does not ask for a password: the one given is not used",
                    connection.name()
                );
                Ok(())
            }
            HandshakeStep::Auth if matches!(error, Error::Connect { .. }) => {
                Err(Fault::Unreachable(error))
            }
            HandshakeStep::Auth => Err(Fault::Final(Error::Auth {
                endpoint: connection.name().to_owned(),
                reason: format!("{} {detail}", refusal.code()),
            })),
            HandshakeStep::Select => Err(Fault::Final(match error {
                Error::Refused {
                    endpoint, reason, ..
                } => Error::Settings(format!(
                    "database {} of `{endpoint}` {NO_DATABASE}: {reason}",
                    self.db
                )),
                error => error,
            })),
            HandshakeStep::Optional | HandshakeStep::Learn => Ok(()),
            _ if matches!(error, Error::Connect { .. }) => Err(Fault::Unreachable(error)),
            _ if matches!(error, Error::Auth { .. }) => Err(Fault::Final(error)),
            // A user who may not run this command is connected all the same.
            _ if matches!(error, Error::Denied { .. }) => Ok(()),
            _ if matches!(error, Error::NotReady { .. }) => Err(Fault::Unreachable(error)),
            // The server's disk is full: it refuses writes and PING but can be read.
            HandshakeStep::Alive if error.cannot_save() => Ok(()),
            _ => Err(Fault::Final(error)),
        }
    }
}

fn no_touch() -> Cmd {
    let mut command = redis::cmd("CLIENT");
    command.arg("NO-TOUCH").arg("ON");
    command
}

fn primary(answer: &Value, name: &str) -> Result<(), Fault> {
    match role(answer).0.as_deref() {
        Some("master") => Ok(()),
        _ => Err(Fault::Unreachable(Error::not_primary(name))),
    }
}

fn replica(answer: &Value, name: &str) -> Result<(), Fault> {
    match role(answer) {
        (Some(role), Some(state)) if role == "slave" && state == "connected" => Ok(()),
        _ => Err(Fault::Unreachable(Error::Lost {
            endpoint: name.to_owned(),
            reason: "the replica does not follow its primary".to_owned(),
            source: None,
        })),
    }
}

/// Returns the role, and for a replica the state of its connection, from the reply to ROLE.
fn role(answer: &Value) -> (Option<String>, Option<String>) {
    let Value::Array(parts) = answer else {
        return (None, None);
    };
    let part = |at: usize| parts.get(at).cloned().and_then(text);
    (part(0), part(3))
}
