//! Last line of a run: one sentence for people, or one JSON object for scripts.

use super::{Exit, Failure};
use crate::output::Output;
use serde::Serialize;
use std::panic::PanicHookInfo;

#[derive(Serialize)]
struct ErrorDocument<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'static str,
    exit: u8,
    message: &'a str,
    hint: Option<&'a str>,
}

/// Reports how a run ended, and returns its exit code.
pub(crate) fn report(ended: &Result<Exit, Failure>, out: &Output) -> Exit {
    match ended {
        Ok(Exit::Done) => Exit::Done,
        // The printed report says so already; scripts still get their object.
        Ok(exit) => {
            if out.is_json() {
                json(*exit, exit.meaning(), None, out);
            }
            *exit
        }
        Err(failure) => {
            failed(failure, out);
            failure.exit
        }
    }
}

fn failed(failure: &Failure, out: &Output) {
    if out.is_json() {
        json(failure.exit, &failure.message, failure.hint.as_deref(), out);
        return;
    }
    out.error(&failure.message, failure.hint.as_deref());
    if let Some(report) = &failure.report
        && wants_backtrace()
    {
        out.raw_error(&format!("{report:?}"));
    }
}

/// Reports what clap says about the arguments of a command: help and version on stdout, errors on stderr with exit
/// code 2, as one sentence and a hint like any other. Without a command, people get the help.
pub(crate) fn refused_arguments(error: &clap::Error, command: Option<&str>, out: &Output) -> Exit {
    use clap::error::ErrorKind as E;
    let rendered = error.render().ansi().to_string();
    let text = error.render().to_string();
    let message = match error.kind() {
        E::DisplayHelp | E::DisplayVersion => {
            return match out.data(&out.styled(&rendered)) {
                Ok(()) => Exit::Done,
                Err(error) => report(&Err(error.into()), out),
            };
        }
        E::DisplayHelpOnMissingArgumentOrSubcommand if !out.is_json() => {
            out.raw_error(&out.styled_error(&rendered));
            return Exit::Usage;
        }
        E::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing".into(),
        _ => first_paragraph(&text),
    };
    let failure = Failure::usage(message).hint(hint(error, command, &text));
    report(&Err(failure), out)
}

/// Hint for arguments that clap refused: what it suggests, or the help of the command in its message.
fn hint(error: &clap::Error, command: Option<&str>, text: &str) -> String {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    const SIMILAR: [ContextKind; 3] = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let similar = match SIMILAR.into_iter().find_map(|kind| error.get(kind)) {
        Some(ContextValue::String(one)) => Some(one),
        Some(ContextValue::Strings(all)) => all.first(),
        _ => None,
    };
    if let Some(similar) = similar {
        return format!("pass `{similar}` if you mean that");
    }
    if error.kind() == ErrorKind::ArgumentConflict {
        return "leave one of them out".into();
    }
    let usage = text.split("Usage: ").nth(1);
    let usage = usage.map_or_else(
        || format!("alecs-cache {}", command.unwrap_or_default()),
        ToOwned::to_owned,
    );
    let command = usage.split_whitespace();
    let command = command.take_while(|word| !word.starts_with(['[', '<', '-']));
    let command: Vec<&str> = command.collect();
    format!("run `{} --help` to see what it takes", command.join(" "))
}

/// First paragraph of clap's message in one line: the sentence, and the list below it.
fn first_paragraph(text: &str) -> String {
    let text = text.trim_start();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

fn json(exit: Exit, message: &str, hint: Option<&str>, out: &Output) {
    let error = ErrorBody {
        code: exit.word(),
        exit: exit.code(),
        message,
        hint,
    };
    // A struct of strings and a number can always be written as JSON.
    if let Ok(line) = serde_json::to_string(&ErrorDocument { error }) {
        out.last_line(&line);
    }
}

/// Installs the hook that reports a panic in one sentence. With `RUST_BACKTRACE` set it shows everything.
pub(crate) fn install_panic_hook() {
    // Errors are ignored: on a second call the hooks are already installed.
    if wants_backtrace() {
        let _ = color_eyre::install();
        return;
    }
    let _ = color_eyre::config::HookBuilder::default()
        .display_env_section(false)
        .install();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        log::error!("a bug at {place}: {}", payload(panic));
    }));
}

/// Creates the failure for a panic that was caught.
pub(crate) fn from_panic(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "for an unknown reason".into());
    Failure::new(
        Exit::Unexpected,
        format!("alecs-cache has a bug and gave up: {text}"),
    )
    .hint("run it again with RUST_BACKTRACE=1 and report what it prints")
}

fn payload<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    panic.payload_as_str().unwrap_or("no message")
}

fn wants_backtrace() -> bool {
    std::env::var_os("RUST_BACKTRACE").is_some_and(|value| !value.is_empty() && value != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_reported_in_a_sentence() {
        for payload in [
            Box::new("index 3") as Box<dyn std::any::Any + Send>,
            Box::new("index 3".to_owned()),
        ] {
            let failure = from_panic(payload.as_ref());
            assert_eq!(failure.exit, Exit::Unexpected);
            assert_eq!(
                failure.message,
                "alecs-cache has a bug and gave up: index 3"
            );
        }
        assert!(from_panic(&7_u8).message.ends_with("for an unknown reason"));
    }

    #[test]
    fn the_list_below_claps_sentence_is_reported_with_it() {
        let text = "error: these are missing:\n  <KEY>\n  <ID>\n\nUsage: x\n";
        assert_eq!(first_paragraph(text), "these are missing: <KEY> <ID>");
    }
}
