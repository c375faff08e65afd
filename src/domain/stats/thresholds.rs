//! The figures that alerts and assertions compare with.

use super::targets::TARGETS;

/// The figures in force, by name. Rates are in percent, times in milliseconds, memory in megabytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thresholds(Vec<(&'static str, f64)>);

/// The performance targets that the cache is run for.
impl Default for Thresholds {
    fn default() -> Self {
        Self(TARGETS.map(|(name, default, ..)| (name, default)).into())
    }
}

impl Thresholds {
    /// The names that the configuration may use.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::default().0.into_iter().map(|(name, _)| name)
    }

    /// Returns true if the figure of that name is a percentage.
    pub(crate) fn is_share(name: &str) -> bool {
        TARGETS
            .iter()
            .any(|(known, _, _, unit)| *known == name && *unit == "%")
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
