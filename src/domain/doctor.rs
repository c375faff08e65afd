//! What a look at both sides found.

use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whose account it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it, or what to know of it.
    pub hint: Option<String>,
}

impl Check {
    /// One that is as it should be.
    pub(crate) fn passed(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            customer: None,
            ok: true,
            detail: detail.into(),
            hint: None,
        }
    }

    /// One that is not, with the remedy.
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

    /// The same with something to know.
    pub(crate) fn note(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
