//! Sentences of the report for people.

use super::StatsView;
use crate::domain::stats::{Advice, CustomerUse, StatsReport};
use crate::output::reports::hit_rate::percent;
use crate::output::{Tone, human};

/// Number of largest kinds of keys named for a customer.
const LARGEST: usize = 2;

impl StatsView<'_> {
    /// Returns the verdict in one sentence.
    pub(super) fn verdict(&self, endpoint: &str) -> (Tone, String) {
        let report = self.report;
        let silent = report.nodes.iter().filter(|node| node.error.is_some());
        let silent = silent.count() as u64;
        let missed: Vec<&str> = report
            .targets
            .iter()
            .filter(|target| target.met == Some(false))
            .map(|target| target.name)
            .collect();
        let judged = report.targets.iter().filter(|target| target.met.is_some());
        let (judged, all) = (judged.count() as u64, report.targets.len() as u64);
        let targets = match (judged, missed.as_slice()) {
            (0, _) => "no data for any target yet".to_owned(),
            (judged, []) if judged < all => format!(
                "{judged} of {} met, {} without data",
                human::count(all, "target"),
                all - judged
            ),
            (_, []) => "all targets met".to_owned(),
            (_, missed) => format!(
                "{} of {} missed: {}",
                missed.len(),
                human::count(judged, "target"),
                missed.join(", ")
            ),
        };
        let (tone, text) = if silent > 0 {
            let nodes = human::count(report.nodes.len() as u64, "server");
            (
                Tone::Bad,
                format!("{silent} of {nodes} not answering, {targets}"),
            )
        } else if missed.is_empty() {
            (Tone::Good, targets)
        } else {
            (Tone::Poor, targets)
        };
        let whose = self
            .asked
            .as_ref()
            .map_or_else(String::new, |asked| format!(", {}", asked.join(", ")));
        (tone, format!("{}{whose}: {text}", human::address(endpoint)))
    }
}

/// Describes hit rate, savings and round trip; figures that were not measured are left out.
pub(super) fn figures(report: &StatsReport) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(counts) = report.counts().filter(|counts| counts.total() > 0) {
        let saved = report.api_calls_saved.filter(|saved| *saved > 0);
        let saved = saved.map_or_else(String::new, |saved| {
            let cost = report.cost_saved.map(human::dollars);
            let cost = cost.filter(|cost| *cost != human::dollars(0.0));
            let cost = cost.map_or_else(String::new, |cost| format!(" ({cost})"));
            format!("; saved {}{cost}", human::count(saved, "API call"))
        });
        lines.push(format!(
            "hit rate {} of {} in {}{saved}",
            percent(report.hit_rate),
            human::count(counts.total(), "read"),
            human::count(report.days.len() as u64, "day"),
        ));
    }
    let latency = report.latency_ms;
    if let (Some(half), Some(most)) = (latency.p50, latency.p99) {
        lines.push(format!(
            "round trip p50 {half:.2} ms, p99 {most:.2} ms ({})",
            human::count(latency.samples, "probe")
        ));
    }
    let errors: Vec<String> = report
        .errors
        .iter()
        .map(|error| format!("{} {}", error.error, human::grouped(error.count)))
        .collect();
    let errors = match errors.as_slice() {
        [] => String::new(),
        errors => format!(": {}", errors.join(", ")),
    };
    for (number, what, rest) in [
        (report.connection_errors, "refused connection", ""),
        (report.command_errors, "command error", errors.as_str()),
        (report.slow_queries, "slow command", ""),
    ] {
        if let Some(number) = number.filter(|number| *number > 0) {
            lines.push(format!("{}{rest}", human::count(number, what)));
        }
    }
    lines
}

/// Names the kinds of keys that use the most memory.
pub(super) fn largest(customer: &CustomerUse) -> String {
    let mut kinds: Vec<(&str, u64)> = customer
        .resources
        .iter()
        .filter_map(|kind| Some((kind.resource, kind.amount.memory_bytes?)))
        .filter(|(_, bytes)| *bytes > 0)
        .collect();
    kinds.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let named: Vec<String> = kinds
        .iter()
        .take(LARGEST)
        .map(|(name, bytes)| format!("{name} {}", human::bytes(*bytes)))
        .collect();
    named.join(", ")
}

/// Formats numbered recommendations, each with its command lines.
pub(super) fn advice(all: &[Advice], width: Option<usize>, evidence: bool) -> String {
    if all.is_empty() {
        return "Nothing to improve was found.\n".into();
    }
    let mut text = String::new();
    for (number, one) in all.iter().enumerate() {
        let lead = format!("{}. ", number + 1);
        let indent = " ".repeat(lead.len());
        let sentence = if one.text.contains(&one.about) {
            one.text.clone()
        } else {
            format!("{}: {}", one.about, one.text)
        };
        text.push_str(&human::wrapped(
            &format!("{lead}{sentence}"),
            width,
            &indent,
        ));
        if evidence {
            let figures: Vec<String> = one
                .evidence
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let figures = format!("{indent}({})", figures.join(" "));
            text.push_str(&human::wrapped(&figures, width, &indent));
        }
        // Command lines are not wrapped, so that they can be copied.
        for command in &one.commands {
            text.extend([indent.as_str(), command.as_str(), "\n"]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stats::{Latency, NodeStats, PerformanceTarget};

    fn target(name: &'static str, met: Option<bool>) -> PerformanceTarget {
        PerformanceTarget {
            name,
            met,
            ..PerformanceTarget::default()
        }
    }

    fn verdict(report: &StatsReport) -> String {
        let view = StatsView {
            report,
            asked: Some(vec!["acme"]),
            price: 0.001,
            at: 0,
        };
        view.verdict("redis://h:1/0").1
    }

    #[test]
    fn the_verdict_names_missed_targets_and_counts_silent_servers() {
        let mut report = StatsReport::default();
        assert_eq!(verdict(&report), "h:1, acme: no data for any target yet");
        report.targets = vec![target("hit_rate", Some(true)), target("search_ms", None)];
        assert_eq!(
            verdict(&report),
            "h:1, acme: 1 of 2 targets met, 1 without data"
        );
        report.targets[1].met = Some(true);
        assert_eq!(verdict(&report), "h:1, acme: all targets met");
        report.targets[1].met = None;
        report.targets.push(target("property_ms", Some(false)));
        assert_eq!(
            verdict(&report),
            "h:1, acme: 1 of 2 targets missed: property_ms"
        );
        report.nodes = vec![NodeStats::default(), NodeStats::default()];
        report.nodes[0].error = Some("connection refused".into());
        assert_eq!(
            verdict(&report),
            "h:1, acme: 1 of 2 servers not answering, 1 of 2 targets missed: property_ms"
        );
    }

    #[test]
    fn only_measured_figures_are_reported() {
        let mut report = StatsReport {
            command_errors: Some(0),
            slow_queries: Some(0),
            ..StatsReport::default()
        };
        assert_eq!(figures(&report), [""; 0]);
        report.days = vec!["2026-11-28".into(); 7];
        (report.hits, report.misses) = (Some(400_634), Some(61_905));
        report.hit_rate = Some(86.616);
        (report.api_calls_saved, report.cost_saved) = (Some(400_634), Some(400.634));
        report.slow_queries = Some(1);
        report.latency_ms = Latency {
            p50: Some(0.05),
            p99: Some(0.07),
            samples: 200,
            ..Latency::default()
        };
        assert_eq!(
            figures(&report),
            [
                "hit rate 86.6% of 462,539 reads in 7 days; saved 400,634 API calls ($400.63)",
                "round trip p50 0.05 ms, p99 0.07 ms (200 probes)",
                "1 slow command",
            ]
        );
        (report.api_calls_saved, report.cost_saved) = (Some(2), Some(0.002));
        assert!(figures(&report)[0].ends_with("saved 2 API calls"));
    }

    #[test]
    fn advice_is_numbered_and_its_command_lines_are_not_wrapped() {
        let one = Advice {
            about: "127.0.0.1:31539".into(),
            text: "no memory limit is set: the machine decides what is killed".into(),
            commands: vec!["valkey-cli CONFIG SET maxmemory-policy volatile-lfu # by hand".into()],
            ..Advice::default()
        };
        let expected = "\
1. 127.0.0.1:31539: no memory limit is
   set: the machine decides what is
   killed
   valkey-cli CONFIG SET maxmemory-policy volatile-lfu # by hand
";
        assert_eq!(advice(&[one], Some(40), false), expected);
        assert_eq!(advice(&[], None, false), "Nothing to improve was found.\n");
    }
}
