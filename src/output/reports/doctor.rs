//! Report of `doctor`.

use crate::domain::doctor::Check;
use crate::output::human::count;
use crate::output::{Output, WriteError};
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
        out.line_of_report(&match failed {
            0 => "All checks passed.".to_owned(),
            failed => format!(
                "{} of {} failed.",
                failed,
                count(self.checks.len() as u64, "check")
            ),
        })?;
        for check in self.checks {
            let mark = if check.ok { "✓" } else { "✗" };
            let of = check.customer.as_deref();
            let of = of
                .map(|customer| format!(" ({customer})"))
                .unwrap_or_default();
            out.line_of_report(&format!("{mark} {}{of}: {}", check.name, check.detail))?;
            if let Some(hint) = &check.hint {
                out.line_of_report(&format!("    {hint}"))?;
            }
        }
        Ok(())
    }
}
