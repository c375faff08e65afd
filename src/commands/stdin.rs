//! Lists on stdin: ids, host names and keys, one a line.

use crate::exit::Failure;
use crate::stop::Stop;
use std::collections::HashSet;
use std::io::{self, Read as _};

/// The most bytes that a list on stdin may hold: half a million ids.
const LIST_MAX: u64 = 16 << 20;

/// One name of the list for each `-` in it, which is where stdin is read.
pub(super) fn readers(typed: &[String], list: &'static str) -> Vec<&'static str> {
    let read = typed.iter().filter(|word| *word == "-");
    read.map(|_| list).collect()
}

/// The words that were typed, each once, with the lines of stdin in the place of `-`: without blanks
/// around them, empty lines and comments, which begin with `#`. The reading ends early when the operator
/// wants to stop.
///
/// # Errors
/// A usage failure where stdin cannot be read as text or holds more than 16 MB, or where a line holds several words.
pub(super) async fn words(typed: &[String], stop: &Stop) -> Result<Vec<String>, Failure> {
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
