//! What stands without parts that it should have is remembered from run to run, so that a run which
//! finds it fresh does not take it for whole.

use super::Fill;
use super::account::NEED_PROPERTIES;
use super::ledger::Ledger;
use super::survey::Survey;
use crate::cache::Error;
use crate::cache::answers::{Pair, pair_name};
use crate::domain::account::Property;
use crate::domain::key::Entry;
use crate::domain::lacking::Lacking;
use crate::domain::ttl::Resource;
use crate::store::{self, Write};

/// How the properties of the account are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crawl {
    /// From the list that stands, where they are needed at all.
    Nothing,
    /// From the list, and by asking for the pairs that it lacks.
    Lacking,
    /// By asking for every pair.
    Whole {
        /// The list that stands lacks something: it is brought up to date though nobody asked for it.
        mends: bool,
    },
}

impl Survey {
    /// Whether the list lacks the pair that this property belongs to.
    pub(super) fn lacks_pair_of(&self, property: &Property) -> bool {
        let pair = pair_name(&property.contract, &property.group);
        self.lacking.lacks(Resource::Properties, &pair)
    }

    /// Those of the pairs that the list lacks. One that is no pair any more has nothing to give.
    pub(super) fn lacking_pairs(&self, pairs: &[Pair]) -> Vec<Pair> {
        let lacks = |(contract, group): &&Pair| {
            let pair = pair_name(contract, group);
            self.lacking.lacks(Resource::Properties, &pair)
        };
        pairs.iter().filter(lacks).cloned().collect()
    }
}

impl Fill<'_> {
    /// How the properties are come by.
    pub(super) fn crawl_needed(&self, survey: &Survey) -> Crawl {
        if !self.wants_any(&NEED_PROPERTIES) {
            Crawl::Nothing
        } else if survey.properties.is_none()
            || survey.is_due(Resource::Properties)
            || survey.is_due(Resource::Details)
            || survey.lacking.nameless(Resource::Properties)
        {
            Crawl::Whole {
                mends: survey.lacking.any(Resource::Properties),
            }
        } else if survey.lacking.any(Resource::Properties) {
            Crawl::Lacking
        } else {
            Crawl::Nothing
        }
    }

    /// What is made from a list that lacks properties lacks them as well.
    pub(super) fn made_from_properties(&self, ledger: &Ledger, resource: Resource) {
        if self.wants(resource) && ledger.lacking().any(Resource::Properties) {
            ledger.lacks(resource, Some(Resource::Properties.to_string()));
        }
    }

    /// A map that lacks properties is made anew as soon as the list has them; before that its calls would
    /// bring nothing.
    pub(super) fn judge_map(&self, ledger: &Ledger, survey: &mut Survey) {
        let map = Resource::Map;
        self.made_from_properties(ledger, map);
        let lacked = self.wants(map) && survey.lacking.any(map);
        if lacked && !ledger.lacking().any(map) && !survey.is_due(map) {
            ledger.row(map, |row| row.kept = 0);
            survey.due.push(map);
        }
    }

    /// What earlier runs have left unfinished.
    pub(super) async fn lacking(&self) -> Result<Lacking, Error> {
        let mut lacking = Lacking::default();
        let key = self.key(&Entry::WarmState);
        let read = self
            .store
            .fields(&key, |name, value| lacking.read(name, value));
        match read.await {
            Ok(()) | Err(store::Error::WrongType { .. }) => Ok(lacking),
            Err(error) => Err(error.into()),
        }
    }

    /// Remembers what stands without parts that it should have. A run that has come to its end has asked
    /// for everything that was lacking: what it did not lack itself is forgotten.
    pub(super) async fn remember(&self, ledger: &Ledger, ended: bool) -> Result<(), Error> {
        let mut now = ledger.lacking();
        if !ended && now == Lacking::default() {
            return Ok(());
        }
        let standing = self.lacking().await?;
        for resource in Resource::WARMABLE {
            if !(ended && self.asks_for(resource)) {
                now.add_all(&standing, resource);
            }
        }
        let key = self.key(&Entry::WarmState);
        let (mut fields, mut drop) = (Vec::new(), Vec::new());
        for resource in Resource::WARMABLE {
            match (now.field(resource), standing.field(resource)) {
                (now, standing) if now == standing => {}
                ((name, Some(value)), _) => fields.push((name, value)),
                ((name, None), _) => drop.push(name),
            }
        }
        if !drop.is_empty() {
            self.store.drop_fields(&key, &drop).await?;
        }
        if fields.is_empty() {
            return Ok(());
        }
        let write = [Write::Mapping {
            key: key.clone(),
            fields,
        }];
        let mut written = self.store.write(&write).await;
        if let Some(Err(store::Error::WrongType { .. })) = written.first() {
            // Something else in its place is nothing that anybody could read.
            for removed in self.store.remove(&[key]).await {
                removed?;
            }
            written = self.store.write(&write).await;
        }
        Ok(written.into_iter().collect::<Result<_, _>>()?)
    }

    /// Whether this run asks for all that is lacking of the resource.
    fn asks_for(&self, resource: Resource) -> bool {
        let list = resource == Resource::Properties && self.wants_any(&NEED_PROPERTIES);
        self.request.ids.is_empty() && (list || self.wants(resource))
    }
}
