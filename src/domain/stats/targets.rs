//! Performance targets of the cache, with the measured values.

use crate::domain::stats::PerformanceTarget;

/// Measured values; `None` if there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Measurements {
    /// Percentage of the reads answered from the cache.
    pub hit_rate: Option<f64>,
    /// Milliseconds to read a list of properties (95th percentile).
    pub property_list_ms: Option<f64>,
    /// Milliseconds to read the keys that a search for a host name reads.
    pub search_ms: Option<f64>,
    /// Milliseconds to read one property.
    pub property_ms: Option<f64>,
    /// Megabytes (1,000,000 bytes) of the customer with the most memory.
    pub customer_memory_mb: Option<f64>,
}

/// Which side of the target is good.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    AtLeast,
    AtMost,
}

/// Name, default, bound and unit of each target, in display order.
pub(super) const TARGETS: [(&str, f64, Bound, &str); 6] = [
    ("hit_rate", 85.0, Bound::AtLeast, "%"),
    ("api_call_reduction", 80.0, Bound::AtLeast, "%"),
    ("property_list_ms", 50.0, Bound::AtMost, "ms"),
    ("search_ms", 100.0, Bound::AtMost, "ms"),
    ("property_ms", 20.0, Bound::AtMost, "ms"),
    ("customer_memory_mb", 50.0, Bound::AtMost, "MB"),
];

/// Compares the measured values with the targets in force; `figure` returns a target by its name.
pub(crate) fn judge(
    figure: impl Fn(&str) -> Option<f64>,
    measured: &Measurements,
) -> Vec<PerformanceTarget> {
    let targets = TARGETS.into_iter().filter_map(|(name, _, bound, unit)| {
        let target = figure(name)?;
        let actual = match name {
            // Each read answered from the cache saves a call.
            "hit_rate" | "api_call_reduction" => measured.hit_rate,
            "property_list_ms" => measured.property_list_ms,
            "search_ms" => measured.search_ms,
            "property_ms" => measured.property_ms,
            _ => measured.customer_memory_mb,
        };
        let met = actual.map(|actual| match bound {
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
        let measured = Measurements {
            hit_rate: Some(82.0),
            property_ms: Some(20.0),
            search_ms: Some(100.1),
            ..Measurements::default()
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
