//! Lists on stdin: ids, hostnames and keys, one per line.

use crate::exit::Failure;
use crate::stop::Stop;
use std::collections::HashSet;
use std::io::{self, Read as _};

/// Limit of a list on stdin, in bytes: half a million ids.
const LIST_MAX: u64 = 16 << 20;

/// Returns the name of the list once for each `-` in it.
pub(super) fn readers(typed: &[String], list: &'static str) -> Vec<&'static str> {
    let read = typed.iter().filter(|word| *word == "-");
    read.map(|_| list).collect()
}

/// Returns the words without duplicates, with `-` replaced by the lines of stdin. Surrounding blanks, empty lines and
/// comments, which start with `#`, are dropped. Reading ends early when the operator asks to stop.
///
/// # Errors
/// A usage failure if stdin is not text or exceeds 16 MiB, or if a line has several words.
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

/// Reads all of stdin.
async fn all(stop: &Stop) -> Result<String, Failure> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // A thread outside the runtime: the runtime would not shut down while one of its own waits on stdin.
    std::thread::spawn(move || {
        let text = io::read_to_string(io::stdin().take(LIST_MAX + 1));
        // After a stop the receiver is gone.
        let _ = sender.send(text);
    });
    let text = tokio::select! {
        biased;
        signal = stop.raised() => return Err(Failure::signal(signal)),
        text = receiver => text,
    };
    match text {
        Ok(Ok(text)) if text.len() as u64 > LIST_MAX => {
            Err(Failure::usage("stdin holds more than 16 MiB").hint("use several runs"))
        }
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(Failure::usage(format!("cannot read stdin: {error}"))),
        Err(_) => Err(Failure::usage("cannot read stdin")),
    }
}

/// Returns the entries of a list. Some editors write a byte order mark before the first one.
///
/// # Errors
/// A usage failure if a line has several ids or hostnames. Only a key may contain a blank.
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
            return Err(failure.hint("write one id, host name or key per line"));
        }
        entries.push(entry.to_owned());
    }
    Ok(entries)
}

/// Strips a trailing comment from an id or a hostname. The key of a search may contain ` #` itself.
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
