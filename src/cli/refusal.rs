//! What clap refuses, in other words where its own mislead.

use crate::domain::duration;
use crate::domain::secret::masked;
use crate::output::escape::escape;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::num::{IntErrorKind, ParseIntError};

/// Escapes what clap quotes from the arguments, and masks what precedes the `@` of a refused value: people paste URLs
/// with passwords where HOST:PORT belongs.
pub(super) fn harmless(mut error: clap::Error) -> clap::Error {
    let texts = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) if kind == ContextKind::InvalidValue => {
            Some((kind, escape(&masked(text)).into_owned()))
        }
        ContextValue::String(text) => Some((kind, escape(text).into_owned())),
        _ => None,
    });
    let texts: Vec<(ContextKind, String)> = texts.collect();
    for (kind, text) in texts {
        let before = error.insert(kind, ContextValue::String(text.clone()));
        if before != Some(ContextValue::String(text)) {
            // The suggestion quotes the value as well.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// Replaces the message of the number parser for a value that is not a valid number; `None` for any other error.
pub(super) fn number(error: &clap::Error, definition: &clap::Command) -> Option<clap::Error> {
    let source = std::error::Error::source(error)?;
    let (ContextValue::String(arg), ContextValue::String(value)) = (
        error.get(ContextKind::InvalidArg)?,
        error.get(ContextKind::InvalidValue)?,
    ) else {
        return None;
    };
    let expected = match source
        .downcast_ref::<ParseIntError>()
        .map(ParseIntError::kind)
    {
        Some(IntErrorKind::Zero) => "expected at least 1".to_owned(),
        Some(IntErrorKind::PosOverflow) => "expected a smaller number".to_owned(),
        Some(_) => "expected an integer from 0 up".to_owned(),
        // clap's own message: `0 is not in 1..=366`.
        None => {
            let text = source.to_string();
            let (from, to) = text.split_once(" is not in ")?.1.split_once("..=")?;
            format!("expected an integer from {from} to {to}")
        }
    };
    let message = format!("invalid value '{value}' for '{arg}': {expected}");
    Some(clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(definition))
}

/// Replaces the message for a negative duration, which clap takes for short options; `None` for any other error.
pub(super) fn negative_duration(
    error: &clap::Error,
    arguments: &[OsString],
    definition: &clap::Command,
) -> Option<clap::Error> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let command = arguments.get(1).and_then(|word| word.to_str())?;
    let command = definition.find_subcommand(command)?;
    let options = || command.get_arguments().chain(definition.get_arguments());
    let (arg, value) = arguments.windows(2).find_map(|words| {
        let [option, value] = words else { return None };
        let (option, value) = (option.to_str()?.strip_prefix("--")?, value.to_str()?);
        let arg = options().find(|arg| arg.get_long() == Some(option))?;
        (arg.get_action().takes_values() && duration::is_negative(value)).then_some((arg, value))
    })?;
    let expected = duration::DurationError::Negative;
    let message = format!("invalid value '{value}' for '{arg}': {expected}");
    Some(clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(definition))
}
