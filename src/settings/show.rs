//! What the operator wants to see: the settings of the output.

use super::arguments::GlobalArgs;
use super::environment::Environment;
use super::keys;
use super::origin::Origin;
use super::resolver::{Resolved, Resolver};
use super::values;
use crate::exit::Failure;
use crate::output::{Color, Format, Options};
use std::ffi::OsString;

/// Decides how things are said.
pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    global: &GlobalArgs,
) -> Result<Options, Failure> {
    let format = resolver.one(&keys::OUTPUT, global.output, values::one_of::<Format>)?;
    let format = resolver.or_default(&keys::OUTPUT, format, Format::default(), |format| {
        format.as_str().to_owned()
    });
    let color = resolver.one(&keys::COLOR, global.color, values::one_of::<Color>)?;
    let color = wish_for_none(resolver.environment, color);
    let color = resolver.or_default(&keys::COLOR, color, Color::default(), |color| {
        color.as_str().to_owned()
    });
    let quiet = resolver.switch(&keys::QUIET, global.quiet)?;
    let quiet = resolver.or_default(&keys::QUIET, quiet, false, ToString::to_string);
    let flag = (global.verbose > 0).then_some(global.verbose);
    let verbosity = resolver.one(&keys::VERBOSE, flag, values::verbosity)?;
    let verbosity = resolver.or_default(&keys::VERBOSE, verbosity, 0, ToString::to_string);
    let no_progress = resolver.switch(&keys::NO_PROGRESS, global.no_progress)?;
    let no_progress =
        resolver.or_default(&keys::NO_PROGRESS, no_progress, false, ToString::to_string);
    let no_input = resolver.switch(&keys::NO_INPUT, global.no_input)?;
    let no_input = resolver.or_default(&keys::NO_INPUT, no_input, false, ToString::to_string);
    Ok(Options {
        format,
        color,
        quiet,
        verbosity,
        no_progress,
        no_input,
        dumb: is_dumb(resolver.environment),
    })
}

/// `NO_COLOR` is a variable as others are: our own variable is more to the point, a file is weaker.
fn wish_for_none(
    environment: &Environment,
    color: Option<Resolved<Color>>,
) -> Option<Resolved<Color>> {
    let origin = Origin::Environment("NO_COLOR".into());
    let weaker = color
        .as_ref()
        .is_none_or(|found| found.origin.rank() < origin.rank());
    if weaker && environment.get("NO_COLOR").is_some() {
        return Some(Resolved {
            value: Color::Never,
            origin,
        });
    }
    color
}

fn is_dumb(environment: &Environment) -> bool {
    environment.get("TERM") == Some("dumb")
}

/// How to say what is wrong before the settings are known: as far as the arguments and the environment
/// tell at a glance.
pub(crate) fn output_before_settings(arguments: &[OsString], environment: &Environment) -> Options {
    let json = json_was_asked_for(arguments, environment);
    let never = environment.get("NO_COLOR").is_some()
        || value_of(arguments, "--color", None).as_deref() == Some("never")
        || environment.get("ALECS_CACHE_COLOR") == Some("never");
    Options {
        format: if json { Format::Json } else { Format::Table },
        color: if never { Color::Never } else { Color::Auto },
        dumb: is_dumb(environment),
        ..Options::default()
    }
}

/// Whether the arguments or the environment ask for JSON, also where the arguments are invalid.
fn json_was_asked_for(arguments: &[OsString], environment: &Environment) -> bool {
    let asked = value_of(arguments, "--output", Some('o'));
    let asked = asked
        .as_deref()
        .or_else(|| environment.get("ALECS_CACHE_OUTPUT"));
    asked.is_some_and(|format| format.eq_ignore_ascii_case("json"))
}

/// The last value of an option, in any of the forms that clap takes.
fn value_of(arguments: &[OsString], long: &str, short: Option<char>) -> Option<String> {
    let texts = arguments
        .iter()
        .skip(1)
        .map(|argument| argument.to_string_lossy());
    let mut texts = texts.take_while(|text| text != "--");
    let mut value = None;
    while let Some(text) = texts.next() {
        if text == long {
            value = texts.next().map(std::borrow::Cow::into_owned);
        } else if let Some(given) = text
            .strip_prefix(long)
            .and_then(|rest| rest.strip_prefix('='))
        {
            value = Some(given.to_owned());
        } else if let Some(short) = short
            && let Some(cluster) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'))
            && let Some(given) = cluster
                .trim_start_matches(['q', 'v', 'n'])
                .strip_prefix(short)
        {
            let given = given.strip_prefix('=').unwrap_or(given);
            value = if given.is_empty() {
                texts.next().map(std::borrow::Cow::into_owned)
            } else {
                Some(given.to_owned())
            };
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_in_every_form_of_the_option() {
        let asked = |line: &str, variables: &[(&str, &str)]| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            json_was_asked_for(&arguments, &variables.iter().copied().collect())
        };
        for line in [
            "x -o json y",
            "x -ojson",
            "x -o=json",
            "x --output json",
            "x y --output=json",
            "x -qo json",
            "x -o table -o json",
        ] {
            assert!(asked(line, &[]), "{line}");
        }
        for line in [
            "x",
            "x json",
            "x -o table",
            "x -o",
            "x -- -o json",
            "x -c json",
            "x --output",
        ] {
            assert!(!asked(line, &[]), "{line}");
        }
        assert!(asked("x", &[("ALECS_CACHE_OUTPUT", "json")]));
        assert!(!asked("x -o table", &[("ALECS_CACHE_OUTPUT", "json")]));
    }
}
