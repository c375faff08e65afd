//! `undo`: put back what an invalidation removed.

use super::connect::connect;
use crate::cache::audit::{self, Deed};
use crate::cache::undo::{Destination, Folder, Kept, Restore, Restored};
use crate::domain::key::Customer;
use crate::exit::{Exit, Failure};
use crate::output::reports::undo::{Line, Listed, Undone};
use crate::output::{Format, Output};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::Store;
use clap::Args;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// The command's own options.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// Undo id, as printed by invalidate [default: the last one]
    #[arg(value_name = "ID")]
    pub id: Option<String>,

    /// List what can be undone
    #[arg(long, conflicts_with_all = ["id", "force"])]
    pub list: bool,

    /// Restore to another server, prefix or customer
    #[arg(long)]
    pub force: bool,
}

/// Undoes, or lists what can be undone.
pub async fn run(
    arguments: UndoArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let state = settings.state_folder.as_deref().ok_or_else(|| {
        Failure::config("there is no folder for what could be undone")
            .hint("set XDG_STATE_HOME or HOME")
    })?;
    let folder = Folder::below(state);
    if arguments.list {
        let all = folder.list()?;
        let shown = all
            .iter()
            .filter(|kept| !settings.customers.named || is_of(kept, settings));
        let names: Vec<&str> = settings.customers.texts().collect();
        Listed {
            undos: shown.map(line).collect(),
        }
        .show(out, &settings.endpoint(), &names)?;
        return Ok(Exit::Done);
    }
    let kept = choose(&arguments, settings, &folder)?;
    let destination = destination(&arguments, settings, &kept)?;
    let store = connect(settings, stop).await?;
    let ended = put_back(&kept, destination, settings, &store, out, stop).await;
    let closed = store.close().await;
    let exit = ended?;
    closed?;
    Ok(exit)
}

fn line(kept: &Kept) -> Line {
    let header = &kept.header;
    let at = i64::try_from(header.at)
        .ok()
        .and_then(|at| Timestamp::from_millisecond(at).ok());
    Line {
        id: header.id.clone(),
        at: at.map(|at| at.to_string()).unwrap_or_default(),
        customers: header.marked.keys().cloned().collect(),
        endpoint: header.endpoint.clone(),
        prefix: header.prefix.clone(),
        records: kept.records,
        bytes: kept.bytes,
        command: header.command.clone(),
    }
}

/// Whether a file holds something of the customers named.
fn is_of(kept: &Kept, settings: &Settings) -> bool {
    settings
        .customers
        .texts()
        .any(|name| kept.header.marked.contains_key(name))
}

/// The file that was named, or the newest one from here.
fn choose(arguments: &UndoArgs, settings: &Settings, folder: &Folder) -> Result<Kept, Failure> {
    let found = match &arguments.id {
        Some(id) => folder.find(id)?,
        None => folder.list()?.into_iter().find(|kept| {
            let from_here = kept.header.endpoint == settings.endpoint()
                && kept.header.prefix == settings.scheme.prefix();
            from_here && (!settings.customers.named || is_of(kept, settings))
        }),
    };
    found.ok_or_else(|| {
        let what = match &arguments.id {
            Some(id) => format!("there is no undo file `{id}`"),
            None => format!("nothing of {} can be undone", settings.endpoint()),
        };
        Failure::new(Exit::NotFound, what).hint("`alecs-cache undo --list` shows what there is")
    })
}

/// Under whose names the keys come back: those that they had, unless forced.
fn destination(
    arguments: &UndoArgs,
    settings: &Settings,
    kept: &Kept,
) -> Result<Destination, Failure> {
    let header = &kept.header;
    let refused = |what: &str, theirs: &str, ours: &str| {
        Err(Failure::usage(format!(
            "`{}` comes from the {what} `{theirs}`, and this is `{ours}`",
            header.id
        ))
        .hint("put it back here all the same with --force"))
    };
    if !arguments.force {
        if header.endpoint != settings.endpoint() {
            return refused("endpoint", &header.endpoint, &settings.endpoint());
        }
        if header.prefix != settings.scheme.prefix() {
            return refused("prefix", &header.prefix, settings.scheme.prefix());
        }
    }
    let mut customers = BTreeMap::new();
    let theirs: Vec<&str> = header.marked.keys().map(String::as_str).collect();
    if settings.customers.named {
        for customer in &settings.customers.names {
            let own = header.marked.contains_key(customer.as_str());
            match theirs.as_slice() {
                _ if own => customers.insert(customer.to_string(), customer.clone()),
                [only] if arguments.force && settings.customers.names.len() == 1 => {
                    customers.insert((*only).to_owned(), customer.clone())
                }
                _ => return refused("customer", &theirs.join(", "), customer.as_str()),
            };
        }
    } else {
        for name in theirs {
            customers.insert(name.to_owned(), Customer::new(name)?);
        }
    }
    Ok(Destination {
        prefix: header.prefix.clone(),
        customers,
    })
}

async fn put_back(
    kept: &Kept,
    destination: Destination,
    settings: &Settings,
    store: &Store,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let customers: Vec<Customer> = destination.customers.values().cloned().collect();
    let progress = out.progress();
    let restore = Restore {
        store,
        scheme: &settings.scheme,
        destination,
        progress: &progress,
        stop,
    };
    let mut done = Restored::default();
    let ended = restore.run(kept, &mut done).await;
    drop(progress);
    if kept.cut {
        out.warn(&format!(
            "the undo file `{}` ends in the middle of a batch, which is not restored; where the command was \
             killed just then, that batch was not removed either",
            kept.header.id
        ));
    }
    for customer in &customers {
        let deed = Deed {
            who: settings.environment.who(),
            command: format!("undo {}", kept.header.id),
            restored: done.restored.get(customer).copied().unwrap_or(0),
            fields: done.fields_of.get(customer).copied().unwrap_or(0),
            undo_id: Some(kept.header.id.clone()),
            ..Deed::default()
        };
        if let Err(error) = audit::enter(store, &settings.scheme, customer, &deed).await {
            out.warn(&format!(
                "this is not in the audit trail of `{customer}`: {error}"
            ));
        }
    }
    let names: Vec<&str> = customers.iter().map(Customer::as_str).collect();
    let undone = Undone {
        undo_id: &kept.header.id,
        restored: done.keys(),
        fields: done.fields(),
        skipped_newer: done.skipped_newer,
        skipped_expired: done.skipped_expired,
        skipped_invalidated: done.skipped_invalidated,
        customers: names,
    };
    undone.show(out, &settings.endpoint())?;
    if let Some(signal) = stop.heard().filter(|_| done.stopped) {
        return Err(Failure::signal(signal));
    }
    if let Err(error) = ended {
        let part = done.keys() + done.fields() > 0;
        return Err(Failure::from(error).after_a_part(part));
    }
    if done.unproven {
        return Err(Failure::topology_changed("some keys may not be restored"));
    }
    if done.refused > 0 {
        return Err(Failure::new(
            Exit::Partial,
            format!(
                "{} records lie outside the prefix, and were left out",
                done.refused
            ),
        ));
    }
    if done.unreadable > 0 {
        return Err(Failure::new(
            Exit::Partial,
            format!(
                "{} keys were saved by a server of another version",
                done.unreadable
            ),
        )
        .hint("`alecs-cache warm` fetches them again"));
    }
    Ok(Exit::Done)
}
