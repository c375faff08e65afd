//! The report for people.

use super::StatsView;
use crate::domain::measure::{Amount, Node};
use crate::output::reports::customers::warn_of_not_manageable;
use crate::output::reports::hit_rate::percent;
use crate::output::table::{Column, Rows};
use crate::output::{Error, Output, human};

/// Commands that are shown for each server; the rest is in the JSON.
const COMMANDS: usize = 8;

impl StatsView<'_> {
    /// Writes all tables.
    pub(super) fn tables(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        let names = self
            .asked
            .as_ref()
            .map_or("all customers".into(), |asked| asked.join(", "));
        out.note(&format!("{endpoint}, {names}"));
        self.nodes(out)?;
        self.customers(out)?;
        self.latency(out)?;
        self.slow_log(out)?;
        self.counts(out)?;
        self.targets(out)?;
        self.advice(out)
    }

    fn nodes(&self, out: &Output) -> Result<(), Error> {
        let mut rows = Rows::new(&[
            Column::Text("node"),
            Column::Text("role"),
            Column::Text("version"),
            Column::Number("memory"),
            Column::Number("limit"),
            Column::Number("keys"),
            Column::Number("evicted"),
            Column::Number("expired"),
            Column::Number("clients"),
            Column::Number("rejected"),
            Column::Number("ops/s"),
            Column::Number("lag"),
        ]);
        for node in &self.report.nodes {
            rows.push(node_cells(node));
        }
        out.table(rows)?;
        for node in &self.report.nodes {
            if let Some(error) = &node.error {
                out.warn(&format!("{} could not be asked: {error}", node.addr));
            }
            if node.replication_link_up == Some(false) {
                out.warn(&format!("{} does not hear its primary", node.addr));
            }
        }
        if let Some(sentinel) = &self.report.sentinel {
            let quorum = match sentinel.quorum_met {
                Some(true) => "met",
                Some(false) => "NOT met",
                None => "unknown",
            };
            let mut rows = Rows::new(&[
                Column::Text("master"),
                Column::Text("primary"),
                Column::Number("sentinels"),
                Column::Number("quorum"),
                Column::Text("quorum is"),
            ]);
            rows.push([
                sentinel.master.clone(),
                sentinel.primary.clone().unwrap_or_else(|| "-".into()),
                count(sentinel.sentinels),
                count(sentinel.quorum),
                quorum.into(),
            ]);
            out.data("\n")?;
            out.table(rows)?;
            if let Some(error) = &sentinel.error {
                out.warn(&format!("no sentinel could be asked: {error}"));
            }
        }
        Ok(())
    }

    fn customers(&self, out: &Output) -> Result<(), Error> {
        warn_of_not_manageable(out, &self.report.not_manageable);
        if self.report.customers.is_empty() {
            return Ok(());
        }
        let mut rows = Rows::new(&[
            Column::Text("customer"),
            Column::Text("resource"),
            Column::Number("keys"),
            Column::Number("memory"),
            Column::Number("no ttl"),
        ]);
        for customer in &self.report.customers {
            rows.push(amount_cells(&customer.customer, "all", customer.amount));
            for kind in &customer.resources {
                rows.push(amount_cells("", kind.resource, kind.amount));
            }
        }
        out.data("\n")?;
        out.table(rows)?;
        if self
            .report
            .customers
            .iter()
            .any(|customer| customer.sampled)
        {
            out.note(&format!(
                "estimated from {} keys, with the interval that holds in 95 of 100 cases; `--full` looks at every key",
                self.report.keys_examined
            ));
        }
        Ok(())
    }

    fn latency(&self, out: &Output) -> Result<(), Error> {
        let latency = self.report.latency_ms;
        let mut rows = Rows::new(&[
            Column::Text("latency in ms"),
            Column::Number("avg"),
            Column::Number("p50"),
            Column::Number("p95"),
            Column::Number("p99"),
            Column::Number("count"),
        ]);
        rows.push([
            "round trip".to_owned(),
            figure(latency.avg),
            figure(latency.p50),
            figure(latency.p95),
            figure(latency.p99),
            latency.samples.to_string(),
        ]);
        let mut shown: Vec<(&str, usize)> = Vec::new();
        for one in &self.report.server_latency {
            match shown.iter_mut().find(|(addr, _)| *addr == one.addr) {
                Some((_, count)) if *count >= COMMANDS => continue,
                Some((_, count)) => *count += 1,
                None => shown.push((&one.addr, 1)),
            }
            rows.push([
                format!("{} {}", one.addr, one.command),
                figure(Some(one.avg_ms)),
                figure(one.p50_ms),
                "-".into(),
                figure(one.p99_ms),
                one.calls.to_string(),
            ]);
        }
        out.data("\n")?;
        out.table(rows)
    }

    fn slow_log(&self, out: &Output) -> Result<(), Error> {
        let mut rows = Rows::new(&[Column::Text("health"), Column::Number("count")]);
        for (name, number) in [
            ("slow queries", self.report.slow_queries),
            ("connection errors", self.report.connection_errors),
            ("command errors", self.report.command_errors),
        ] {
            rows.push([name.to_owned(), count(number)]);
        }
        for error in &self.report.errors {
            rows.push([format!("  {}", error.error), error.count.to_string()]);
        }
        out.data("\n")?;
        out.table(rows)?;
        if self.report.slow_log.is_empty() {
            return Ok(());
        }
        let mut rows = Rows::new(&[
            Column::Text("slow query"),
            Column::Text("key"),
            Column::Text("node"),
            Column::Number("ms"),
        ]);
        for slow in &self.report.slow_log {
            let key = slow.key.clone().unwrap_or_default();
            rows.push([
                slow.command.clone(),
                key,
                slow.addr.clone(),
                figure(Some(slow.duration_ms)),
            ]);
        }
        out.data("\n")?;
        out.table(rows)
    }

    fn counts(&self, out: &Output) -> Result<(), Error> {
        let report = self.report;
        let mut rows = Rows::new(&[
            Column::Text("days"),
            Column::Number("hits"),
            Column::Number("misses"),
            Column::Number("hit rate"),
            Column::Number("api calls saved"),
            Column::Number("saved"),
        ]);
        let Some(counts) = report.counts() else {
            return Ok(());
        };
        rows.push([
            report.days.len().to_string(),
            counts.hits.to_string(),
            counts.misses.to_string(),
            percent(report.hit_rate),
            count(report.api_calls_saved),
            report
                .cost_saved
                .map_or_else(|| "-".into(), |cost| format!("${cost}")),
        ]);
        out.data("\n")?;
        out.table(rows)
    }

    fn targets(&self, out: &Output) -> Result<(), Error> {
        let mut rows = Rows::new(&[
            Column::Text("target"),
            Column::Number("wanted"),
            Column::Number("measured"),
            Column::Text("met"),
        ]);
        for target in &self.report.targets {
            let measured = target.actual.map_or_else(
                || "-".into(),
                |actual| match target.unit {
                    "%" => percent(Some(actual)),
                    unit => format!("{} {unit}", figure(Some(actual))),
                },
            );
            let met = match target.met {
                Some(true) => "✓",
                Some(false) => "✗",
                None => "-",
            };
            rows.push([
                target.name.to_owned(),
                format!("{} {}", target.target, target.unit),
                measured,
                met.to_owned(),
            ]);
        }
        out.data("\n")?;
        out.table(rows)
    }

    fn advice(&self, out: &Output) -> Result<(), Error> {
        let Some(advice) = &self.report.advice else {
            return Ok(());
        };
        if advice.is_empty() {
            return out.data("\nnothing that was measured gives reason for advice\n");
        }
        let mut rows = Rows::new(&[
            Column::Text("about"),
            Column::Text("advice"),
            Column::Text("evidence"),
        ]);
        for one in advice {
            let evidence: Vec<String> = one
                .evidence
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            rows.push([one.about.clone(), one.text.clone(), evidence.join(" ")]);
        }
        out.data("\n")?;
        out.table(rows)
    }
}

fn node_cells(node: &Node) -> [String; 12] {
    let bytes = |number: Option<u64>| number.map_or_else(|| "-".into(), human::bytes);
    let role = match (&node.error, node.role) {
        (Some(_), _) => "FAILED",
        (None, role) => role.unwrap_or("-"),
    };
    [
        node.addr.clone(),
        role.into(),
        match (node.program, &node.version) {
            (Some(program), Some(version)) => format!("{program} {version}"),
            _ => "-".into(),
        },
        bytes(node.used_memory_bytes),
        match node.max_memory_bytes {
            Some(0) => "none".into(),
            limit => bytes(limit),
        },
        count(node.keys),
        count(node.evicted_keys),
        count(node.expired_keys),
        count(node.connected_clients),
        count(node.rejected_connections),
        count(node.ops_per_second),
        bytes(node.replication_lag_bytes),
    ]
}

fn amount_cells(customer: &str, resource: &str, amount: Amount) -> [String; 5] {
    [
        customer.to_owned(),
        resource.to_owned(),
        ranged(amount.keys, amount.keys_low, amount.keys_high, |n| {
            n.to_string()
        }),
        ranged(
            amount.memory_bytes,
            amount.memory_bytes_low,
            amount.memory_bytes_high,
            human::bytes,
        ),
        ranged(
            amount.no_ttl_keys,
            amount.no_ttl_keys_low,
            amount.no_ttl_keys_high,
            |n| n.to_string(),
        ),
    ]
}

/// A number, its interval where it is an estimate, and `< n` where nothing was seen.
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
    number.map_or_else(|| "-".into(), |number| number.to_string())
}

fn figure(number: Option<f64>) -> String {
    number.map_or_else(
        || "-".into(),
        |number| {
            if number >= 10.0 {
                format!("{number:.1}")
            } else {
                format!("{number:.3}")
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_is_bounded_and_not_denied() {
        let shown = |value, low, high| ranged(value, low, high, |n| n.to_string());
        assert_eq!(shown(7, 7, 7), "7");
        assert_eq!(shown(0, 0, 384), "< 385");
        assert_eq!(shown(10, 5, 20), "10 (5–20)");
        assert_eq!(shown(0, 0, 0), "0");
    }
}
