//! The figures that alerts and assertions compare with.

/// The figures in force, by name. Rates are in percent, times in milliseconds, memory in megabytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thresholds(Vec<(&'static str, f64)>);

/// The performance targets that the cache is run for.
impl Default for Thresholds {
    fn default() -> Self {
        Self(vec![
            ("hit_rate", 85.0),
            ("api_call_reduction", 80.0),
            ("property_list_ms", 50.0),
            ("search_ms", 100.0),
            ("property_ms", 20.0),
            ("customer_memory_mb", 50.0),
        ])
    }
}

impl Thresholds {
    /// The names that the configuration may use.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::default().0.into_iter().map(|(name, _)| name)
    }

    /// Each figure with its name, to be read or replaced.
    pub(crate) fn each(&mut self) -> impl Iterator<Item = &mut (&'static str, f64)> {
        self.0.iter_mut()
    }

    /// The figure of that name.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, figure)| *figure)
    }
}
