//! The answers to a shell that completes a word. The protocol is that of the scripts of `clap_complete`: the shell in a
//! variable, the words behind `--`, bash and zsh tell the number of the word in a variable.

use super::values;
use crate::output::Output;
use crate::settings::{Environment, Flags};
use clap::Command;
use clap_complete::engine::{CompletionCandidate, complete};
use std::ffi::{OsStr, OsString};
use std::str::FromStr as _;

/// Names the shell that asks.
pub(crate) const VARIABLE: &str = "ALECS_CACHE_COMPLETE";

/// A question of a shell.
pub(crate) struct CompletionRequest {
    shell: clap_complete::Shell,
    /// The command line up to the word in question, the program first.
    words: Vec<OsString>,
    /// Between two answers.
    separator: String,
}

impl CompletionRequest {
    /// The question, where the arguments and the environment are one. Every other run goes on as usual.
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
        // zsh leaves out an empty word at the end.
        let mut words: Vec<OsString> = words.iter().take(index + 1).cloned().collect();
        words.resize(index.clamp(1, words.len()) + 1, OsString::new());
        Some(Self {
            shell,
            words: joined(words),
            separator: environment.get("_CLAP_IFS").unwrap_or("\n").to_owned(),
        })
    }

    /// Answers. Without an answer nothing is said: an error would land in the middle of the prompt.
    pub(crate) fn answer(mut self, definition: &Command, environment: &Environment, out: &Output) {
        let index = self.words.len() - 1;
        let before = self.words.get(..index).unwrap_or_default();
        let typed = definition.clone().ignore_errors(true);
        let typed = typed.try_get_matches_from(before).ok();
        let flags = typed.map(|typed| Flags::of(&typed)).unwrap_or_default();
        let names = values::ValueNames::new(&flags, environment);
        let mut definition = names.offered(definition.clone());
        if !self.words.last().is_some_and(|word| begins_with_dash(word)) {
            // The options of all commands would bury what is asked for.
            definition = definition.mut_args(|arg| {
                let hidden = arg.is_global_set() || arg.is_hide_set();
                arg.hide(hidden)
            });
        }
        let folder = std::env::current_dir().ok();
        let words = std::mem::take(&mut self.words);
        let found = complete(&mut definition, words, index, folder.as_deref());
        // A terminal obeys control characters.
        let found = found.unwrap_or_default().into_iter().filter(|candidate| {
            let value = candidate.get_value().to_string_lossy();
            !value.contains(char::is_control)
        });
        let lines: Vec<String> = found.map(|candidate| self.line(&candidate)).collect();
        // A shell that does not listen any more needs no answer.
        let _ = out.bytes(lines.join(&self.separator).as_bytes());
    }

    /// An answer as the shell reads it: with its help, where it shows one.
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

/// The words, where bash has broken `--option=value` into three.
fn joined(words: Vec<OsString>) -> Vec<OsString> {
    let last = words.len() - 1;
    let mut joined: Vec<OsString> = Vec::with_capacity(words.len());
    for (at, word) in words.into_iter().enumerate() {
        let behind_option = joined.last().is_some_and(|before| begins_with_dash(before));
        if word == "=" && behind_option {
            // The value begins here, if it is the word in question.
            if at == last {
                joined.push(OsString::new());
            }
        } else {
            joined.push(word);
        }
    }
    joined
}
