//! What belongs to a single property besides its details and host names: rule trees, version
//! numbers, activations. Each costs calls of its own and is fetched only where it is asked for and due.

use super::ledger::Ledger;
use super::survey::Survey;
use super::writer::Writer;
use super::{Fill, Halt};
use crate::cache::answers::{VERSIONS, array, version_names};
use crate::domain::account::{Flaw, Property};
use crate::domain::key::{Entry, Id};
use crate::domain::ttl::Resource;
use crate::source::{self, PropertyRef};
use crate::store::Write;
use futures_util::StreamExt;

/// One call to make for a property.
#[derive(Clone, Copy)]
pub(super) enum Extra {
    Rules(u32),
    Versions,
    Activations,
}

impl Extra {
    pub(super) fn resource(self) -> Resource {
        match self {
            Self::Rules(_) => Resource::Rules,
            Self::Versions => Resource::Versions,
            Self::Activations => Resource::Activations,
        }
    }

    fn entry(self, id: Id) -> Entry {
        match self {
            Self::Rules(version) => Entry::Rules(id, version),
            Self::Versions => Entry::Versions(id),
            Self::Activations => Entry::Activations(id),
        }
    }
}

/// What came of one call.
#[derive(Default)]
struct FetchedExtra {
    items: usize,
    flaws: Vec<Flaw>,
    write: Option<Write>,
}

/// The versions whose rule trees are kept: the latest, and the one in production where it is another.
fn rule_versions(property: &Property) -> impl Iterator<Item = u32> {
    let production = property.production.filter(|v| property.latest != Some(*v));
    property.latest.into_iter().chain(production)
}

impl Fill<'_> {
    /// Fetches what is asked for and due of these properties; without a survey, due or not.
    pub(super) async fn extras(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        properties: &[Property],
        survey: Option<&Survey>,
    ) -> Result<(), Halt> {
        let stage = "per property";
        let wanted = self.wanted(properties);
        let due = match survey {
            None => wanted,
            Some(survey) => self.due_extras(ledger, survey, wanted).await?,
        };
        if due.is_empty() {
            return Ok(());
        }
        self.progress.begin(stage, Some(due.len() as u64));
        let ask = |(property, extra)| self.fetch_extra(property, extra);
        let mut answers = std::pin::pin!(self.each_asked(ledger, due, ask));
        while let Some(((property, extra), answer)) = answers.next().await {
            let resource = extra.resource();
            match answer {
                Ok(fetched) => {
                    ledger.fetched(resource, fetched.items);
                    Self::enter_flaws(ledger, resource, property.id.clone(), fetched.flaws);
                    if let Some(write) = fetched.write {
                        writer.put(resource, write).await?;
                    }
                }
                Err(error) => Self::survive(ledger, resource, property.id.clone(), error),
            }
            self.progress.advance(stage, 1);
        }
        self.progress.end(stage);
        Ok(())
    }

    /// What is asked for of these properties.
    pub(super) fn wanted<'p>(&self, properties: &'p [Property]) -> Vec<(&'p Property, Extra)> {
        let mut wanted = Vec::new();
        for property in properties {
            if self.wants(Resource::Rules) {
                wanted.extend(rule_versions(property).map(|v| (property, Extra::Rules(v))));
            }
            if self.wants(Resource::Versions) {
                wanted.push((property, Extra::Versions));
            }
            if self.wants(Resource::Activations) {
                wanted.push((property, Extra::Activations));
            }
        }
        wanted
    }

    /// Keeps what is due; what is not is entered as kept.
    pub(super) async fn due_extras<'p>(
        &self,
        ledger: &Ledger,
        survey: &Survey,
        wanted: Vec<(&'p Property, Extra)>,
    ) -> Result<Vec<(&'p Property, Extra)>, Halt> {
        let keyed: Vec<_> = wanted
            .into_iter()
            .filter_map(|(property, extra)| {
                let id = self.id(ledger, extra.resource(), &property.id)?;
                Some((self.key(&extra.entry(id)), property, extra))
            })
            .collect();
        let keys: Vec<String> = keyed.iter().map(|(key, ..)| key.clone()).collect();
        let resources = keyed.iter().map(|(_, _, extra)| extra.resource());
        let left = self.own_times(resources, &keys).await?;
        let mut due = Vec::new();
        for ((_, property, extra), ttl) in keyed.into_iter().zip(left) {
            let resource = extra.resource();
            let lacks = |part: &str| survey.lacking.lacks(resource, part);
            let lacking = lacks(&property.id) || survey.lacking.nameless(resource);
            if lacking || self.is_due(resource, ttl) {
                due.push((property, extra));
            } else {
                ledger.kept(resource, 1);
            }
        }
        Ok(due)
    }

    async fn fetch_extra(
        &self,
        property: &Property,
        extra: Extra,
    ) -> Result<FetchedExtra, source::Error> {
        let Ok(id) = Id::new(&property.id) else {
            return Ok(FetchedExtra::default());
        };
        let place = PropertyRef::from(property);
        let entry = extra.entry(id);
        let resource = extra.resource();
        Ok(match extra {
            Extra::Rules(version) => {
                let rules = self.source.rules(&place, version).await?.value;
                FetchedExtra {
                    items: 1,
                    flaws: Vec::new(),
                    write: Some(self.set(&entry, resource, rules.into_bytes())),
                }
            }
            Extra::Activations => {
                let answer = self.source.activations(&place).await?;
                let activations = answer.value;
                let list = array(
                    activations
                        .iter()
                        .map(|activation| activation.json.as_str()),
                );
                FetchedExtra {
                    items: activations.len(),
                    flaws: answer.flaws,
                    write: Some(self.set(&entry, resource, list)),
                }
            }
            Extra::Versions => {
                let answer = self.source.versions(&place, VERSIONS).await?;
                let versions = answer.value;
                let items = version_names(&versions);
                // An empty list cannot stand in Valkey.
                let write = (!items.is_empty()).then(|| Write::List {
                    key: self.key(&entry),
                    items,
                    ttl: self.ttl(resource),
                });
                FetchedExtra {
                    items: versions.len(),
                    flaws: answer.flaws,
                    write,
                }
            }
        })
    }
}
