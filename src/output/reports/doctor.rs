//! Report of `doctor`.

use crate::domain::doctor::Check;
use crate::output::human::count;
use crate::output::{Output, Tone, WriteError};
use serde::Serialize;

/// The checks made.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorReport<'a> {
    /// The checks, in the order in which they were made.
    pub checks: &'a [Check],
}

impl DoctorReport<'_> {
    /// Prints the checks with a verdict.
    pub(crate) fn show<'n>(
        &self,
        out: &Output,
        endpoint: &str,
        customers: impl Iterator<Item = &'n str>,
    ) -> Result<(), WriteError> {
        if out.is_json() {
            return out.document("doctor", endpoint, customers, self);
        }
        let failed = self.checks.iter().filter(|check| !check.ok).count() as u64;
        if failed == 0 {
            out.verdict(Tone::Good, "All checks passed.")?;
        } else {
            let all = count(self.checks.len() as u64, "check");
            out.verdict(Tone::Bad, &format!("{failed} of {all} failed."))?;
        }
        for check in self.checks {
            let mark = if check.ok { "✓" } else { "✗" };
            let of = check.customer.as_deref();
            let of = of
                .map(|customer| format!(" ({customer})"))
                .unwrap_or_default();
            let line = format!("{mark} {}{of}: {}", check.name, check.detail);
            match tone(check) {
                Some(tone) => out.line_in_tone(tone, &line)?,
                None => out.line_of_report(&line)?,
            }
            if let Some(hint) = &check.hint {
                out.line_of_report(&format!("    {hint}"))?;
            }
        }
        Ok(())
    }
}

/// Tone of a check that needs attention.
fn tone(check: &Check) -> Option<Tone> {
    match (check.ok, &check.hint) {
        (false, _) => Some(Tone::Bad),
        (true, Some(_)) => Some(Tone::Poor),
        (true, None) => None,
    }
}
