//! Snapshots of the topology before and after a walk, to prove that the walk was complete.

use crate::domain::invalidation::Coverage;
use crate::domain::stats::info::{Info, ReplicaLine};
use crate::store::client::Store;
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::connect::Fault;
use crate::store::net::reply::{accepted, array, number, text};
use crate::store::net::retry::{RetryBudget, RetryReason};
use crate::store::options::{NodeAddress, ReadFrom};
use crate::store::topology::Shard;
use redis::Value;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long replicas may take to acknowledge.
const ACKNOWLEDGE: Duration = Duration::from_secs(1);

/// A replica that has not acknowledged anything for more seconds than this does not count.
const SILENT: u64 = 10;

/// The owners of all slots at one moment, as reported by the primaries themselves.
#[derive(Debug, Clone)]
pub struct TopologySnapshot {
    primaries: Vec<Primary>,
    /// The sentinels were still replacing the primary when the retry budget ran out.
    failing_over: bool,
}

#[derive(Debug, Clone)]
struct Primary {
    address: NodeAddress,
    /// Run id, which changes with each start; empty if the server does not report it.
    run: String,
    slots: Vec<RangeInclusive<u16>>,
    /// Slots that are migrating to or from this server.
    moving: BTreeSet<u16>,
    /// Number of replicas that follow it closely; `None` if INFO is refused.
    replicas: Option<usize>,
}

/// Result of [`Store::verify`].
#[derive(Debug)]
pub struct Verification {
    /// Coverage between the two snapshots. If fewer replicas have the writes than there were at the start, the
    /// topology counts as changed, because one of the others may become the primary.
    pub coverage: Coverage,
    /// Number of replicas that have all writes; with several primaries the lowest number. `None` if INFO is refused, and
    /// an error if WAIT fails.
    pub acknowledged: Result<Option<u64>, Error>,
}

impl Store {
    /// Refreshes the topology and asks every primary for its identity and migrating slots. Waits for a failover in
    /// progress to end, and for the successor of a lost primary.
    pub async fn snapshot(&self) -> Result<TopologySnapshot, Error> {
        let mut budget = RetryBudget::new(&self.inner.options, self.can_fail_over());
        loop {
            let (reason, trouble) = match self.all_primaries().await {
                Ok(snapshot) if !snapshot.failing_over => return Ok(snapshot),
                Ok(snapshot) => match budget.pause(RetryReason::NotReady) {
                    Some(pause) => {
                        budget.announce(&"a failover is under way", pause);
                        tokio::time::sleep(pause).await;
                        continue;
                    }
                    None => return Ok(snapshot),
                },
                Err(error) => {
                    let trouble = trouble(&error, self.can_fail_over());
                    (error, trouble)
                }
            };
            let Some(pause) = trouble.and_then(|trouble| budget.pause(trouble)) else {
                return Err(reason);
            };
            budget.announce(&reason, pause);
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits for the replicas of `before` to receive all writes since, and takes another snapshot. Call this before
    /// reporting success: until the sentinels have recorded a new primary, the old one accepts writes that will be
    /// lost.
    pub async fn verify(&self, before: &TopologySnapshot) -> Result<Verification, Error> {
        let acknowledged = self.acknowledged(before).await;
        let after = self.snapshot().await?;
        let mut coverage = before.coverage(&after);
        if self.can_fail_over() {
            coverage.topology_changed |= match &acknowledged {
                Ok((_, missing)) => *missing,
                // A server without WAIT, or a user who may not send it, says nothing about replicas.
                Err(Error::Denied { .. } | Error::Refused { .. }) => false,
                Err(_) => true,
            };
        }
        Ok(Verification {
            coverage,
            acknowledged: acknowledged.map(|(lowest, _)| lowest),
        })
    }

    /// Fails if a server is a replica: that it lacks keys says nothing about its primary. A server that does not tell its
    /// role counts as a primary.
    pub async fn refuse_replicas(&self) -> Result<(), Error> {
        for shard in &self.topology().shards {
            let role = match self.ask(&shard.primary, &redis::cmd("ROLE"), "ROLE").await {
                Ok(role) => array(role).unwrap_or_default().into_iter().next(),
                Err(Error::Denied { .. } | Error::Refused { .. }) => None,
                Err(error) => return Err(error),
            };
            if role.and_then(text).as_deref() == Some("slave") {
                let endpoint = shard.primary.to_string();
                return Err(if self.can_fail_over() {
                    Error::not_primary(&endpoint)
                } else {
                    Error::ReadOnly { endpoint }
                });
            }
        }
        Ok(())
    }

    /// Returns the number of keys that the servers evicted since they started; `None` if one does not report it.
    pub async fn evicted(&self) -> Option<u64> {
        let mut stats = redis::cmd("INFO");
        stats.arg("stats");
        let mut evicted = 0;
        for shard in &self.topology().shards {
            let answer = self.ask(&shard.primary, &stats, "INFO").await.ok()?;
            evicted += Info::parse(&text(answer)?).number("evicted_keys")?;
        }
        Some(evicted)
    }

    /// Returns the number of keys evicted since there were `before`; 0 if that is not known.
    pub async fn evicted_since(&self, before: Option<u64>) -> u64 {
        let Some(before) = before else { return 0 };
        self.evicted().await.unwrap_or(0).saturating_sub(before)
    }

    async fn all_primaries(&self) -> Result<TopologySnapshot, Error> {
        if self.can_fail_over() {
            self.inner
                .refresh(self.topology().epoch)
                .await
                .map_err(Fault::into_error)?;
        }
        let mut primaries = Vec::new();
        let mut failing_over = false;
        for shard in &self.topology().shards {
            primaries.push(match self.primary(shard).await {
                // A replica is read in its place.
                Err(error) if self.reads != ReadFrom::Primary && error.is_unreachable() => {
                    log::info!("{error}: a restart in the middle of the walk would not be noticed");
                    Primary::new(shard)
                }
                primary => primary?,
            });
            failing_over |= self.inner.is_failing_over(&shard.primary).await;
        }
        primaries.sort_by_key(|one| one.address.to_string());
        Ok(TopologySnapshot {
            primaries,
            failing_over,
        })
    }

    async fn primary(&self, shard: &Shard) -> Result<Primary, Error> {
        let info = self.ask(&shard.primary, &redis::cmd("INFO"), "INFO").await;
        let info = match info {
            Ok(answer) => Some(Info::parse(&text(answer).unwrap_or_default())),
            // INFO is renamed or not permitted, so the server's identity is unknown.
            Err(error @ (Error::Denied { .. } | Error::Refused { .. })) => {
                log::info!("{error}: a restart in the middle of the walk would not be noticed");
                None
            }
            Err(error) => return Err(error),
        };
        let moving = if self.clustered() {
            let mut nodes = redis::cmd("CLUSTER");
            nodes.arg("NODES");
            let answer = self.ask(&shard.primary, &nodes, "CLUSTER NODES").await?;
            let moving = text(answer).and_then(|nodes| moving_slots(&nodes));
            moving.ok_or_else(|| self.unexpected("CLUSTER NODES"))?
        } else {
            BTreeSet::new()
        };
        let run = info.as_ref().and_then(|info| info.text("run_id"));
        let close = |replica: &ReplicaLine| replica.online && replica.silent <= SILENT;
        Ok(Primary {
            run: run.unwrap_or_default().to_owned(),
            moving,
            replicas: info
                .as_ref()
                .map(|info| info.replicas().iter().filter(|one| close(one)).count()),
            ..Primary::new(shard)
        })
    }

    /// Waits up to a second for the replicas of `before`. Returns how many have all writes, if that is
    /// known, and whether some are missing.
    async fn acknowledged(&self, before: &TopologySnapshot) -> Result<(Option<u64>, bool), Error> {
        let mut lowest = None;
        let (mut missing, mut unknown) = (false, false);
        for primary in &before.primaries {
            let Some(replicas) = primary.replicas else {
                unknown = true;
                continue;
            };
            let acknowledged = match replicas {
                0 => 0,
                replicas => self.wait(&primary.address, replicas).await?,
            };
            missing |= acknowledged < replicas as u64;
            lowest = Some(lowest.map_or(acknowledged, |lowest: u64| lowest.min(acknowledged)));
        }
        Ok(((!unknown).then_some(lowest.unwrap_or(0)), missing))
    }

    async fn wait(&self, primary: &NodeAddress, replicas: usize) -> Result<u64, Error> {
        // The server must answer before the connection times out.
        let limit = ACKNOWLEDGE.min(self.inner.options.timeout / 2);
        let mut wait = redis::cmd("WAIT");
        wait.arg(replicas).arg(milliseconds(limit));
        let answer = self.ask(primary, &wait, "WAIT").await?;
        number(&answer).ok_or_else(|| self.unexpected("WAIT"))
    }

    /// Sends a command that only reads to a primary; again after a lost connection.
    async fn ask(
        &self,
        primary: &NodeAddress,
        command: &redis::Cmd,
        name: &str,
    ) -> Result<Value, Error> {
        let mut budget = RetryBudget::new(&self.inner.options, false);
        loop {
            let connection = self.inner.connection(primary, self.primary_role()).await;
            let connection = connection.map_err(Fault::into_error)?;
            let error = match connection.command(command).await {
                Err(error @ Error::Lost { .. }) => error,
                answer => return accepted(answer?, name, connection.name()),
            };
            let Some(pause) = budget.pause(RetryReason::Unreachable) else {
                return Err(error);
            };
            budget.announce(&error, pause);
            tokio::time::sleep(pause).await;
        }
    }
}

impl Primary {
    /// The primary of a shard, of which nothing else is known.
    fn new(shard: &Shard) -> Self {
        let mut slots = shard.slots.clone();
        slots.sort_by_key(|range| *range.start());
        Self {
            address: shard.primary.clone(),
            run: String::new(),
            slots,
            moving: BTreeSet::new(),
            replicas: None,
        }
    }
}

impl TopologySnapshot {
    /// Returns the coverage of a walk that finished on all primaries between the two snapshots.
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
            topology_changed: !self.is_same(after) || !after.is_at_rest(),
            moving_slots: after.moving().collect(),
            run_ids_unknown: after.primaries.iter().any(|primary| primary.run.is_empty()),
        }
    }

    /// True if the same servers own the same slots.
    pub fn is_same(&self, other: &Self) -> bool {
        let owner = |one: &Primary| (one.address.clone(), one.run.clone(), one.slots.clone());
        self.primaries
            .iter()
            .map(owner)
            .eq(other.primaries.iter().map(owner))
    }

    /// True if neither slots nor the role of the primary are moving.
    fn is_at_rest(&self) -> bool {
        !self.failing_over && self.moving().next().is_none()
    }

    fn moving(&self) -> impl Iterator<Item = u16> {
        let slots = self.primaries.iter().flat_map(|primary| &primary.moving);
        slots.copied()
    }
}

/// Returns the kind of trouble if a retry may help.
fn trouble(error: &Error, failover: bool) -> Option<RetryReason> {
    match error {
        Error::Lost { .. } => Some(RetryReason::Unreachable),
        Error::Connect { .. } | Error::Timeout { .. } if failover => Some(RetryReason::Unreachable),
        Error::NotReady { .. } => Some(RetryReason::NotReady),
        _ => None,
    }
}

/// Returns the migrating slots that the node's own line lists: `[93-<-id]` or `[93->-id]`.
fn moving_slots(nodes: &str) -> Option<BTreeSet<u16>> {
    let own = nodes.lines().find(|line| {
        line.split(' ')
            .nth(2)
            .is_some_and(|flags| flags.split(',').any(|flag| flag == "myself"))
    })?;
    let moving = own
        .split(' ')
        .skip(8)
        .filter(|slots| slots.starts_with('['));
    moving
        .map(|slot| slot.strip_prefix('[')?.split_once('-')?.0.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::options::Node;

    fn snapshot(run: &str, slots: RangeInclusive<u16>, moving: &[u16]) -> TopologySnapshot {
        let node = Node {
            host: "h".to_owned(),
            port: 1,
        };
        TopologySnapshot {
            primaries: vec![Primary {
                address: NodeAddress::Tcp(node),
                run: run.to_owned(),
                slots: vec![slots],
                moving: moving.iter().copied().collect(),
                replicas: Some(0),
            }],
            failing_over: false,
        }
    }

    #[test]
    fn the_same_servers_with_the_same_slots_prove_that_everything_was_seen() {
        let before = snapshot("a", 0..=16383, &[]);
        let expected = Coverage {
            primaries: 1,
            primaries_scanned: 1,
            slots: 16384,
            slots_scanned: 16384,
            ..Coverage::default()
        };
        assert_eq!(before.coverage(&before.clone()), expected);
        let unnamed = snapshot("", 0..=16383, &[]);
        assert!(unnamed.coverage(&unnamed.clone()).run_ids_unknown);
    }

    #[test]
    fn another_server_other_slots_or_migrating_slots_are_no_proof() {
        let before = snapshot("a", 0..=9, &[]);
        for after in [
            snapshot("b", 0..=9, &[]),
            snapshot("a", 0..=8, &[]),
            snapshot("a", 0..=9, &[7]),
        ] {
            assert!(before.coverage(&after).topology_changed, "{after:?}");
        }
        let moving = snapshot("a", 0..=9, &[7]);
        let covered = moving.coverage(&moving.clone());
        assert!(covered.topology_changed);
        assert_eq!(covered.change(), "slot 7 is still moving between primaries");
        let failing_over = TopologySnapshot {
            failing_over: true,
            ..before.clone()
        };
        assert!(before.coverage(&failing_over).topology_changed);
    }

    #[test]
    fn a_nodes_own_line_lists_its_migrating_slots() {
        let line = |flags: &str, slots: &str| {
            format!("07c3 127.0.0.1:1@2 {flags} - 0 1426238317239 4 connected {slots}\n")
        };
        let other = line("master", "[77->-e7d1]");
        let moving = |own: &str| moving_slots(&(other.clone() + own)).map(Vec::from_iter);
        let own = |slots: &str| line("myself,master", slots);
        assert_eq!(moving(&own("0-5460 7000")), Some(vec![]));
        assert_eq!(moving(&own("0-5460 [93->-67ed]")), Some(vec![93]));
        let both = own("[77-<-e7d1] [76-<-e7d1]");
        assert_eq!(moving(&both), Some(vec![76, 77]));
        assert_eq!((moving(""), moving(&own("[odd]"))), (None, None));
    }
}
