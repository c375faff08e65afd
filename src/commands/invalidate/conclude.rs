//! End of an invalidation: refill, audit log, report and exit code.

use super::refill::{LIST_GONE, Refill, RefillCounts};
use super::{InvalidateRun, StateBefore, request};
use crate::cache;
use crate::cache::audit;
use crate::cache::invalidate::{RemovalSurvey, RunResult};
use crate::commands::no_keys;
use crate::domain::invalidation::audit::AuditEntry;
use crate::domain::invalidation::{InvalidationOutcome, InvalidationTarget};
use crate::domain::key::Customer;
use crate::exit::{self, Exit, Failure};
use crate::output::human;
use crate::output::reports::invalidate::Invalidated;
use crate::store;

impl InvalidateRun<'_> {
    /// Refills, records the run in the audit log, and reports.
    pub(super) async fn conclude(
        &self,
        mut ended: RunResult,
        surveyed: &RemovalSurvey,
        before: StateBefore,
        refused: Option<Failure>,
    ) -> Result<Exit, Failure> {
        if !ended.is_over() && ended.outcome.matched.total() == 0 && !ended.outcome.did_something()
        {
            // Nothing was written, so nothing has shown yet that the server is a primary.
            let primary = self.job.store.refuse_replicas().await;
            let marked = match primary {
                Ok(()) => self.job.mark_uncached(surveyed).await,
                Err(error) => Err(cache::Error::from(error)),
            };
            ended.error = marked.err();
        }
        self.record(&mut ended, surveyed).await;
        let mut failures = Vec::new();
        let mut refilled = RefillCounts::default();
        let refills = self.arguments.refill && ended.error.is_none() && !ended.stopped;
        if refills {
            let refill = Refill {
                job: self.job,
                settings: self.settings,
                out: self.out,
                stop: self.stop,
                before: &before,
                counts: RefillCounts::default(),
                failures: Vec::new(),
            };
            (refilled, failures) = refill.run(&self.sources, &ended.outcome).await;
            ended.stopped |= self.stop.signal().is_some();
        }
        failures.extend(refused);
        let cut_short = ended.error.is_some() || ended.stopped;
        let did_all = !cut_short && !ended.unmarked && !ended.unproven && failures.is_empty();
        let wanted = !self.out.is_quiet() || self.out.is_json() || self.arguments.explain;
        if wanted || !did_all {
            self.show(&ended.outcome, before.calls, refilled, false, cut_short)?;
        }
        self.warn_who_has_keys(&ended.outcome).await?;
        self.warn_of_globs(&ended.outcome);
        self.warn_of_scan(&ended.outcome);
        self.warn_of_unowned(&ended.outcome);
        self.warn_of_unsaved(&ended.outcome);
        ended.notes.iter().for_each(|note| self.out.warn(note));
        if !refills {
            self.remind(&ended.outcome);
        }
        self.end(ended, failures)
    }

    async fn record(&self, ended: &mut RunResult, surveyed: &RemovalSurvey) {
        let outcome = &ended.outcome;
        let mut notes = Vec::new();
        for customer in self.job.customers {
            let entry = AuditEntry {
                who: self.settings.environment.who(),
                command: request::command_line(self.arguments),
                removed: outcome.removed.of_customer(customer),
                softened: outcome.softened.of_customer(customer),
                fields: outcome.fields_of.get(customer).copied().unwrap_or(0),
                undo_id: outcome.undo_id.clone(),
                marks: surveyed.marked(customer),
                ..AuditEntry::default()
            };
            let recorded = audit::record(self.job.store, self.job.scheme, customer, &entry).await;
            if let Err(error) = recorded {
                notes.push(format!(
                    "this is not in the audit log of `{customer}`: {error}"
                ));
            }
        }
        ended.notes.extend(notes);
    }

    pub(super) fn show(
        &self,
        outcome: &InvalidationOutcome,
        refill_calls: u64,
        refilled: RefillCounts,
        dry_run: bool,
        cut_short: bool,
    ) -> Result<(), Failure> {
        let targets = self
            .job
            .request
            .wanted
            .iter()
            .map(|(typed, _)| typed.clone());
        let shown = Invalidated {
            outcome,
            dry_run,
            explain: (self.arguments.explain).then_some(self.arguments.limit),
            targets: targets.collect(),
            refill_calls,
            refilled: refilled.stored,
            also_removed: refilled.also_removed,
            cut_short,
            customers: &self.asked.names,
            not_manageable: &self.asked.not_manageable,
        };
        Ok(shown.show(self.out, &self.settings.endpoint())?)
    }

    /// Ids and keys are taken literally. If nothing has that name, warns that it looks like a pattern.
    pub(super) fn warn_of_globs(&self, outcome: &InvalidationOutcome) {
        for (at, (typed, wanted)) in self.job.request.wanted.iter().enumerate() {
            let named = matches!(wanted, InvalidationTarget::Target(_));
            if named && typed.contains(['*', '?', '[']) && outcome.matched.of_target(at) == 0 {
                self.out.warn(&format!(
                    "nothing is named `{typed}`, taken literally; pass a pattern with --pattern"
                ));
            }
        }
    }

    /// Warns of host names and details whose property had to be removed with them, and is not known.
    pub(super) fn warn_of_unowned(&self, outcome: &InvalidationOutcome) {
        for name in &outcome.unowned {
            self.out.warn(&format!(
                "the cache does not show which property `{name}` belongs to: to remove that property too, pass its id"
            ));
        }
    }

    /// Warns of keys that undo does not restore.
    pub(super) fn warn_of_unsaved(&self, outcome: &InvalidationOutcome) {
        if outcome.unsaved > 0 && !self.arguments.no_undo {
            self.out.warn(&format!(
                "{} cannot be restored: undo restores cached data, no history, no bookkeeping and no keys that the \
                 ALECS server does not define",
                human::count(outcome.unsaved, "key")
            ));
        }
    }

    /// If the keyspace could not be walked, warns about the keys that may remain.
    pub(super) fn warn_of_scan(&self, outcome: &InvalidationOutcome) {
        if let Some(reason) = &outcome.scan_skipped {
            self.out.warn(&format!(
                "{reason}; only keys that can be named were looked for: lists by contract and group, \
                 searches and rules of versions that no list names stay until they expire"
            ));
        }
    }

    /// Without `-c` the customer is a guess. If nothing was found, names the customers that have keys.
    pub(super) async fn warn_who_has_keys(
        &self,
        outcome: &InvalidationOutcome,
    ) -> Result<(), Failure> {
        let found = outcome.matched.total() + outcome.fields() > 0 || outcome.did_something();
        if found || self.settings.customers.named || self.arguments.all_customers {
            return Ok(());
        }
        let (store, settings) = (self.job.store, self.settings);
        for customer in &self.asked.names {
            no_keys::warn(store, settings, customer, self.out, "nothing was found").await?;
        }
        Ok(())
    }

    /// Warns that ALECS searches fail until the list is cached again.
    fn remind(&self, outcome: &InvalidationOutcome) {
        if outcome.removed.total() > 0 && self.takes_the_list(outcome) {
            let names: Vec<&str> = outcome.lists().map(Customer::as_str).collect();
            let of = names.join(",");
            let next = if self.arguments.refill {
                ""
            } else {
                " (next time: --refill)"
            };
            self.out.warn(&format!(
                "{LIST_GONE}; run `alecs-cache warm -c {of}`{next}"
            ));
        }
    }

    /// Like [`Self::remind`], for a dry run.
    pub(super) fn warn_of_the_list(&self, outcome: &InvalidationOutcome, calls: u64) {
        let refills = self.arguments.refill;
        if outcome.matched.total() > 0 && self.takes_the_list(outcome) && !refills {
            self.out.warn(&format!(
                "the property list would be removed: ALECS searches would fail until it is cached again; \
                 add --refill (up to {})",
                human::count(calls, "API call")
            ));
        }
    }

    fn takes_the_list(&self, outcome: &InvalidationOutcome) -> bool {
        outcome.lists().next().is_some() && !self.arguments.soft
    }

    fn end(&self, ended: RunResult, mut failures: Vec<Failure>) -> Result<Exit, Failure> {
        let outcome = &ended.outcome;
        let did_something = outcome.did_something();
        let whole = !ended.is_over();
        failures.extend(ended.error.map(|error| of_error(error, did_something)));
        if ended.unmarked {
            failures.push(
                Failure::new(
                    if did_something {
                        Exit::Partial
                    } else {
                        Exit::Unexpected
                    },
                    "the server is out of memory and took no marks: a writer that fetched earlier may \
                     bring old values back",
                )
                .hint("raise `maxmemory`, and run it again"),
            );
        }
        if ended.unproven && whole {
            failures.push(Failure::topology_changed(
                &outcome.coverage,
                "some keys may remain",
            ));
        }
        if let Some(signal) = self.stop.signal().filter(|_| ended.stopped) {
            return Err(Failure::signal(signal));
        }
        exit::end(self.out, [], failures, usize::MAX)
    }
}

/// Converts an error. After a part is done, a full disk or server counts as a partial failure. A user who may not run
/// DUMP, or whose server lacks it, gets a hint how to do without.
pub(super) fn of_error(error: cache::Error, did_something: bool) -> Failure {
    // A denied key is another problem than a denied command.
    let saving = match &error {
        cache::Error::Store(
            store::Error::Denied {
                command, reason, ..
            }
            | store::Error::Refused {
                command, reason, ..
            },
        ) if !reason.contains(" access ") => match command.as_str() {
            "DUMP" => Some("DUMP"),
            // After PEXPIRETIME was refused, too.
            "PTTL" => Some("PEXPIRETIME"),
            _ => None,
        },
        _ => None,
    };
    let mut failure = Failure::from(error).after_a_part(did_something);
    if did_something && matches!(failure.exit, Exit::Usage) {
        failure.exit = Exit::Partial;
    }
    if let Some(command) = saving {
        failure = failure.hint(format!(
            "pass --no-undo to skip saving, or permit {command}"
        ));
    }
    failure
}
