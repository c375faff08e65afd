//! What was typed, understood: or refused before anything is touched.

use super::InvalidateArgs;
use crate::domain::invalidation::{Request, Wanted};
use crate::domain::target::{Pattern, Reach, Refused, Tag, Target};
use crate::exit::Failure;
use crate::settings::Settings;
use std::io::{BufRead, Read};

/// The most bytes that stdin may hold: half a million ids.
const STDIN_MAX: u64 = 16 << 20;

/// So many characters of a command line are kept in the trail.
const TOLD_MAX: usize = 1000;

/// What is asked for.
pub(super) fn request(
    arguments: &InvalidateArgs,
    settings: &Settings,
    reach: Reach<'_>,
) -> Result<Request, Failure> {
    let scheme = &settings.scheme;
    let mut wanted = Vec::new();
    for word in words(arguments, settings)? {
        let target = Target::parse(&word, scheme, reach).map_err(|error| refused(&error))?;
        // The same word twice is one target.
        if !wanted.iter().any(|(known, _)| *known == word) {
            wanted.push((word, Wanted::Target(target)));
        }
    }
    for text in &arguments.patterns {
        let pattern = Pattern::parse(text, scheme, reach).map_err(|error| refused(&error))?;
        wanted.push((text.clone(), Wanted::Pattern(pattern)));
    }
    for text in &arguments.tags {
        let tag = Tag::parse(text).map_err(|error| refused(&error))?;
        wanted.push((text.clone(), Wanted::Tag(tag)));
    }
    if arguments.everything {
        wanted.push(("everything".into(), Wanted::Everything));
    }
    if wanted.is_empty() {
        return Err(Failure::usage("nothing is named that could be invalidated")
            .hint("name ids, host names or keys, or use --pattern, --tag or --everything"));
    }
    Ok(Request {
        wanted,
        cascade: arguments.cascade,
        soft: arguments.soft,
        explain: arguments.explain,
    })
}

fn refused(error: &Refused) -> Failure {
    let hint = match error {
        Refused::Word(_) => Some("ids look like prp_123 or ctr_C-1; patterns go to --pattern"),
        Refused::Customer { .. } => Some("name the customer with -c"),
        _ => None,
    };
    let failure = Failure::usage(error.to_string());
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The words of the command line, with those of stdin in the place of `-`.
fn words(arguments: &InvalidateArgs, settings: &Settings) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    for word in &arguments.words {
        if word == "-" {
            settings.stdin.claim("the list of what to invalidate")?;
            words.extend(lines(std::io::stdin().lock())?);
        } else {
            words.push(word.clone());
        }
    }
    Ok(words)
}

/// The lines of a text; empty ones are left out.
fn lines(reader: impl Read) -> Result<Vec<String>, Failure> {
    let unreadable = |error| Failure::usage(format!("standard input cannot be read: {error}"));
    let mut lines = Vec::new();
    let mut reader = std::io::BufReader::new(reader.take(STDIN_MAX + 1));
    let mut bytes = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).map_err(unreadable)? > 0 {
        bytes += line.len() as u64;
        if bytes > STDIN_MAX {
            return Err(Failure::usage("standard input holds more than 16 MB")
                .hint("use --pattern, or several runs"));
        }
        let word = line.strip_suffix('\n').unwrap_or(&line);
        let word = word.strip_suffix('\r').unwrap_or(word);
        if !word.is_empty() {
            lines.push(word.to_owned());
        }
        line.clear();
    }
    Ok(lines)
}

/// What was typed, rebuilt from what it means: no option that could carry a secret is in it.
pub(super) fn told(arguments: &InvalidateArgs) -> String {
    let mut told = vec!["invalidate".to_owned()];
    told.extend(arguments.words.iter().cloned());
    for (flag, values) in [
        ("--pattern", &arguments.patterns),
        ("--tag", &arguments.tags),
    ] {
        told.extend(values.iter().map(|value| format!("{flag} {value}")));
    }
    let switches = [
        ("--everything", arguments.everything),
        ("--all-customers", arguments.all_customers),
        ("--cascade", arguments.cascade),
        ("--soft", arguments.soft),
        ("--refill", arguments.refill),
        ("--no-undo", arguments.no_undo),
    ];
    told.extend(
        switches
            .iter()
            .filter(|(_, on)| *on)
            .map(|(flag, _)| (*flag).to_owned()),
    );
    told.join(" ").chars().take(TOLD_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stdin_holds_a_word_a_line() {
        let text = "prp_1\r\n\nwww.example.com\n a b.c";
        assert_eq!(
            lines(text.as_bytes()).unwrap(),
            ["prp_1", "www.example.com", " a b.c"]
        );
        assert!(lines(&b"\xff\n"[..]).is_err());
    }
}
