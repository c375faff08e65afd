//! Standard input, which stands for a file once.

use crate::exit::Failure;
use crate::stop::Stop;
use std::cell::Cell;
use std::io;

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

    /// Claims stdin for `what` and reads its lines, blanks around them gone and empty ones left out.
    /// The reading ends early when the operator wants to stop.
    ///
    /// # Errors
    /// A usage failure where another option has claimed stdin, or where it cannot be read as text.
    pub async fn words(&self, what: &'static str, stop: &Stop) -> Result<Vec<String>, Failure> {
        self.claim(what)?;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        // A thread of its own: one that waits on stdin would keep the runtime from ending.
        std::thread::spawn(move || {
            // Nobody listens any more after a stop.
            let _ = sender.send(io::read_to_string(io::stdin()));
        });
        let text = tokio::select! {
            biased;
            signal = stop.raised() => return Err(Failure::signal(signal)),
            text = receiver => text,
        };
        match text {
            Ok(Ok(text)) => Ok(words(&text)),
            Ok(Err(error)) => Err(Failure::usage(format!("cannot read stdin: {error}"))),
            Err(_) => Err(Failure::usage("cannot read stdin")),
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(ToOwned::to_owned)
        .collect()
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

    #[test]
    fn lines_become_words_without_blanks_and_empty_ones() {
        assert_eq!(words(" prp_1 \r\n\n\tprp_2"), ["prp_1", "prp_2"]);
        assert!(words("\n \n").is_empty());
    }
}
