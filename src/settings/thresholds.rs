//! The figures that alerts and assertions compare with.

/// The figures, by name, with their defaults: the performance targets that the cache is run for.
const FIGURES: [(&str, f64); 6] = [
    ("hit_rate", 85.0),
    ("api_call_reduction", 80.0),
    ("property_list_ms", 50.0),
    ("search_ms", 100.0),
    ("property_ms", 20.0),
    ("customer_memory_mb", 50.0),
];

/// The figures in force. Rates are in percent, times in milliseconds, memory in megabytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thresholds(Vec<(&'static str, f64)>);

impl Default for Thresholds {
    fn default() -> Self {
        Self(FIGURES.to_vec())
    }
}

impl Thresholds {
    /// The names that the configuration may use.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        FIGURES.into_iter().map(|(name, _)| name)
    }

    /// Takes another figure than the default; false where there is no such name.
    pub(crate) fn set(&mut self, name: &str, figure: f64) -> bool {
        let found = self.0.iter_mut().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value = figure).is_some()
    }

    /// The figure of that name.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, figure)| *figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_replaced_by_name_and_unknown_names_are_refused() {
        let mut thresholds = Thresholds::default();
        assert!(thresholds.set("hit_rate", 90.0));
        assert!(!thresholds.set("hit_rat", 90.0));
        assert_eq!(thresholds.get("hit_rate"), Some(90.0));
        assert_eq!(thresholds.get("search_ms"), Some(100.0));
        assert_eq!(thresholds.get("nothing"), None);
    }
}
