//! The performance targets that the cache is run for, each with what was measured.

use crate::domain::stats::PerformanceTarget;

/// What there is to judge by; `None` where nothing was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Measured {
    /// Percent of the reads that the cache answered.
    pub hit_rate: Option<f64>,
    /// Milliseconds to read a list of properties (95 of 100 were faster).
    pub property_list_ms: Option<f64>,
    /// Milliseconds to read what a search for a host name reads.
    pub search_ms: Option<f64>,
    /// Milliseconds to read one property.
    pub property_ms: Option<f64>,
    /// Megabytes of the customer with the most.
    pub customer_memory_mb: Option<f64>,
}

/// Which side of the target is good.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast,
    AtMost,
}

/// Judges by the figures in force, by name.
pub(crate) fn judge(
    figure: impl Fn(&str) -> Option<f64>,
    measured: &Measured,
) -> Vec<PerformanceTarget> {
    // Each read that the cache answers is a call that is not made.
    let rows = [
        ("hit_rate", Bound::AtLeast, "%", measured.hit_rate),
        ("api_call_reduction", Bound::AtLeast, "%", measured.hit_rate),
        (
            "property_list_ms",
            Bound::AtMost,
            "ms",
            measured.property_list_ms,
        ),
        ("search_ms", Bound::AtMost, "ms", measured.search_ms),
        ("property_ms", Bound::AtMost, "ms", measured.property_ms),
        (
            "customer_memory_mb",
            Bound::AtMost,
            "MB",
            measured.customer_memory_mb,
        ),
    ];
    let targets = rows.into_iter().filter_map(|(name, want, unit, actual)| {
        let target = figure(name)?;
        let met = actual.map(|actual| match want {
            Bound::AtLeast => actual >= target,
            Bound::AtMost => actual <= target,
        });
        Some(PerformanceTarget {
            name,
            target,
            actual,
            unit,
            met,
        })
    });
    targets.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_missed_or_not_known() {
        let measured = Measured {
            hit_rate: Some(82.0),
            property_ms: Some(20.0),
            search_ms: Some(100.1),
            ..Measured::default()
        };
        let figure = |name: &str| {
            let figures = [
                ("hit_rate", 85.0),
                ("api_call_reduction", 80.0),
                ("property_list_ms", 50.0),
                ("search_ms", 100.0),
                ("property_ms", 20.0),
            ];
            figures
                .into_iter()
                .find(|(known, _)| *known == name)
                .map(|(_, figure)| figure)
        };
        let met: Vec<_> = judge(figure, &measured)
            .into_iter()
            .map(|target| (target.name, target.met))
            .collect();
        assert_eq!(
            met,
            [
                ("hit_rate", Some(false)),
                ("api_call_reduction", Some(true)),
                ("property_list_ms", None),
                ("search_ms", Some(false)),
                ("property_ms", Some(true)),
            ]
        );
    }
}
