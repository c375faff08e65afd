//! Recommendations with the figures behind them; without evidence there are none.

use crate::domain::duration::shown;
use crate::domain::hit_rate::MissedKey;
use crate::domain::key::Scheme;
use crate::domain::number::grouped;
use crate::domain::stats::{Advice, CustomerUse, LOCK, Sentinels, StatsReport};
use crate::domain::ttl::{Policy, Resource};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Number of misses of a key below which they say nothing about its TTL.
const FEW: u64 = 10;

/// Reads that may miss at the same time after a key has expired, before the first of them has stored it again.
const AT_ONCE: u64 = 4;

/// Counts of single keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Misses {
    /// The most missed keys.
    pub top: Vec<MissedKey>,
    /// Days with reads.
    pub days: u64,
}

/// Returns all recommendations that the report gives reason for.
pub(crate) fn advise(report: &StatsReport, misses: &Misses, policy: &Policy) -> Vec<Advice> {
    let mut advice = servers::of_nodes(&report.nodes);
    advice.extend(report.sentinel.as_ref().and_then(quorum));
    advice.extend(report.customers.iter().flat_map(no_ttl));
    advice.extend(missed(misses, policy));
    advice
}

fn advice<const N: usize>(
    rule: &'static str,
    about: &str,
    evidence: [(&str, Value); N],
    text: impl Into<String>,
) -> Advice {
    let evidence: Map<String, Value> = evidence
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Advice {
        rule,
        about: about.to_owned(),
        text: text.into(),
        commands: Vec::new(),
        evidence,
    }
}

impl Advice {
    /// Adds command lines.
    fn with(mut self, commands: impl IntoIterator<Item = String>) -> Self {
        self.commands.extend(commands);
        self
    }
}

/// Quotes a word for a shell: keys can contain whatever anybody searched for.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@%+-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn quorum(sentinels: &Sentinels) -> Option<Advice> {
    let met = sentinels.quorum_met.filter(|met| !met)?;
    Some(advice(
        "no_quorum",
        &sentinels.master,
        [
            ("quorum_met", json!(met)),
            ("quorum", json!(sentinels.quorum)),
            ("sentinels", json!(sentinels.sentinels)),
        ],
        "too few sentinels answer to agree on a failover: if the primary is lost, no replica takes over; start the others again, or add some",
    ))
}

/// Recommendations for the keys and the locks of a customer that never expire.
fn no_ttl(customer: &CustomerUse) -> Vec<Advice> {
    let name = quoted(&customer.customer);
    let kinds = customer.resources.iter();
    let locks = kinds.filter(|kind| kind.resource == LOCK);
    let locks: u64 = locks.map(|kind| kind.amount.no_ttl_keys).sum();
    let keys = customer.amount.no_ttl_keys.saturating_sub(locks);
    let found = |rule, evidence: &str, number, text| {
        let all = ("keys", json!(customer.amount.keys));
        advice(
            rule,
            &customer.customer,
            [(evidence, json!(number)), all],
            text,
        )
    };
    let mut advice = Vec::new();
    if keys > 0 {
        let text = counted(
            keys,
            "1 key never expires although it should, and is served however old it is: list it (TTL none), and remove it with `invalidate KEY`",
            "keys never expire although they should, and are served however old they are: list them (TTL none), and remove each with `invalidate KEY`",
        );
        let list = format!("alecs-cache inspect '*' --limit 0 -c {name}");
        advice.push(found("no_ttl", "no_ttl_keys", keys, text).with([list]));
    }
    if locks > 0 {
        let text = counted(
            locks,
            "1 lock never expires, so no other process can take it: clear it",
            "locks never expire, so no other process can take them: clear them",
        );
        let clear = format!("alecs-cache locks clear --stale -c {name}");
        advice.push(found("stale_locks", "no_ttl_locks", locks, text).with([clear]));
    }
    advice
}

/// Returns the sentence about one, or the number and what is said of `several`.
fn counted(number: u64, one: &str, several: &str) -> String {
    match number {
        1 => one.to_owned(),
        _ => format!("{} {several}", grouped(number)),
    }
}

/// Why a key is missed again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MissCause {
    /// Missed about as often as it can expire: its TTL is too short.
    ShortTtl,
    /// Missed far more often than that: it is not cached at all.
    NotCached,
}

fn missed(misses: &Misses, policy: &Policy) -> Vec<Advice> {
    let window = misses.days * 86_400;
    let mut kinds: BTreeMap<(Resource, MissCause, bool), (u64, &MissedKey)> = BTreeMap::new();
    for missed in &misses.top {
        let rest = missed.key.split_once(':').map(|(_, rest)| rest);
        let Some(entry) = rest.and_then(Scheme::parse_entry) else {
            continue;
        };
        let Some(resource) = entry.resource() else {
            continue;
        };
        let warmed = entry.is_warmed();
        let expiries = window / policy.ttl(resource).as_secs().max(1);
        if missed.misses < FEW || missed.misses.saturating_mul(2) < expiries {
            continue;
        }
        let want = if missed.misses > expiries.saturating_mul(AT_ONCE) {
            MissCause::NotCached
        } else {
            MissCause::ShortTtl
        };
        // The server chooses the TTL of what only it writes: nothing that can be done here makes it live longer.
        if warmed || want == MissCause::NotCached {
            let kind = (resource, want, warmed);
            kinds.entry(kind).or_insert((0, missed)).0 += 1;
        }
    }
    let found = kinds.into_iter().map(|((resource, want, warmed), (keys, worst))| {
        let ttl = policy.ttl(resource).as_secs();
        let expiries = window / ttl.max(1);
        let (key, count, days) = (&worst.key, worst.misses, misses.days);
        let (rule, text) = match want {
            MissCause::ShortTtl => (
                "ttl_too_short",
                format!("{key} was missed {} times in {days} days, about as often as it expires (every {}){others}: warm more often, or raise its TTL", grouped(count), shown(Duration::from_secs(ttl)), others = others(keys)),
            ),
            MissCause::NotCached => (
                "not_kept",
                format!("{key} was missed {} times in {days} days, though it can expire only {expires} times{others}: it is not stored, or is invalidated again and again{only}", grouped(count), expires = grouped(expiries), others = others(keys), only = if warmed { "" } else { ", and only a read stores it" }),
            ),
        };
        let (customer, name) = key.split_once(':').unwrap_or(("", key));
        let (customer, name) = (quoted(customer), quoted(name));
        let commands = match want {
            MissCause::ShortTtl if Resource::DEFAULT.contains(&resource) => {
                vec![format!("alecs-cache warm --every 3m -c {customer}")]
            }
            MissCause::ShortTtl => vec![format!(
                "alecs-cache warm --every 3m --only {resource} -c {customer}"
            )],
            MissCause::NotCached => {
                let looks = [
                    format!("alecs-cache inspect {name} -c {customer}"),
                    format!("alecs-cache log -c {customer}"),
                ];
                // Stores those of the missed items that exist.
                let fill = format!("alecs-cache warm --from-misses -c {customer}");
                looks.into_iter().chain(warmed.then_some(fill)).collect()
            }
        };
        advice(
            rule,
            resource.as_str(),
            [
                ("keys", json!(keys)),
                ("key", json!(key)),
                ("misses", json!(count)),
                ("ttl_seconds", json!(ttl)),
                ("expiries_possible", json!(expiries)),
                ("days", json!(days)),
            ],
            text,
        )
        .with(commands)
    });
    found.collect()
}

/// Phrase for the number of other keys with the same problem as the worst one.
fn others(keys: u64) -> String {
    match keys {
        0 | 1 => String::new(),
        2 => ", and so was another one".to_owned(),
        _ => format!(", and so were {} others", keys - 1),
    }
}

mod servers;
#[cfg(test)]
mod tests;
