//! Text that must never be shown.

use std::fmt;

/// A password, token or signing secret. `Debug` and `Display` are redacted, so that no log, error or report can
/// leak it by accident. [`Secret::reveal`] is the only way to the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text that must not be shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the wire only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Masks everything before the last `@` of a text that may be an address: people paste URLs with passwords where a
/// host is expected.
pub(crate) fn masked(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            let mark = if scheme.is_empty() { "" } else { "://" };
            format!("{scheme}{mark}********@{host}")
        }
        None => text.to_owned(),
    }
}

/// Returns true if a file of this mode shows its secrets to more users than it should. A group may read the file of
/// another owner: whoever mounts secrets for a service (Kubernetes, systemd) gives them to it in this way, and it could
/// not change that.
pub(crate) const fn is_open_to_others(mode: u32, is_owner: bool) -> bool {
    let refused = if is_owner { 0o077 } else { 0o007 };
    mode & refused != 0
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_may_read_only_the_file_of_another_owner() {
        for (mode, own, of_another) in [
            (0o600, false, false),
            (0o440, true, false),
            (0o640, true, false),
            (0o604, true, true),
            (0o644, true, true),
        ] {
            assert_eq!(is_open_to_others(mode, true), own, "{mode:o}");
            assert_eq!(is_open_to_others(mode, false), of_another, "{mode:o}");
        }
    }

    #[test]
    fn a_secret_shows_itself_neither_by_debug_nor_by_display() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {secret}"), "(redacted) ********");
        assert_eq!(secret.reveal(), "hunter2");
    }
}
