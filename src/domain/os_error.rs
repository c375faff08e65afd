//! What the system says of a failure, as the end of a sentence of ours.

use std::fmt::Display;

/// `Connection refused (os error 111) at path "/x/.tmp1"` becomes `connection refused`.
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
    fn numbers_and_names_of_files_in_passing_are_left_out() {
        assert_eq!(cause("Is a directory (os error 21)"), "is a directory");
        assert_eq!(cause("No file at path \"/x/.tmpA\""), "no file");
        assert_eq!(cause(""), "");
    }
}
