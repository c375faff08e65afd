//! Global options before the command, moved behind it. clap keeps those in front of a command and those
//! behind it apart and lets the latter replace the former, which would lose the first of
//! `-c acme warm -c beta` without a word. `get prp_1` becomes `get property prp_1`.

use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;

/// Puts the command in front of the options that stand before it. What is no command, or asks for help or
/// the version, is left as it is.
pub(super) fn command_first(definition: &Command, arguments: &[OsString]) -> Vec<OsString> {
    match position_of_command(definition, arguments) {
        Some(position) => {
            let mut moved = arguments.to_vec();
            // The arguments from the first option up to the command go round by one.
            if let Some(front) = moved.get_mut(1..=position) {
                front.rotate_right(1);
            }
            // `get prp_1` can only be about the property.
            let next = arguments.get(position + 1).and_then(|word| word.to_str());
            let of_get = moved.get(1).is_some_and(|command| command == "get");
            if of_get && next.is_some_and(is_property) {
                moved.insert(position + 1, "property".into());
            }
            moved
        }
        None => arguments.to_vec(),
    }
}

fn is_property(word: &str) -> bool {
    let number = word.strip_prefix("prp_").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn position_of_command(definition: &Command, arguments: &[OsString]) -> Option<usize> {
    let mut position = 1;
    loop {
        let text = arguments.get(position)?.to_str()?;
        if !text.starts_with('-') {
            let known = definition.get_subcommands().any(|command| {
                command.get_name() == text || command.get_all_aliases().any(|alias| alias == text)
            });
            return known.then_some(position);
        }
        position += words_of_option(definition, text)?;
    }
}

/// How many arguments an option takes, its own included; `None` for what is no option of ours, and for
/// help and version.
fn words_of_option(definition: &Command, text: &str) -> Option<usize> {
    if let Some(long) = text.strip_prefix("--") {
        let (name, attached) = long
            .split_once('=')
            .map_or((long, false), |(name, _)| (name, true));
        let arg = definition
            .get_arguments()
            .find(|arg| arg.get_long() == Some(name))?;
        return Some(if takes_value(arg) && !attached { 2 } else { 1 });
    }
    let letters = text
        .strip_prefix('-')
        .filter(|letters| !letters.is_empty())?;
    for (index, letter) in letters.char_indices() {
        let arg = definition
            .get_arguments()
            .find(|arg| arg.get_short() == Some(letter))?;
        if takes_value(arg) {
            let last = index + letter.len_utf8() == letters.len();
            return Some(if last { 2 } else { 1 });
        }
    }
    Some(1)
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(line: &str) -> String {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let moved = command_first(&crate::cli::definition(), &arguments);
        moved.join(std::ffi::OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn options_before_the_command_go_behind_it() {
        assert_eq!(moved("x -c a warm -c b"), "x warm -c a -c b");
        assert_eq!(
            moved("x -qvc a --url=redis://h --db 2 -ojson config --tls"),
            "x config -qvc a --url=redis://h --db 2 -ojson --tls"
        );
        assert_eq!(moved("x -vcacme config"), "x config -vcacme");
        assert_eq!(moved("x warm prp_1 config"), "x warm prp_1 config");
    }

    #[test]
    fn what_is_no_command_is_left_to_clap() {
        for line in [
            "x",
            "x -q",
            "x --help warm",
            "x -V",
            "x --nonsense warm",
            "x -c warm",
            "x -- warm",
            "x - warm",
            "x -q nothing",
        ] {
            assert_eq!(moved(line), line);
        }
    }
}
