//! The report for people: the verdict, then the tables behind it.

use super::{StatsView, sentences};
use crate::domain::stats::{Amount, CommandLatency, CustomerUse, NodeStats, Sentinels, Slow};
use crate::output::reports::customers::warn_of_not_manageable;
use crate::output::reports::hit_rate::percent;
use crate::output::table::{Column, Rows};
use crate::output::{Output, Tone, WriteError, human};

/// Number of commands shown per server; the JSON has all.
const COMMANDS: usize = 8;

/// Number of kinds of keys shown per customer; `-v` shows all.
const KINDS: usize = 8;

/// Number of slow log entries shown.
const SLOW: usize = 5;

impl StatsView<'_> {
    /// Prints the report.
    pub(super) fn tables(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        let (tone, verdict) = self.verdict(endpoint);
        out.verdict(tone, &verdict)?;
        let verbose = out.options().verbosity > 0;
        if let Some(advice) = self.report.advice.as_ref().filter(|_| !verbose) {
            self.warn_of_problems(out);
            out.data("\n")?;
            return out.lines_of_report(&sentences::advice(
                advice,
                Output::terminal_width(),
                false,
            ));
        }
        block(out, self.targets(verbose))?;
        block(out, nodes(&self.report.nodes))?;
        if let Some(sentinel) = &self.report.sentinel {
            block(out, sentinels(sentinel))?;
        }
        self.warn_of_problems(out);
        self.customers(out, verbose)?;
        let figures = sentences::figures(self.report);
        if !figures.is_empty() {
            out.data("\n")?;
        }
        for line in figures {
            out.line_of_report(&line)?;
        }
        self.report.notes.iter().for_each(|note| out.note(note));
        if verbose {
            block(out, commands(&self.report.server_latency))?;
        }
        block(out, slow_log(&self.report.slow_log, verbose))?;
        if let Some(advice) = &self.report.advice {
            out.data("\n")?;
            let text = sentences::advice(advice, Output::terminal_width(), verbose);
            out.lines_of_report(&text)?;
        } else if !verbose {
            out.note("more: -v (resources, commands), --advise, --watch");
        }
        Ok(())
    }

    /// Warns of servers that do not answer or have lost their primary, and of silent sentinels.
    fn warn_of_problems(&self, out: &Output) {
        for node in &self.report.nodes {
            if let Some(error) = &node.error {
                out.warn(&format!("no answer from {}: {error}", node.addr));
            }
            if node.replication_link_up == Some(false) {
                out.warn(&format!("{} has lost its primary", node.addr));
            }
        }
        let sentinel = self.report.sentinel.as_ref();
        if let Some(error) = sentinel.and_then(|sentinel| sentinel.error.as_ref()) {
            out.warn(&format!("no answer from any sentinel: {error}"));
        }
    }

    fn customers(&self, out: &Output, verbose: bool) -> Result<(), WriteError> {
        warn_of_not_manageable(out, &self.report.not_manageable);
        let customers = &self.report.customers;
        // An operator who requests one customer wants its details.
        let closely = verbose || self.asked.as_ref().is_some_and(|asked| asked.len() == 1);
        block(
            out,
            if closely {
                detail_table(customers, if verbose { usize::MAX } else { KINDS })
            } else {
                summary_table(customers)
            },
        )?;
        if customers.iter().any(|customer| customer.partial) {
            out.warn(
                "keys on servers that do not answer are missing from the figures of customers",
            );
        }
        if customers.iter().any(|customer| customer.sampled) {
            out.note(&format!(
                "estimated from {} (95% interval); --full examines every key",
                human::count(self.report.keys_examined, "key")
            ));
        }
        Ok(())
    }

    /// Table of the targets; without `all` only of those with a measured value.
    fn targets(&self, all: bool) -> Rows {
        let mut rows = Rows::new(&[
            Column::Whole("target"),
            Column::Number("wanted"),
            Column::Number("measured"),
        ]);
        for target in &self.report.targets {
            let met = match target.met {
                Some(true) => "✓",
                Some(false) => "✗",
                None if all => "-",
                None => continue,
            };
            let measured = human::or_dash(target.actual, |actual| match target.unit {
                "%" => percent(Some(actual)),
                unit => format!("{} {unit}", figure(Some(actual))),
            });
            let wanted = match target.unit {
                "%" => format!("{}%", target.target),
                unit => format!("{} {unit}", target.target),
            };
            rows.push([format!("{met} {}", target.name), wanted, measured]);
            let tone = target
                .met
                .map(|met| if met { Tone::Good } else { Tone::Bad });
            rows.tone("target", tone);
        }
        rows
    }
}

/// Prints an empty line and a table, if it has rows.
fn block(out: &Output, rows: Rows) -> Result<(), WriteError> {
    if rows.is_empty() {
        return Ok(());
    }
    out.data("\n")?;
    out.table(rows)
}

fn nodes(nodes: &[NodeStats]) -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("node"),
        Column::Whole("role"),
        Column::Number("memory"),
        Column::Number("limit"),
        Column::Number("keys"),
        Column::Number("ops/s"),
        Column::Number("evicted"),
        Column::Number("lag"),
        Column::Number("clients"),
        Column::Number("rejected"),
        Column::Number("expired"),
        Column::Whole("version"),
    ])
    .optional(&[
        "expired", "rejected", "version", "clients", "lag", "evicted",
    ])
    .unless_zero(&["evicted", "lag", "rejected", "expired"]);
    let bytes = |number: Option<u64>| human::or_dash(number, human::bytes);
    for node in nodes {
        rows.push([
            node.addr.clone(),
            match (&node.error, node.role) {
                (Some(_), _) => "FAILED".into(),
                (None, role) => role.unwrap_or("-").to_owned(),
            },
            bytes(node.used_memory_bytes),
            match node.max_memory_bytes {
                Some(0) => "none".into(),
                limit => bytes(limit),
            },
            count(node.keys),
            count(node.ops_per_second),
            count(node.evicted_keys),
            bytes(node.replication_lag_bytes),
            count(node.connected_clients),
            count(node.rejected_connections),
            count(node.expired_keys),
            match (node.program, &node.version) {
                (Some(program), Some(version)) => format!("{program} {version}"),
                _ => "-".into(),
            },
        ]);
        rows.tone("role", node.error.is_some().then_some(Tone::Bad));
    }
    rows
}

fn sentinels(sentinel: &Sentinels) -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("master"),
        Column::Whole("primary"),
        Column::Number("sentinels"),
        Column::Number("quorum"),
        Column::Whole("quorum is"),
    ]);
    rows.push([
        sentinel.master.clone(),
        sentinel.primary.clone().unwrap_or_else(|| "-".into()),
        count(sentinel.sentinels),
        count(sentinel.quorum),
        match sentinel.quorum_met {
            Some(true) => "met".into(),
            Some(false) => "NOT met".into(),
            None => "unknown".into(),
        },
    ]);
    let lost = sentinel.quorum_met == Some(false);
    rows.tone("quorum is", lost.then_some(Tone::Bad));
    rows
}

/// Table with a row per customer.
fn summary_table(customers: &[CustomerUse]) -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("customer"),
        Column::Number("keys"),
        Column::Number("memory"),
        Column::Text("largest"),
        Column::Number("no ttl"),
    ])
    .optional(&["largest"])
    .unless_zero(&["no ttl"]);
    for customer in customers {
        let [keys, memory, no_ttl] = amount(customer.amount);
        let largest = sentences::largest(customer);
        rows.push([customer.customer.clone(), keys, memory, largest, no_ttl]);
    }
    rows
}

/// Table with a row per customer, and one for each of its kinds of keys that use the most memory.
fn detail_table(customers: &[CustomerUse], shown: usize) -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("customer"),
        Column::Whole("resource"),
        Column::Number("keys"),
        Column::Number("memory"),
        Column::Number("no ttl"),
    ])
    .optional(&["no ttl"])
    .unless_zero(&["no ttl"]);
    for customer in customers {
        let [keys, memory, no_ttl] = amount(customer.amount);
        let name = customer.customer.clone();
        rows.push([name, "all".to_owned(), keys, memory, no_ttl]);
        let mut kinds: Vec<_> = customer.resources.iter().collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.amount.memory_bytes));
        for kind in kinds.into_iter().take(shown) {
            let [keys, memory, no_ttl] = amount(kind.amount);
            rows.push([
                String::new(),
                kind.resource.to_owned(),
                keys,
                memory,
                no_ttl,
            ]);
        }
    }
    rows
}

/// Table of the slow log, slowest first.
fn slow_log(log: &[Slow], verbose: bool) -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("slow command"),
        Column::Text("key"),
        Column::Whole("node"),
        Column::Number("ms"),
    ])
    .optional(&["node"])
    .shortened(&["key"]);
    let shown = if verbose { usize::MAX } else { SLOW };
    let mut slowest: Vec<_> = log.iter().collect();
    slowest.sort_by(|one, other| other.duration_ms.total_cmp(&one.duration_ms));
    for slow in slowest.into_iter().take(shown) {
        let key = slow.key.clone().unwrap_or_default();
        let time = figure(Some(slow.duration_ms));
        rows.push([slow.command.clone(), key, slow.addr.clone(), time]);
    }
    rows
}

/// Table of commands by their mean time inside the server, slowest first, without those of monitoring tools.
fn commands(all: &[CommandLatency]) -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("command"),
        Column::Whole("node"),
        Column::Number("avg us"),
        Column::Number("p50 us"),
        Column::Number("p99 us"),
        Column::Number("calls"),
    ])
    .optional(&["p50 us", "node"]);
    let mut sorted: Vec<&CommandLatency> = all.iter().filter(|one| !one.probe).collect();
    sorted.sort_by(|a, b| b.avg_ms.total_cmp(&a.avg_ms));
    let mut shown: Vec<(&str, usize)> = Vec::new();
    for one in sorted {
        match shown.iter_mut().find(|(addr, _)| *addr == one.addr) {
            Some((_, count)) if *count >= COMMANDS => continue,
            Some((_, count)) => *count += 1,
            None => shown.push((&one.addr, 1)),
        }
        rows.push([
            one.command.clone(),
            one.addr.clone(),
            microseconds(Some(one.avg_ms)),
            microseconds(one.p50_ms),
            microseconds(one.p99_ms),
            human::grouped(one.calls),
        ]);
    }
    rows
}

/// Formats keys, memory and keys without a TTL.
fn amount(amount: Amount) -> [String; 3] {
    [
        ranged(
            amount.keys,
            amount.keys_low,
            amount.keys_high,
            human::grouped,
        ),
        memory(amount).unwrap_or_else(|| "-".into()),
        ranged(
            amount.no_ttl_keys,
            amount.no_ttl_keys_low,
            amount.no_ttl_keys_high,
            human::grouped,
        ),
    ]
}

fn memory(amount: Amount) -> Option<String> {
    let (low, high) = (amount.memory_bytes_low?, amount.memory_bytes_high?);
    Some(ranged(amount.memory_bytes?, low, high, human::bytes))
}

/// Formats a number: with its interval if it is an estimate, and as `< n` if no key was drawn.
fn ranged(value: u64, low: u64, high: u64, shown: fn(u64) -> String) -> String {
    if low == high {
        shown(value)
    } else if value == 0 {
        format!("< {}", shown(high.saturating_add(1)))
    } else {
        format!("{} ({}–{})", shown(value), shown(low), shown(high))
    }
}

fn count(number: Option<u64>) -> String {
    human::or_dash(number, human::grouped)
}

fn figure(number: Option<f64>) -> String {
    human::or_dash(number, |number| {
        if number >= 10.0 {
            format!("{number:.1}")
        } else {
            format!("{number:.3}")
        }
    })
}

fn microseconds(milliseconds: Option<f64>) -> String {
    human::or_dash(milliseconds, |time| format!("{:.1}", time * 1000.0))
}

#[cfg(test)]
mod tests;
