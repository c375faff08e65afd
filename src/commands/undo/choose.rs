//! Which undo file is meant, and where its records go.

use super::UndoArgs;
use crate::cache::undo::{RestoreTarget, UndoFile, UndoFolder};
use crate::domain::invalidation::undo_file::UndoHeader;
use crate::domain::key::{Customer, Scheme};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::undo::UndoLine;
use crate::settings::Settings;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the usable files, and warns about the others.
pub(super) fn list(folder: &UndoFolder, out: &Output) -> Result<Vec<UndoFile>, Failure> {
    let listing = folder.list()?;
    for refused in listing.refused {
        out.warn(&refused.error.to_string());
    }
    Ok(listing.kept)
}

/// Returns the newest file for this server, prefix and customers. Fails if an unusable file is newer: it may be the one
/// that is meant, unless its header says that it is of another server.
fn newest(settings: &Settings, folder: &UndoFolder) -> Result<Option<UndoFile>, Failure> {
    let listing = folder.list()?;
    let meant = |header: &UndoHeader| is_from_here(header, settings) && is_of(header, settings);
    let found = listing.kept.into_iter().find(|kept| meant(&kept.header));
    // The ids begin with the time.
    let newer = |id: &String| found.as_ref().is_none_or(|kept| *id > kept.header.id);
    let mut refused = listing.refused.into_iter();
    match refused.find(|file| newer(&file.id) && file.header.as_ref().is_none_or(meant)) {
        Some(file) => Err(Failure::from(file.error).hint(
            "to undo an older invalidation, pass its id; `alecs-cache undo --list` shows it",
        )),
        None => Ok(found),
    }
}

pub(super) fn line(kept: &UndoFile) -> UndoLine {
    let header = &kept.header;
    let at = i64::try_from(header.at)
        .ok()
        .and_then(|at| Timestamp::from_millisecond(at).ok());
    UndoLine {
        id: header.id.clone(),
        at: at.map(|at| format!("{at:.3}")).unwrap_or_default(),
        age: at.map(|at| Timestamp::now().duration_since(at).unsigned_abs()),
        undone_at: kept.undone.clone(),
        customers: header.marked.keys().cloned().collect(),
        endpoint: header.endpoint.clone(),
        prefix: header.prefix.clone(),
        records: kept.records,
        bytes: kept.bytes,
        command: header.command.clone(),
    }
}

/// True if the keys come from this server and have this prefix.
fn is_from_here(header: &UndoHeader, settings: &Settings) -> bool {
    header.is_from(&settings.endpoint()) && header.prefix == settings.scheme.prefix()
}

/// True if the file holds keys of a named customer, or none is named.
pub(super) fn is_of(header: &UndoHeader, settings: &Settings) -> bool {
    let mut names = settings.customers.texts();
    !settings.customers.named || names.any(|name| header.marked.contains_key(name))
}

/// Returns the named file, or the newest one for this server and prefix.
pub(super) fn choose(
    arguments: &UndoArgs,
    settings: &Settings,
    folder: &UndoFolder,
) -> Result<UndoFile, Failure> {
    let found = match &arguments.id {
        Some(id) => folder.find(id)?,
        None => newest(settings, folder)?,
    };
    if let Some(found) = found {
        return Ok(found);
    }
    let what = match &arguments.id {
        Some(id) => format!("no undo file `{id}`"),
        None => format!("nothing to undo on {}", settings.endpoint()),
    };
    let failure = Failure::new(Exit::NotFound, what);
    let kept = folder.list()?.kept;
    let of_here = kept
        .iter()
        .filter(|kept| is_from_here(&kept.header, settings));
    let customers: BTreeSet<&str> = of_here
        .flat_map(|kept| kept.header.marked.keys().map(String::as_str))
        .collect();
    Err(if kept.is_empty() {
        failure
            .hint("no invalidation of this user and machine is saved; `alecs-cache log` shows all")
    } else if arguments.id.is_some() || customers.is_empty() {
        failure.hint("run `alecs-cache undo --list` to see what can be undone")
    } else {
        let names: Vec<&str> = customers.into_iter().collect();
        failure.hint(format!(
            "invalidations of these customers are saved: {}; name one with -c",
            names.join(", ")
        ))
    })
}

/// Returns the names under which keys are restored: their own, unless forced.
pub(super) fn destination(
    arguments: &UndoArgs,
    settings: &Settings,
    kept: &UndoFile,
    out: &Output,
) -> Result<RestoreTarget, Failure> {
    let header = &kept.header;
    let refused = |what: &str, theirs: &str, ours: &str| {
        Err(Failure::usage(format!(
            "`{}` comes from the {what} `{theirs}`, and this is `{ours}`",
            header.id
        ))
        .hint("pass --force to restore it here anyway"))
    };
    if !arguments.force {
        if !header.is_from(&settings.endpoint()) {
            return refused("endpoint", &header.endpoint, &settings.endpoint());
        }
        if header.prefix != settings.scheme.prefix() {
            return refused("prefix", &header.prefix, settings.scheme.prefix());
        }
    }
    let mut customers = BTreeMap::new();
    let theirs: Vec<&str> = header.marked.keys().map(String::as_str).collect();
    if settings.customers.named {
        let in_file = |name: &&Customer| theirs.contains(&name.as_str());
        let names = settings.customers.names.iter();
        let (known, others): (Vec<_>, Vec<_>) = names.partition(in_file);
        match (known.as_slice(), others.as_slice(), theirs.as_slice()) {
            ([], [one], [only]) if arguments.force => {
                customers.insert((*only).to_owned(), (*one).clone());
            }
            ([], [first, ..], _) => {
                return refused("customer", &theirs.join(", "), first.as_str());
            }
            _ => {}
        }
        for name in others.iter().filter(|_| !known.is_empty()) {
            out.warn(&format!("`{}` holds nothing of customer {name}", header.id));
        }
        let own = known.into_iter().cloned();
        customers.extend(own.map(|customer| (customer.to_string(), customer)));
    } else {
        for name in theirs {
            customers.insert(name.to_owned(), Customer::new(name)?);
        }
    }
    let theirs = header.marked.keys();
    let others = theirs.filter(|name| !customers.contains_key(*name));
    Ok(RestoreTarget {
        scheme: Scheme::new(&header.prefix)?,
        others: others.cloned().collect(),
        customers,
    })
}
