//! Errors of the operating system, shortened to end one of this program's messages.

use std::fmt::Display;

/// Turns `Connection refused (os error 111) at path "/x/.tmp1"` into `connection refused`.
pub(crate) fn cause(error: impl Display) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let text = text.split(" at path").next().unwrap_or_default();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_numbers_and_temporary_paths_are_left_out() {
        assert_eq!(cause("Is a directory (os error 21)"), "is a directory");
        assert_eq!(cause("No file at path \"/x/.tmpA\""), "no file");
        assert_eq!(cause(""), "");
    }
}
