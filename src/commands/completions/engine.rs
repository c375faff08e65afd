//! Answers a shell that completes a word, in the protocol of `clap_complete`'s scripts: a variable names the shell,
//! the words follow `--`, and bash and zsh pass the index of the word in a variable.

use super::values;
use crate::output::Output;
use crate::settings::{Environment, Flags};
use clap::Command;
use clap_complete::engine::{CompletionCandidate, complete};
use std::ffi::{OsStr, OsString};
use std::str::FromStr as _;

/// Variable that names the shell.
pub(crate) const VARIABLE: &str = "ALECS_CACHE_COMPLETE";

pub(crate) struct CompletionRequest {
    shell: clap_complete::Shell,
    /// The command line up to the word to complete, the program first.
    words: Vec<OsString>,
    /// Separator between candidates.
    separator: String,
}

impl CompletionRequest {
    /// Returns the request if arguments and environment form one. Any other run proceeds as usual.
    pub(crate) fn of(arguments: &[OsString], environment: &Environment) -> Option<Self> {
        let shell = clap_complete::Shell::from_str(environment.get(VARIABLE)?).ok()?;
        let [_, dashes, words @ ..] = arguments else {
            return None;
        };
        if dashes != "--" || words.is_empty() {
            return None;
        }
        let index = environment.get("_CLAP_COMPLETE_INDEX");
        let index = index.and_then(|index| index.parse().ok());
        let index: usize = index.unwrap_or(words.len() - 1);
        // zsh omits an empty last word.
        let mut words: Vec<OsString> = words.iter().take(index + 1).cloned().collect();
        words.resize(index.clamp(1, words.len()) + 1, OsString::new());
        Some(Self {
            shell,
            words: joined(words),
            separator: environment.get("_CLAP_IFS").unwrap_or("\n").to_owned(),
        })
    }

    /// Prints the candidates. Errors print nothing, because they would land in the middle of the prompt.
    pub(crate) fn answer(mut self, definition: &Command, environment: &Environment, out: &Output) {
        let index = self.words.len() - 1;
        let before = self.words.get(..index).unwrap_or_default();
        let typed = definition.clone().ignore_errors(true);
        let typed = typed.try_get_matches_from(before).ok();
        let flags = typed.map(|typed| Flags::of(&typed)).unwrap_or_default();
        let names = values::ValueNames::new(&flags, environment);
        let mut definition = names.offered(definition.clone());
        if !self.words.last().is_some_and(|word| begins_with_dash(word)) {
            // The global options would bury the command's own.
            definition = definition.mut_args(|arg| {
                let hidden = arg.is_global_set() || arg.is_hide_set();
                arg.hide(hidden)
            });
        }
        let folder = std::env::current_dir().ok();
        let words = std::mem::take(&mut self.words);
        let found = complete(&mut definition, words, index, folder.as_deref());
        // A terminal would obey control characters.
        let found = found.unwrap_or_default().into_iter().filter(|candidate| {
            let value = candidate.get_value().to_string_lossy();
            !value.contains(char::is_control) && !repeats(&value)
        });
        let lines: Vec<String> = found.map(|candidate| self.line(&candidate)).collect();
        // The shell may have closed the pipe.
        let _ = out.bytes(lines.join(&self.separator).as_bytes());
    }

    /// Formats a candidate for the shell, with its help if the shell shows one.
    fn line(&self, candidate: &CompletionCandidate) -> String {
        use clap_complete::Shell::{Bash, Elvish, Zsh};
        let value = candidate.get_value().to_string_lossy();
        let help = candidate.get_help().map(ToString::to_string);
        let help = help.as_deref().and_then(|help| help.lines().next());
        let escaped = |text: &str| text.replace('\\', "\\\\");
        match (self.shell, help) {
            (Zsh, None) => escaped(&value).replace(':', "\\:"),
            (Zsh, Some(help)) => {
                format!("{}:{}", escaped(&value).replace(':', "\\:"), escaped(help))
            }
            (Bash | Elvish, _) | (_, None) => value.into_owned(),
            (_, Some(help)) => format!("{value}\t{help}"),
        }
    }
}

fn begins_with_dash(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// True for a list that ends with a value that it has already, as in `properties,properties`.
fn repeats(list: &str) -> bool {
    let list = list.rsplit('=').next().unwrap_or(list);
    list.rsplit_once(',')
        .is_some_and(|(before, last)| before.split(',').any(|value| value == last))
}

/// Joins `--option=value`, which bash splits into three words.
fn joined(words: Vec<OsString>) -> Vec<OsString> {
    let last = words.len() - 1;
    let mut joined: Vec<OsString> = Vec::with_capacity(words.len());
    for (at, word) in words.into_iter().enumerate() {
        let behind_option = joined.last().is_some_and(|before| begins_with_dash(before));
        if word == "=" && behind_option {
            // The word to complete is an empty value.
            if at == last {
                joined.push(OsString::new());
            }
        } else {
            joined.push(word);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_a_list_has_is_not_offered_again() {
        for list in ["rules,rules", "--only=rules,tree,rules"] {
            assert!(repeats(list), "{list}");
        }
        for list in ["rules", "rules,tree", "--only=rules", "rules,rule"] {
            assert!(!repeats(list), "{list}");
        }
    }
}
