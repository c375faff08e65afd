//! Results of `doctor`'s checks of Valkey and Akamai.

use serde::Serialize;

/// One check and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was checked.
    pub name: &'static str,
    /// Customer whose account was checked, if the check is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    pub ok: bool,
    /// What the check found.
    pub detail: String,
    /// Remedy of a failed check, or a remark on a passed one.
    pub hint: Option<String>,
}

impl Check {
    /// Creates a check that passed.
    pub(crate) fn passed(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            customer: None,
            ok: true,
            detail: detail.into(),
            hint: None,
        }
    }

    /// Creates a check that failed, with the remedy.
    pub(crate) fn failed(
        name: &'static str,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            ok: false,
            hint: Some(hint.into()),
            ..Self::passed(name, detail)
        }
    }

    /// Adds a remark.
    pub(crate) fn note(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
