//! Prometheus' text exposition format: metric names with a unit, help, type, and escaped labels.

use super::escape::escape;
use std::fmt::Write as _;

/// Type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only goes up until the server restarts.
    Counter,
    /// Quantiles, a sum and a count.
    Summary,
}

/// A metric. Dashboards and alerts depend on its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name, which ends with the unit.
    pub name: &'static str,
    pub kind: MetricKind,
    /// Help text.
    pub help: &'static str,
}

/// Exposition text, built metric by metric.
#[derive(Debug, Default)]
pub(crate) struct Exposition(String);

/// The labels of a sample.
pub(crate) type Labels<'a> = Vec<(&'static str, &'a str)>;

impl Exposition {
    /// Adds a metric with all its samples; a metric without samples is left out.
    pub(crate) fn add<'a>(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (Labels<'a>, Option<f64>)>,
    ) {
        self.add_suffixed(
            metric,
            samples
                .into_iter()
                .map(|(labels, value)| ("", labels, value)),
        );
    }

    /// Adds a metric without labels.
    pub(crate) fn add_one(&mut self, metric: &Metric, value: Option<f64>) {
        self.add(metric, [(Vec::new(), value)]);
    }

    /// Adds a metric whose samples have name suffixes, such as the sum and the count of a summary.
    pub(crate) fn add_suffixed<'a>(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (&'static str, Labels<'a>, Option<f64>)>,
    ) {
        let mut begun = false;
        for (suffix, labels, value) in samples {
            let Some(value) = value else { continue };
            if !begun {
                begun = true;
                let kind = match metric.kind {
                    MetricKind::Gauge => "gauge",
                    MetricKind::Counter => "counter",
                    MetricKind::Summary => "summary",
                };
                let help = metric.help.replace('\\', "\\\\").replace('\n', "\\n");
                // Writing to a string cannot fail, here and below.
                let _ = writeln!(self.0, "# HELP {} {help}", metric.name);
                let _ = writeln!(self.0, "# TYPE {} {kind}", metric.name);
            }
            let _ = write!(self.0, "{}{suffix}", metric.name);
            for (at, (name, value)) in labels.iter().enumerate() {
                let open = if at == 0 { '{' } else { ',' };
                let _ = write!(self.0, "{open}{name}=\"{}\"", label(value));
            }
            let close = if labels.is_empty() { "" } else { "}" };
            let _ = writeln!(self.0, "{close} {}", number(value));
        }
    }

    pub(crate) fn text(self) -> String {
        self.0
    }
}

/// Escapes a label as the format wants it, and before that what could harm whoever shows the text.
fn label(value: &str) -> String {
    let lines = value.split('\n').map(|line| {
        let line = escape(line).replace('\\', "\\\\");
        line.replace('"', "\\\"")
    });
    lines.collect::<Vec<_>>().join("\\n")
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.into()
    } else if value.fract() == 0.0 {
        value.to_string()
    } else {
        // To 15 digits, because the last one of a quotient may be off: 0.009 / 1000 is 0.000008999999999999999.
        let rounded = format!("{value:.14e}").parse().unwrap_or(value);
        rounded.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Metric = Metric {
        name: "test_keys",
        kind: MetricKind::Gauge,
        help: "Keys \\ and\nmore.",
    };

    #[test]
    fn a_metric_has_help_type_and_escaped_labels() {
        let mut text = Exposition::default();
        text.add(
            &KEYS,
            [
                (vec![("customer", "a\"b\\c\nd"), ("node", "h:1")], Some(3.0)),
                (vec![("customer", "x")], None),
                (vec![("customer", "\u{1b}##[a]")], Some(1.0)),
                (Vec::new(), Some(0.25)),
                (Vec::new(), Some(0.009 / 1000.0)),
            ],
        );
        assert_eq!(
            text.text(),
            "# HELP test_keys Keys \\\\ and\\nmore.\n# TYPE test_keys gauge\n\
             test_keys{customer=\"a\\\"b\\\\c\\nd\",node=\"h:1\"} 3\n\
             test_keys{customer=\"\\\\u{1b}#\\\\#[a]\"} 1\ntest_keys 0.25\n\
             test_keys 0.000009\n"
        );
    }

    #[test]
    fn a_metric_without_a_value_is_left_out() {
        let mut text = Exposition::default();
        text.add_one(&KEYS, None);
        assert_eq!(text.text(), "");
    }
}
