//! The live view: a plain line for each measurement.

use super::hit_rate::percent;
use super::{Error, Output, human};
use crate::domain::hit_rate::MissedKey;
use crate::domain::measure::Report;

/// A view that is shown again and again.
#[derive(Debug)]
pub struct Live {
    commands: Option<u64>,
}

impl Live {
    /// Begins.
    pub fn begin(out: &Output, endpoint: &str) -> Result<Self, Error> {
        out.note(&format!("watching {endpoint}"));
        Ok(Self { commands: None })
    }

    /// Waits until the operator wants to leave.
    pub async fn quit(&mut self) {
        std::future::pending::<()>().await;
    }

    /// Shows what was measured.
    pub fn show(
        &mut self,
        out: &Output,
        report: &Report,
        missed: &[MissedKey],
    ) -> Result<(), Error> {
        let ops: Option<u64> = report.nodes.iter().map(|node| node.ops_per_second).sum();
        let number = |number: Option<u64>| number.map_or_else(|| "-".into(), |n| n.to_string());
        let most = missed.first().map_or_else(
            || "-".to_owned(),
            |missed| format!("{} ({})", missed.key, missed.misses),
        );
        self.commands = ops;
        out.data(&format!(
            "{} hit rate {}, {} ops/s, p99 {} ms, memory {}, evicted {}, most missed {}\n",
            jiff::Timestamp::now().strftime("%FT%TZ"),
            percent(report.hit_rate),
            number(ops),
            report
                .latency_ms
                .p99
                .map_or_else(|| "-".into(), |p99| format!("{p99:.3}")),
            report
                .used_memory_bytes
                .map_or_else(|| "-".into(), human::bytes),
            number(report.evicted_keys),
            super::escape::escape(&most),
        ))
    }
}
