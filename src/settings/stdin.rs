//! Standard input, which can be a file once.

use crate::exit::Failure;
use crate::stop::Stop;
use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, Read as _};

/// The most bytes that a list on stdin may hold: half a million ids.
const LIST_MAX: u64 = 16 << 20;

/// Who reads stdin; the second one is refused.
#[derive(Debug, Default)]
pub(crate) struct Stdin {
    /// For what the command is going to read it.
    announced: Option<&'static str>,
    claimed: Cell<Option<&'static str>>,
}

impl Stdin {
    /// The stdin of a command that is going to read it for `what`: whoever claims it before is refused
    /// at once, and not only when that has been waited for.
    pub(crate) fn kept_for(what: Option<&'static str>) -> Self {
        Self {
            announced: what,
            claimed: Cell::default(),
        }
    }

    /// Claims stdin for the option `what`.
    ///
    /// # Errors
    /// A usage failure where another option has claimed it.
    pub(crate) fn claim(&self, what: &'static str) -> Result<(), Failure> {
        let earlier = self.claimed.replace(Some(what));
        let other = earlier.or(self.announced.filter(|announced| *announced != what));
        match other {
            Some(other) => Err(Failure::usage(format!(
                "`-` is stdin and was given twice, in {other} and in {what}"
            ))
            .hint("put one of them into a file")),
            None => Ok(()),
        }
    }

    /// The words that were typed, each once, with the lines of stdin in the place of `-`: without blanks
    /// around them, empty lines and comments, which begin with `#`. The reading ends early when the operator
    /// wants to stop.
    ///
    /// # Errors
    /// A usage failure where stdin is claimed twice, cannot be read as text or holds more than 16 MB, or
    /// where a line holds several words.
    pub(crate) async fn words(
        &self,
        typed: &[String],
        what: &'static str,
        stop: &Stop,
    ) -> Result<Vec<String>, Failure> {
        for _ in typed.iter().filter(|word| *word == "-") {
            self.claim(what)?;
        }
        let mut words = Vec::new();
        for word in typed {
            if word == "-" {
                words.extend(lines(&all(stop).await?)?);
            } else {
                words.push(word.clone());
            }
        }
        let mut known = HashSet::new();
        words.retain(|word| known.insert(word.clone()));
        Ok(words)
    }
}

/// Everything on stdin.
async fn all(stop: &Stop) -> Result<String, Failure> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // A thread of its own: one that waits on stdin would keep the runtime from ending.
    std::thread::spawn(move || {
        let text = io::read_to_string(io::stdin().take(LIST_MAX + 1));
        // No one listens any more after a stop.
        let _ = sender.send(text);
    });
    let text = tokio::select! {
        biased;
        signal = stop.raised() => return Err(Failure::signal(signal)),
        text = receiver => text,
    };
    match text {
        Ok(Ok(text)) if text.len() as u64 > LIST_MAX => {
            Err(Failure::usage("stdin holds more than 16 MB").hint("use several runs"))
        }
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(Failure::usage(format!("cannot read stdin: {error}"))),
        Err(_) => Err(Failure::usage("cannot read stdin")),
    }
}

/// The entries of a list. Editors of some systems put a byte order mark in front of the first.
///
/// # Errors
/// A usage failure where a line holds several ids or host names; only a key may have a blank in it.
fn lines(text: &str) -> Result<Vec<String>, Failure> {
    let mut entries = Vec::new();
    let lines = text.trim_start_matches('\u{feff}').lines();
    for (number, line) in lines.enumerate() {
        let entry = without_comment(line.trim());
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        if entry.contains(char::is_whitespace) && !entry.contains(':') {
            let failure = Failure::usage(format!(
                "line {} of stdin, `{entry}`, holds several words",
                number + 1
            ));
            return Err(failure.hint("write one id, host name or key a line"));
        }
        entries.push(entry.to_owned());
    }
    Ok(entries)
}

/// An id or a host name without the comment behind it. The key of a search may hold ` #` itself.
fn without_comment(entry: &str) -> &str {
    match entry.split_once(char::is_whitespace) {
        Some((word, rest)) if !word.contains(':') && rest.trim_start().starts_with('#') => word,
        _ => entry,
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
            "`-` is stdin and was given twice, in --password-file and in --from"
        );
    }

    #[test]
    fn stdin_that_a_command_keeps_for_itself_is_nobody_elses() {
        let stdin = Stdin::kept_for(Some("--from"));
        let refused = stdin.claim("--password-file").unwrap_err();
        assert_eq!(
            refused.message,
            "`-` is stdin and was given twice, in --from and in --password-file"
        );
        let stdin = Stdin::kept_for(Some("--from"));
        assert!(stdin.claim("--from").is_ok());
        assert!(stdin.claim("--from").is_err());
    }

    #[tokio::test]
    async fn a_list_that_names_stdin_twice_is_refused_without_waiting_for_it() {
        let typed = ["-".to_owned(), "prp_1".to_owned(), "-".to_owned()];
        let stdin = Stdin::default();
        let refused = stdin
            .words(&typed, "get", &Stop::never())
            .await
            .unwrap_err();
        assert_eq!(refused.exit, crate::exit::Exit::Usage);
    }

    #[test]
    fn a_list_is_read_without_blanks_comments_and_empty_lines() {
        let text = "\u{feff}# after the release\n prp_1 \r\n\n \t\n  # more\nprp_2";
        assert_eq!(lines(text).unwrap(), ["prp_1", "prp_2"]);
        let text = "prp_1 # the shop\r\nwww.example.com\t#main\nsearch:a #b\nprp_1#2\nsearch:a b";
        let expected = [
            "prp_1",
            "www.example.com",
            "search:a #b",
            "prp_1#2",
            "search:a b",
        ];
        assert_eq!(lines(text).unwrap(), expected);
        let refused = lines("# two\nprp_9\n prp_1 2\n").unwrap_err();
        assert_eq!(refused.exit, crate::exit::Exit::Usage);
        assert_eq!(
            refused.message,
            "line 3 of stdin, `prp_1 2`, holds several words"
        );
    }
}
