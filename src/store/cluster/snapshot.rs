//! Proof that a walk has seen everything: who owned what before it, and who does after it.

use crate::domain::invalidation::Coverage;
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::connect::Fault;
use crate::store::net::reply::{array, failure, int, text};
use crate::store::net::retry::{RetryBudget, Trouble};
use crate::store::topology::Shard;
use redis::Value;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long replicas may take to acknowledge.
const ACKNOWLEDGE: Duration = Duration::from_secs(1);

/// Who owned what at one moment, by the primaries' own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologySnapshot {
    primaries: Vec<Primary>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Primary {
    address: String,
    /// Changes with each start; empty where the server does not tell.
    run: String,
    slots: Vec<RangeInclusive<u16>>,
    /// Slots are on their way to or from it.
    moving: bool,
}

impl Store {
    /// Asks every primary who it is and whether slots are on their way, after asking anew who the
    /// primaries are. For one that is lost its successor is waited for.
    pub async fn snapshot(&self) -> Result<TopologySnapshot, Error> {
        let mut budget = RetryBudget::new(&self.inner.options, self.can_fail_over());
        loop {
            let error = match self.all_primaries().await {
                Ok(snapshot) => return Ok(snapshot),
                Err(error) => error,
            };
            let trouble = trouble(&error, self.can_fail_over());
            let Some(pause) = trouble.and_then(|trouble| budget.pause(trouble)) else {
                return Err(error);
            };
            log::info!("{error}; the primaries are asked again in {pause:?}");
            tokio::time::sleep(pause).await;
        }
    }

    async fn all_primaries(&self) -> Result<TopologySnapshot, Error> {
        if self.can_fail_over() {
            self.inner
                .refresh(self.topology().epoch)
                .await
                .map_err(Fault::into_error)?;
        }
        let mut primaries = Vec::new();
        for shard in &self.topology().shards {
            primaries.push(self.primary(shard).await?);
        }
        primaries.sort_by(|one, other| one.address.cmp(&other.address));
        Ok(TopologySnapshot { primaries })
    }

    async fn primary(&self, shard: &Shard) -> Result<Primary, Error> {
        let mut info = redis::cmd("INFO");
        info.arg("server");
        let run = match self.ask(shard, &info, "INFO").await {
            Ok(answer) => text(answer).as_deref().and_then(run_id).unwrap_or_default(),
            Err(Error::Denied { .. }) => String::new(),
            Err(error) => return Err(error),
        };
        let moving = if self.clustered() {
            let mut nodes = redis::cmd("CLUSTER");
            nodes.arg("NODES");
            let answer = self.ask(shard, &nodes, "CLUSTER NODES").await?;
            text(answer).is_none_or(|nodes| is_moving(&nodes))
        } else {
            false
        };
        let mut slots = shard.slots.clone();
        slots.sort_by_key(|range| *range.start());
        Ok(Primary {
            address: shard.primary.to_string(),
            run,
            slots,
            moving,
        })
    }

    /// How many replicas have everything that was written so far, after waiting for them for up to a
    /// second: of several primaries the lowest number.
    pub async fn acknowledged(&self) -> Result<u64, Error> {
        let mut lowest = None;
        for shard in &self.topology().shards {
            let role = self.ask(shard, &redis::cmd("ROLE"), "ROLE").await?;
            let replicas = array(role).and_then(|parts| array(parts.into_iter().nth(2)?));
            let replicas = replicas.map_or(0, |replicas| replicas.len());
            let acknowledged = if replicas == 0 {
                0
            } else {
                self.wait(shard, replicas).await?
            };
            lowest = Some(lowest.map_or(acknowledged, |lowest: u64| lowest.min(acknowledged)));
        }
        Ok(lowest.unwrap_or(0))
    }

    async fn wait(&self, shard: &Shard, replicas: usize) -> Result<u64, Error> {
        // The server must answer before we take the connection for dead.
        let limit = ACKNOWLEDGE.min(self.inner.options.timeout / 2);
        let mut wait = redis::cmd("WAIT");
        wait.arg(replicas)
            .arg(crate::store::commands::write::milliseconds(limit));
        let answer = self.ask(shard, &wait, "WAIT").await?;
        let count = int(&answer).and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| self.unexpected("WAIT"))
    }

    async fn ask(&self, shard: &Shard, command: &redis::Cmd, name: &str) -> Result<Value, Error> {
        let link = self.inner.link(&shard.primary, self.primary_role()).await;
        let link = link.map_err(Fault::into_error)?;
        match link.command(command).await? {
            Value::ServerError(refusal) => Err(failure(&refusal, name, &[], link.name())),
            answer => Ok(answer),
        }
    }
}

impl TopologySnapshot {
    /// What a walk between two snapshots has covered that came to its end on all primaries.
    #[must_use]
    pub fn coverage(&self, after: &Self) -> Coverage {
        let slots = |primaries: &[Primary]| {
            let ranges = primaries.iter().flat_map(|primary| &primary.slots);
            ranges
                .map(|range| u32::from(*range.end()) - u32::from(*range.start()) + 1)
                .sum()
        };
        Coverage {
            primaries: after.primaries.len(),
            primaries_scanned: self.primaries.len(),
            slots: slots(&after.primaries),
            slots_scanned: slots(&self.primaries),
            topology_changed: self != after || after.primaries.iter().any(|one| one.moving),
        }
    }
}

/// Whether it may be better in a moment.
fn trouble(error: &Error, failover: bool) -> Option<Trouble> {
    match error {
        Error::Lost { .. } => Some(Trouble::Gone),
        Error::Connect { .. } | Error::Timeout { .. } if failover => Some(Trouble::Gone),
        Error::NotReady { .. } => Some(Trouble::NotReady),
        Error::ReadOnly { .. } if failover => Some(Trouble::NotReady),
        _ => None,
    }
}

fn run_id(info: &str) -> Option<String> {
    info.lines()
        .find_map(|line| line.strip_prefix("run_id:"))
        .map(|id| id.trim().to_owned())
}

/// Whether a node's own line names slots on their way: `[93-<-id]` or `[93->-id]`.
fn is_moving(nodes: &str) -> bool {
    let own = nodes.lines().find(|line| {
        line.split(' ')
            .nth(2)
            .is_some_and(|flags| flags.split(',').any(|flag| flag == "myself"))
    });
    own.is_none_or(|line| line.split(' ').skip(8).any(|slots| slots.starts_with('[')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(run: &str, slots: RangeInclusive<u16>, moving: bool) -> TopologySnapshot {
        let (address, run) = ("h:1".to_owned(), run.to_owned());
        TopologySnapshot {
            primaries: vec![Primary {
                address,
                run,
                slots: vec![slots],
                moving,
            }],
        }
    }

    #[test]
    fn the_same_servers_with_the_same_slots_prove_that_everything_was_seen() {
        let before = snapshot("a", 0..=16383, false);
        let expected = Coverage {
            primaries: 1,
            primaries_scanned: 1,
            slots: 16384,
            slots_scanned: 16384,
            topology_changed: false,
        };
        assert_eq!(before.coverage(&before.clone()), expected);
    }

    #[test]
    fn another_server_other_slots_or_slots_on_their_way_are_no_proof() {
        let before = snapshot("a", 0..=9, false);
        for after in [
            snapshot("b", 0..=9, false),
            snapshot("a", 0..=8, false),
            snapshot("a", 0..=9, true),
        ] {
            assert!(before.coverage(&after).topology_changed, "{after:?}");
        }
        let moving = snapshot("a", 0..=9, true);
        assert!(moving.coverage(&moving.clone()).topology_changed);
    }

    #[test]
    fn a_node_tells_in_its_own_line_which_slots_are_on_their_way() {
        let line = |flags: &str, slots: &str| {
            format!("07c3 127.0.0.1:1@2 {flags} - 0 1426238317239 4 connected {slots}\n")
        };
        let other = line("master", "[77->-e7d1]");
        assert!(!is_moving(
            &(other.clone() + &line("myself,master", "0-5460 7000"))
        ));
        assert!(is_moving(
            &(other.clone() + &line("myself,master", "0-5460 [93->-67ed]"))
        ));
        assert!(is_moving(&line("myself,master", "0-5460 [77-<-e7d1]")));
        assert!(is_moving(&other));
    }
}
