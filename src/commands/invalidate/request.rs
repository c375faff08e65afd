//! Parses the arguments, or refuses them before anything is touched.

use super::InvalidateArgs;
use crate::commands::stdin;
use crate::domain::invalidation::target::{CustomerScope, Pattern, Refused, Tag, Target};
use crate::domain::invalidation::{Generation, InvalidationRequest, InvalidationTarget};
use crate::domain::selector::SelectorError;
use crate::domain::stats::advice::quoted;
use crate::exit::Failure;
use crate::output::Output;
use crate::settings::Settings;
use crate::stop::Stop;

/// Limit of a command line in the audit log, in characters.
const COMMAND_MAX: usize = 1000;

/// Parses the arguments into a request.
pub(super) async fn request(
    arguments: &InvalidateArgs,
    settings: &Settings,
    reach: CustomerScope<'_>,
    stop: &Stop,
) -> Result<InvalidationRequest, Failure> {
    let scheme = &settings.scheme;
    let mut wanted = Vec::new();
    for word in stdin::words(&arguments.words, stop).await? {
        let target = Target::parse(&word, scheme, reach).map_err(|error| refused(&error))?;
        wanted.push((word, InvalidationTarget::Target(target)));
    }
    for text in &arguments.patterns {
        let pattern = Pattern::parse(text, scheme, reach).map_err(|error| refused(&error))?;
        wanted.push((text.clone(), InvalidationTarget::Pattern(pattern)));
    }
    for text in &arguments.tags {
        let tag = Tag::parse(text).map_err(|error| refused(&error))?;
        wanted.push((text.clone(), InvalidationTarget::Tag(tag)));
    }
    for (flag, generation) in generations(arguments) {
        wanted.push((flag, InvalidationTarget::Generation(generation)));
    }
    if arguments.everything {
        wanted.push(("everything".into(), InvalidationTarget::Everything));
    }
    if wanted.is_empty() {
        return Err(Failure::usage("nothing to invalidate: no target was given")
            .hint("name ids, host names or keys, or use --pattern, --tag, --generation or --everything"));
    }
    Ok(InvalidationRequest {
        wanted,
        cascade: arguments.cascade,
        soft: arguments.soft,
        explain: arguments.explain,
        most: arguments.expect.or(arguments.max_keys),
    })
}

/// Warns that patterns have no cascade.
pub(super) fn warn_of_cascade(request: &InvalidationRequest, out: &Output) {
    let mut targets = request.wanted.iter();
    if request.cascade && targets.all(|(_, one)| matches!(one, InvalidationTarget::Pattern(_))) {
        out.warn(
            "a pattern removes the keys that match and no others, also with --cascade; name ids, or pass --tag \
             name:GLOB, to remove what was derived from them",
        );
    }
}

/// Returns the warm runs named by options, each with its option.
fn generations(arguments: &InvalidateArgs) -> Vec<(String, Generation)> {
    let exactly = arguments.generation.map(Generation::Exactly);
    let before = arguments.before_generation.map(Generation::Before);
    let typed = |generation| match generation {
        Generation::Exactly(number) => (format!("--generation {number}"), generation),
        Generation::Before(number) => (format!("--before-generation {number}"), generation),
    };
    exactly.into_iter().chain(before).map(typed).collect()
}

fn refused(error: &Refused) -> Failure {
    let failure = Failure::usage(error.to_string());
    let hint = match error {
        Refused::Escaped {
            printed, literal, ..
        } => {
            let [printed, literal] = [printed, literal].map(|glob| quoted(glob));
            return failure.hint(format!(
                "pass --pattern {printed}, with ? for each byte, or --pattern {literal} if the key has a backslash"
            ));
        }
        Refused::Unnamed(SelectorError::Word(_)) => {
            Some("ids look like prp_123 or ctr_C-1; pass patterns with --pattern")
        }
        Refused::Unnamed(SelectorError::List(_) | SelectorError::Blank(_)) => {
            Some("pass each as its own argument, or one per line on stdin with `-`")
        }
        Refused::Customer { .. } => Some("name the customer with -c"),
        _ => None,
    };
    let hint = hint.map(ToOwned::to_owned);
    Failure { hint, ..failure }
}

/// Rebuilds the command line from its parsed values, so that it contains no option that could carry a secret.
pub(super) fn command_line(arguments: &InvalidateArgs) -> String {
    let mut parts = vec!["invalidate".to_owned()];
    parts.extend(arguments.words.iter().cloned());
    for (flag, values) in [
        ("--pattern", &arguments.patterns),
        ("--tag", &arguments.tags),
    ] {
        parts.extend(values.iter().map(|value| format!("{flag} {value}")));
    }
    parts.extend(generations(arguments).into_iter().map(|(typed, _)| typed));
    let switches = [
        ("--everything", arguments.everything),
        ("--all-customers", arguments.all_customers),
        ("--cascade", arguments.cascade),
        ("--soft", arguments.soft),
        ("--refill", arguments.refill),
        ("--no-undo", arguments.no_undo),
    ];
    parts.extend(
        switches
            .iter()
            .filter(|(_, on)| *on)
            .map(|(flag, _)| (*flag).to_owned()),
    );
    parts.join(" ").chars().take(COMMAND_MAX).collect()
}
