//! What a scan of the keys covered.

use serde::Serialize;
use std::collections::BTreeSet;

/// Part of the keyspace that a scan covered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Primaries at the end of the scan.
    pub primaries: usize,
    /// Primaries scanned to the end. If all keys that can be removed are known beforehand, each is requested from its
    /// owner instead, and nothing else can exist.
    pub primaries_scanned: usize,
    /// Hash slots with an owner.
    pub slots: u32,
    /// Hash slots of the scanned primaries.
    pub slots_scanned: u32,
    /// True if a primary or a slot moved, or if replicas that were in sync at the start lack the writes: nothing proves
    /// that the operation is complete.
    pub topology_changed: bool,
    /// Slots that were still moving between primaries at the end.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub moving_slots: BTreeSet<u16>,
    /// True if a primary does not tell its run id, so that a restart during the scan is not noticed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub run_ids_unknown: bool,
}

impl Coverage {
    /// Describes what prevented a proof of completion.
    pub(crate) fn change(&self) -> String {
        let named: Vec<String> = self
            .moving_slots
            .iter()
            .take(10)
            .map(u16::to_string)
            .collect();
        let more = match self.moving_slots.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        match self.moving_slots.len() {
            0 => "the primaries changed during the run".to_owned(),
            1 => format!("slot {} is still moving between primaries", named.concat()),
            _ => format!(
                "slots {}{more} are still moving between primaries",
                named.join(", ")
            ),
        }
    }
}
