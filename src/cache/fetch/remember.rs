//! What a complete run of the account leaves for later ones.

use super::Halt;
use super::baseline::{Baseline, Locked, RunRecord, Written, digest, push};
use super::known::KnownAccount;
use super::run::FetchRun;
use super::values::rule_versions;
use crate::cache::Error;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use std::rc::Rc;

impl FetchRun<'_> {
    /// Remembers what a later run may rely on, where this one is complete.
    pub(super) async fn remember(&self, mut known: KnownAccount) -> Result<(), Halt> {
        if !self.ledger.is_complete()
            || self.source.is_replay()
            || !self.wants(Resource::Properties)
        {
            return Ok(());
        }
        let began = self.writes.began();
        let learned = (known.crawled || known.items.is_some()) && self.wants(Resource::Details);
        let date = known.date.filter(|_| learned && !known.spoiled);
        let items = self.items(&mut known, date.is_some(), began).await?;
        let ended = RunRecord {
            began,
            date,
            full: known.crawled && date.is_some(),
            hosts: known.hosts_whole && date.is_some(),
            items,
        };
        Ok(Baseline::write(&self.place, ended).await?)
    }

    /// What was written of each property, by this run or an earlier one. Where this one has not learned
    /// what changed, only what it says of rules is new.
    async fn items(
        &self,
        known: &mut KnownAccount,
        learned: bool,
        began: u64,
    ) -> Result<Option<String>, Error> {
        if !learned && self.rules_fetched.borrow().is_empty() {
            return Ok(None);
        }
        let mut former = match known.items.take() {
            Some(items) => Rc::unwrap_or_clone(items),
            None => Baseline::read(&self.place).await?.items,
        };
        let mut items = String::new();
        let hosts = self.hosts_written.borrow();
        for property in &known.properties {
            let former = former.get_mut(&property.id);
            if !learned {
                if let Some(former) = former {
                    former.rules = self.locked_rules(property, Some(former), began);
                }
                continue;
            }
            let former = former.map(|former| &*former);
            let item = digest(property.json.as_bytes());
            let same = former.filter(|former| {
                !known.crawled && !known.touched.contains(&property.id) && former.item == item
            });
            let own = hosts.get(&property.id).map(|digest| (began, *digest));
            let written = Written {
                at: same.map_or(began, |former| former.at),
                item,
                hosts: own.or_else(|| former.and_then(|former| former.hosts)),
                rules: self.locked_rules(property, former, began),
            };
            push(&mut items, &property.id, &written);
        }
        if !learned {
            for (id, written) in &former {
                push(&mut items, id, written);
            }
        }
        Ok(Some(items))
    }

    /// The rules of versions that had been activated when they were fetched, by this run or an earlier
    /// one: a draft may still change under its number.
    fn locked_rules(
        &self,
        property: &Property,
        former: Option<&Written>,
        began: u64,
    ) -> Vec<Locked> {
        let fetched = self.rules_fetched.borrow();
        let fetched = fetched.get(&property.id).map_or(&[][..], Vec::as_slice);
        let former = former.map_or(&[][..], |former| former.rules.as_slice());
        let each = rule_versions(property).filter_map(|version| {
            let new = fetched.iter().rfind(|(number, _)| *number == version);
            let Some((_, digest)) = new else {
                let former = former.iter().find(|locked| locked.version == version);
                return former.copied();
            };
            let active = [property.staging, property.production].contains(&Some(version));
            active.then_some(Locked {
                version,
                at: began,
                digest: *digest,
            })
        });
        each.collect()
    }
}
