//! What a run of the whole account remembers for later runs.

use super::Halt;
use super::baseline::{Baseline, OwnKind, OwnValue, Written, digest, push};
use super::known::KnownAccount;
use super::run::FetchRun;
use super::state::field::{ASKED, COMPLETE, DATE, FULL, HOSTS, ITEMS};
use super::values::rule_versions;
use crate::cache::Error;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use std::collections::HashSet;
use std::rc::Rc;

impl FetchRun<'_> {
    /// Remembers what a later run may rely on: once the account and its host names are known, when a run ends
    /// early during the calls for each property alone, and at the end of a run.
    pub(super) async fn remember(&self, known: &mut KnownAccount, ended: bool) -> Result<(), Halt> {
        if self.checks() || !known.has_all {
            return Ok(());
        }
        if ended {
            self.writes.agree_if_empty(&known.properties);
        }
        if self.source.is_replay() {
            return Ok(());
        }
        let states = known.states();
        known.pairs.write(&self.cache, &states, None).await?;
        let complete = self.ledger.is_complete() && self.wants(Resource::Properties);
        let began = self.writes.began;
        let learned = (known.crawled || known.is_incremental()) && self.wants(Resource::Details);
        let date = known.date.filter(|_| complete && learned && !known.spoiled);
        let items = self.written_items(known, date.is_some(), began).await?;
        let mut fields = Vec::new();
        if complete && ended {
            fields.push((COMPLETE, self.cache.now().await?.to_string()));
        }
        if let Some(date) = date {
            fields.push((ASKED, began.to_string()));
            fields.push((DATE, date.as_millisecond().to_string()));
            fields.extend(known.crawled.then(|| (FULL, began.to_string())));
            let hosts = known.host_names.is_some();
            fields.extend(hosts.then(|| (HOSTS, began.to_string())));
        }
        let writes_items = items.is_some();
        fields.extend(items.map(|items| (ITEMS, items)));
        self.cache.remember(fields).await?;
        if writes_items && date.is_some() && ended {
            self.writes.forms.take();
            if let Some(digests) = self.writes.all_digests.get() {
                digests.forget_single(&self.cache).await?;
            }
        }
        if known.is_incremental() {
            known.items = Some(Rc::new(Baseline::read(&self.cache).await?.items));
        }
        Ok(())
    }

    /// Returns what was written of each property, by this run or an earlier one. If this run has not learned
    /// what changed, only values from calls for one property alone are new.
    async fn written_items(
        &self,
        known: &KnownAccount,
        learned: bool,
        began: u64,
    ) -> Result<Option<String>, Error> {
        if !learned && self.own_fetched.borrow().is_empty() {
            return Ok(None);
        }
        let former = match &known.items {
            Some(items) => items.clone(),
            None => Rc::new(Baseline::read(&self.cache).await?.items),
        };
        let mut items = String::new();
        let mut entered = HashSet::new();
        for property in &known.properties {
            let former = former.get(&property.id);
            let written = if learned {
                Some(self.written(known, property, former, began))
            } else {
                former.cloned()
            };
            if let Some(mut written) = written {
                written.own = self.own_values(known, property, former, began);
                push(&mut items, &property.id, &written);
                entered.insert(&property.id);
            }
        }
        let others = former.iter().filter(|_| !learned);
        for (id, written) in others.filter(|(id, _)| !entered.contains(id)) {
            push(&mut items, id, written);
        }
        Ok(Some(items))
    }

    fn written(
        &self,
        known: &KnownAccount,
        property: &Property,
        former: Option<&Written>,
        began: u64,
    ) -> Written {
        let item = digest(property.json.as_bytes());
        let same = former.filter(|former| {
            !known.crawled && !known.changed.contains(&property.id) && former.item == item
        });
        // Keys may still embed the former form.
        let pending = self.writes.changes.borrow().has(&property.id);
        let item = if pending {
            former.map_or(0, |former| former.item)
        } else {
            item
        };
        let hosts = self.hosts_written.borrow();
        let hosts = hosts.get(&property.id).map(|digest| (began, *digest));
        Written {
            at: same.map_or(began, |former| former.at),
            item,
            hosts: hosts.or_else(|| former.and_then(|former| former.hosts)),
            own: Vec::new(),
        }
    }

    /// Returns values from calls for one property alone, by this run or an earlier one, that do not change
    /// while the property is the same. The rules of a version do not change once it was activated; those of a
    /// draft may.
    fn own_values(
        &self,
        known: &KnownAccount,
        property: &Property,
        former: Option<&Written>,
        began: u64,
    ) -> Vec<OwnValue> {
        let fetched = self.own_fetched.borrow();
        let fetched = fetched.get(&property.id).map_or(&[][..], Vec::as_slice);
        let same = former.filter(|former| {
            !known.changed.contains(&property.id) && former.item == digest(property.json.as_bytes())
        });
        let kinds = rule_versions(property).map(OwnKind::Rules);
        let kinds = kinds.chain([OwnKind::Activations]);
        let each = kinds.filter_map(|kind| {
            let active = match kind {
                OwnKind::Rules(version) => {
                    [property.staging, property.production].contains(&Some(version))
                }
                OwnKind::Activations => true,
            };
            let lasting = match kind {
                OwnKind::Rules(_) => former,
                OwnKind::Activations => same,
            };
            match fetched.iter().rfind(|(fetched, _)| *fetched == kind) {
                Some((_, digest)) => digest.filter(|_| active).map(|digest| OwnValue {
                    kind,
                    at: began,
                    digest,
                }),
                None => lasting?.own(kind),
            }
        });
        each.collect()
    }
}
