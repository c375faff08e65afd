//! Standard input, which stands for a file once.

use crate::exit::Failure;
use std::cell::Cell;

/// Who reads stdin; the second one is refused.
#[derive(Debug, Default)]
pub struct Stdin(Cell<Option<&'static str>>);

impl Stdin {
    /// Claims stdin for the option `what`.
    ///
    /// # Errors
    /// A usage failure where another option has claimed it.
    pub fn claim(&self, what: &'static str) -> Result<(), Failure> {
        if let Some(first) = self.0.replace(Some(what)) {
            return Err(Failure::usage(format!(
                "`-` stands for stdin twice, in {first} and in {what}"
            ))
            .hint("put one of them into a file"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stdin_is_given_once() {
        let stdin = Stdin::default();
        assert!(stdin.claim("--password-file").is_ok());
        let refused = stdin.claim("--from").unwrap_err();
        assert_eq!(refused.exit, crate::exit::Exit::Usage);
        assert_eq!(
            refused.message,
            "`-` stands for stdin twice, in --password-file and in --from"
        );
    }
}
