//! Checks before a removal: thresholds, size of the undo file, confirmation.

use super::InvalidateArgs;
use crate::cache::invalidate::Invalidation;
use crate::cache::undo::UndoFolder;
use crate::domain::invalidation::{InvalidationOutcome, InvalidationRequest};
use crate::domain::key::Customer;
use crate::exit::{Exit, Failure};
use crate::output::confirm::Confirmation;
use crate::output::{Output, human};
use crate::settings::Settings;
use std::path::Path;

/// True if the operator is asked for confirmation.
fn asks(arguments: &InvalidateArgs, request: &InvalidationRequest) -> bool {
    (request.sweeps() || arguments.all_customers) && !arguments.yes
}

/// True if the run may be refused once the number of keys is known.
pub(super) fn may_refuse(
    arguments: &InvalidateArgs,
    request: &InvalidationRequest,
    settings: &Settings,
) -> bool {
    asks(arguments, request)
        || settings.protected
        || arguments.expect.is_some()
        || arguments.max_keys.is_some()
        // --explain prints one list for the whole run.
        || arguments.explain
}

/// Refuses a run that confirms other customers, before it connects.
pub(super) fn refuse_other_names(
    arguments: &InvalidateArgs,
    settings: &Settings,
) -> Result<(), Failure> {
    let named = |name: &&String| settings.customers.texts().any(|own| own == name.as_str());
    let other = arguments.confirmed.iter().find(|name| !named(name));
    if let Some(other) = other.filter(|_| !arguments.all_customers) {
        return Err(Failure::usage(format!(
            "--confirm names `{other}`, and this run is for {}",
            customers(arguments, settings)
        ))
        .hint(format!(
            "pass --confirm {}",
            settings.customers.texts().collect::<Vec<_>>().join(",")
        )));
    }
    Ok(())
}

/// Returns the failure of a run that needs confirmation for `names` and cannot ask for it.
fn unconfirmed(
    arguments: &InvalidateArgs,
    settings: &Settings,
    names: &[&str],
    out: &Output,
) -> Failure {
    let why = if out.options().no_input {
        "--no-input"
    } else {
        "no terminal"
    };
    if settings.protected {
        let profile = settings.profile.as_ref();
        let protected = profile.map_or_else(
            || "while the configuration has `protected`".to_owned(),
            |profile| format!("of the protected profile `{profile}`"),
        );
        return Failure::usage(format!(
            "refusing to remove keys {protected} without confirmation ({why})"
        ))
        .hint(format!("pass --confirm {}", names.join(",")));
    }
    Failure::usage(format!(
        "refusing to remove {} of {} without confirmation ({why})",
        what(arguments),
        customers(arguments, settings)
    ))
    .hint("run it with --dry-run first, then pass --yes")
}

/// Describes what is to be removed.
fn what(arguments: &InvalidateArgs) -> String {
    if arguments.everything {
        return "everything".into();
    }
    match arguments.patterns.as_slice() {
        [] => "keys".into(),
        [one] => format!("all keys that match `{one}`"),
        several => format!("all keys that match {} patterns", several.len()),
    }
}

fn customers(arguments: &InvalidateArgs, settings: &Settings) -> String {
    if arguments.all_customers {
        return "all customers".into();
    }
    settings.customers.texts().collect::<Vec<_>>().join(", ")
}

/// Compares the number of keys with --expect and --max-keys.
pub(super) fn thresholds(
    arguments: &InvalidateArgs,
    outcome: &InvalidationOutcome,
) -> Result<(), Failure> {
    let matched = outcome.matched.total();
    let failed = |what: String| {
        Err(Failure::new(Exit::Threshold, what).hint("list them with --dry-run --explain"))
    };
    match (arguments.expect, arguments.max_keys) {
        (Some(expected), _) if matched != expected => failed(format!(
            "{} would be removed, but --expect is {}; nothing was removed",
            human::count(matched, "key"),
            human::grouped(expected)
        )),
        (_, Some(most)) if matched > most => failed(format!(
            "{} would be removed, but --max-keys is {}; nothing was removed",
            human::count(matched, "key"),
            human::grouped(most)
        )),
        _ => Ok(()),
    }
}

/// Refuses an undo file over the limit unless --undo asks for it. The file holds each string twice: as the server's
/// dump and as plain text.
pub(super) fn room(folder: &UndoFolder, outcome: &InvalidationOutcome) -> Result<(), Failure> {
    let (needed, limit) = (outcome.bytes.saturating_mul(2), folder.limit()?);
    if needed <= limit {
        return Ok(());
    }
    let (path, free) = folder.room()?;
    Err(no_room(needed, limit, free, path))
}

fn no_room(needed: u64, limit: u64, free: u64, folder: &Path) -> Failure {
    if needed > free {
        return Failure::usage(format!(
            "the undo file needs up to {} in `{}`, where {} are free",
            human::bytes(needed),
            folder.display(),
            human::bytes(free)
        ))
        .hint("free space, or pass --no-undo");
    }
    Failure::usage(format!(
        "the undo file would need up to {} (limit {})",
        human::bytes(needed),
        human::bytes(limit)
    ))
    .hint("pass --undo to write it, or --no-undo to skip it")
}

/// Asks for confirmation if it is needed and there is something to remove.
pub(super) async fn ask(
    arguments: &InvalidateArgs,
    job: &Invalidation<'_>,
    settings: &Settings,
    outcome: &InvalidationOutcome,
    out: &Output,
) -> Result<(), Failure> {
    if outcome.matched.total() + outcome.fields() == 0 {
        return Ok(());
    }
    let customers = job.customers;
    let names: Vec<&str> = customers.iter().map(Customer::as_str).collect();
    let size = outcome.known_bytes();
    let size = size.map_or_else(String::new, |size| format!(" ({})", human::bytes(size)));
    let unsaved = match outcome.unsaved {
        0 => String::new(),
        _ if arguments.no_undo => String::new(),
        unsaved => format!(", {} of which undo cannot restore", human::grouped(unsaved)),
    };
    let question = format!(
        "Invalidate {}{size} of {} on {}{unsaved}?",
        human::count(outcome.matched.total(), "key"),
        names.join(", "),
        human::address(&settings.endpoint())
    );
    if settings.protected {
        return by_name(arguments, job, settings, &names, &question, out).await;
    }
    if !asks(arguments, job.request) {
        return Ok(());
    }
    let answer = out.confirm(&question, job.stop).await;
    require_yes(answer, || unconfirmed(arguments, settings, &names, out))
}

/// Confirms each customer by name, from --confirm or by typing.
async fn by_name(
    arguments: &InvalidateArgs,
    job: &Invalidation<'_>,
    settings: &Settings,
    names: &[&str],
    question: &str,
    out: &Output,
) -> Result<(), Failure> {
    for name in names {
        if arguments
            .confirmed
            .iter()
            .any(|confirmed| confirmed == name)
        {
            continue;
        }
        if !arguments.confirmed.is_empty() {
            return Err(
                Failure::usage(format!("`{name}` was not confirmed; nothing was removed"))
                    .hint(format!("pass --confirm {}", names.join(","))),
            );
        }
        let answer = out.confirm_by_name(question, name, job.stop).await;
        require_yes(answer, || unconfirmed(arguments, settings, names, out))?;
    }
    Ok(())
}

fn require_yes(answer: Confirmation, unconfirmed: impl FnOnce() -> Failure) -> Result<(), Failure> {
    match answer {
        Confirmation::Yes => Ok(()),
        Confirmation::No => Err(Failure::new(
            Exit::Declined,
            "declined; nothing was removed",
        )),
        Confirmation::CannotAsk => Err(unconfirmed()),
        Confirmation::Stopped(signal) => Err(Failure::signal(signal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_the_undo_file_is_offered_only_if_it_fits_on_the_disk() {
        let told = |free: u64| {
            let failure = no_room(219_136, free / 10, free, Path::new("/state/undo"));
            (failure.message, failure.hint.unwrap())
        };
        assert_eq!(
            told(0),
            (
                "the undo file needs up to 214 KiB in `/state/undo`, where 0 B are free".into(),
                "free space, or pass --no-undo".into()
            )
        );
        assert_eq!(
            told(1 << 20),
            (
                "the undo file would need up to 214 KiB (limit 102 KiB)".into(),
                "pass --undo to write it, or --no-undo to skip it".into()
            )
        );
    }
}
