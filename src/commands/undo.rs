//! `undo`: restores what an invalidation removed.

mod choose;

use super::connect::with_store;
use super::no_keys;
use crate::cache::audit;
use crate::cache::undo::{Restore, RestoreTarget, UndoFile, UndoFolder};
use crate::domain::invalidation::audit::AuditEntry;
use crate::domain::invalidation::restored::RestoreOutcome;
use crate::domain::key::Customer;
use crate::domain::limit::Limit;
use crate::exit::{Exit, Failure};
use crate::output::reports::undo::{UndoLine, UndoList, UndoReport};
use crate::output::{Output, human};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::Store;
use choose::{choose, destination, is_of, line, list};
use clap::Args;
use jiff::Timestamp;

/// Entries of the audit log among which a later invalidation is looked for.
const LATER: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// Undo id, as printed by invalidate [default: the last one saved]
    #[arg(value_name = "ID")]
    pub id: Option<String>,

    /// List what can be undone, and what was
    #[arg(long, conflicts_with_all = ["id", "force", "dry_run"])]
    pub list: bool,

    /// With --list: show at most N [default: all]
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        hide_default_value = true,
        requires = "list",
        conflicts_with_all = ["id", "force", "dry_run"]
    )]
    pub limit: Limit,

    /// Count what would be restored; change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Restore to another server, prefix or customer
    #[arg(long)]
    pub force: bool,
}

/// Undoes, or lists what can be undone.
pub(crate) async fn run(
    arguments: UndoArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let state = settings.state_folder.as_deref().ok_or_else(|| {
        Failure::config("no folder for undo files").hint("set XDG_STATE_HOME or HOME")
    })?;
    let folder = UndoFolder::below(state);
    if arguments.list {
        let all = list(&folder, out)?;
        let shown = all.iter().filter(|kept| is_of(&kept.header, settings));
        let mut undos = shown.map(line).collect();
        let total = arguments.limit.cut(&mut undos);
        let names: Vec<&str> = settings.customers.texts().collect();
        UndoList { undos, total }.show(out, &settings.endpoint(), &names)?;
        return Ok(Exit::Done);
    }
    let kept = match choose(&arguments, settings, &folder) {
        Err(failure) if failure.exit == Exit::NotFound && arguments.id.is_none() => {
            warn_of_unknown(settings, out, stop).await;
            return Err(failure);
        }
        chosen => chosen?,
    };
    let destination = destination(&arguments, settings, &kept, out)?;
    with_store(settings, stop, async |store| {
        if arguments.id.is_none() {
            say_which(&kept, &destination, store, settings, out).await;
        }
        let run = UndoRun {
            kept: &kept,
            folder: &folder,
            dry_run: arguments.dry_run,
            settings,
            store,
            out,
            stop,
        };
        run.put_back(destination).await
    })
    .await
}

/// Says which removal is undone. A later one may have gone without an undo file, which the audit log shows.
async fn say_which(
    kept: &UndoFile,
    destination: &RestoreTarget,
    store: &Store,
    settings: &Settings,
    out: &Output,
) {
    let now = Timestamp::now();
    let UndoLine { at, command, .. } = line(kept);
    let saved = format!("`{command}`, {} UTC", human::when(&at, now));
    let mut later = Vec::new();
    for customer in destination.customers.values() {
        match audit::read(store, &settings.scheme, customer, LATER).await {
            Ok(entries) => later.extend(unsaved_since(entries, &kept.header.id)),
            Err(error) => log::info!("cannot read the audit log of {customer}: {error}"),
        }
    }
    match later.into_iter().max_by_key(AuditEntry::place) {
        Some(last) => out.warn(&format!(
            "the last invalidation (`{}`, {} UTC) was not saved; this is the last one saved: {saved}",
            last.command,
            human::when(&last.at, now)
        )),
        None => out.note(&format!("the last one saved: {saved}")),
    }
}

/// Returns the newest invalidation after the one saved as `id` that changed something without saving it. `entries`
/// are the newest first; if none of them is that one, nothing is known.
fn unsaved_since(entries: Vec<AuditEntry>, id: &str) -> Option<AuditEntry> {
    let own = |entry: &AuditEntry| !entry.is_undo() && entry.undo_id.as_deref() == Some(id);
    let at = entries.iter().position(own)?;
    entries.into_iter().take(at).find(|entry| {
        let changed = entry.removed + entry.softened + entry.fields > 0;
        changed && !entry.is_undo() && entry.undo_id.is_none()
    })
}

/// Warns about named customers of whom nothing is known, because the name may be a typo.
async fn warn_of_unknown(settings: &Settings, out: &Output, stop: &Stop) {
    if !settings.customers.named {
        return;
    }
    let warned = with_store(settings, stop, async |store| {
        Ok(no_keys::known(store, settings, &settings.customers.names, out).await?)
    });
    if let Err(failure) = warned.await {
        log::info!("cannot list the customers that have keys: {failure}");
    }
}

struct UndoRun<'a> {
    kept: &'a UndoFile,
    folder: &'a UndoFolder,
    dry_run: bool,
    settings: &'a Settings,
    store: &'a Store,
    out: &'a Output,
    stop: &'a Stop,
}

impl UndoRun<'_> {
    async fn put_back(&self, destination: RestoreTarget) -> Result<Exit, Failure> {
        let customers: Vec<Customer> = destination.customers.values().cloned().collect();
        // What is left of other customers, or was restored elsewhere, can still be restored.
        let of_all = self.kept.header.is_from(&self.settings.endpoint())
            && destination.others.is_empty()
            && destination.keeps_names(&self.settings.scheme);
        let progress = self.out.progress();
        let restore = Restore {
            store: self.store,
            scheme: &self.settings.scheme,
            policy: &self.settings.policy,
            destination,
            dry_run: self.dry_run,
            progress: &progress,
            stop: self.stop,
        };
        let mut done = RestoreOutcome::default();
        let ended = restore.run(self.kept, &mut done).await;
        drop(progress);
        if self.kept.cut {
            self.out.warn(&format!(
                "the undo file `{}` ends in the middle of a batch, which is not restored; if the command was \
                 killed at that point, that batch was not removed either",
                self.kept.header.id
            ));
        }
        if !self.dry_run && done.keys() + done.fields() > 0 {
            self.record(&customers, &done).await;
            if ended.is_ok() && !done.stopped && of_all {
                let now = Timestamp::now();
                self.folder
                    .mark_undone(&self.kept.header.id, &now.to_string());
            }
        }
        self.show(&customers, &done, ended.is_err() || done.stopped)?;
        if let Some(signal) = self.stop.signal().filter(|_| done.stopped) {
            return Err(Failure::signal(signal));
        }
        if let Err(error) = ended {
            let part = done.keys() + done.fields() > 0;
            return Err(Failure::from(error).after_a_part(part));
        }
        end(&done)
    }

    /// Records the undo in each customer's audit log.
    async fn record(&self, customers: &[Customer], done: &RestoreOutcome) {
        for customer in customers {
            let entry = AuditEntry {
                who: self.settings.environment.who(),
                command: format!("undo {}", self.kept.header.id),
                restored: done.restored.get(customer).copied().unwrap_or(0),
                fields: done.fields_of.get(customer).copied().unwrap_or(0),
                undo_id: Some(self.kept.header.id.clone()),
                ..AuditEntry::default()
            };
            let recorded = audit::record(self.store, &self.settings.scheme, customer, &entry).await;
            if let Err(error) = recorded {
                self.out.warn(&format!(
                    "this is not in the audit log of `{customer}`: {error}"
                ));
            }
        }
    }

    fn show(
        &self,
        customers: &[Customer],
        done: &RestoreOutcome,
        cut_short: bool,
    ) -> Result<(), Failure> {
        let did_all = !cut_short && end(done).is_ok();
        if did_all && !self.dry_run && self.out.is_quiet() && !self.out.is_json() {
            return Ok(());
        }
        let undone = UndoReport {
            undo_id: &self.kept.header.id,
            dry_run: self.dry_run,
            outcome: done,
            cut: self.kept.cut,
            undone_at: self.kept.undone.as_deref(),
            cut_short,
            customers: customers.iter().map(Customer::as_str).collect(),
        };
        Ok(undone.show(self.out, &self.settings.endpoint())?)
    }
}

/// Records that were left out, or may be lost, count as a partial failure.
fn end(done: &RestoreOutcome) -> Result<Exit, Failure> {
    if let Some(coverage) = &done.unproven {
        let what = "some keys may not be restored";
        return Err(Failure::topology_changed(coverage, what));
    }
    if let Some(reason) = &done.refusal {
        let names = human::count(done.fields_refused, "host name");
        let what = format!("{names} cannot be restored into the hash of host names: {reason}");
        return Err(Failure::new(Exit::Partial, what).hint("`alecs-cache warm` fetches them again"));
    }
    if done.refused > 0 {
        let what = format!(
            "{} of the undo file cannot be restored",
            human::count(done.refused, "record")
        );
        let hint =
            "undo writes only keys of the scheme, of its types, of the customers of the file";
        return Err(Failure::new(Exit::Partial, what).hint(hint));
    }
    if done.unreadable > 0 {
        let keys = human::count(done.unreadable, "key");
        let what = format!("{keys} cannot be restored: saved by a server of another version");
        return Err(Failure::new(Exit::Partial, what).hint("`alecs-cache warm` fetches them again"));
    }
    Ok(Exit::Done)
}
