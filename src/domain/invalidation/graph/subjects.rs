//! Keys that are removed with what they are about.

use super::{Decision, EntityKind, Graph, Reason};
use crate::domain::key::{Entry, Id, TypedProperty};
use crate::domain::papi::with_prefix;
use std::collections::HashMap;

impl Graph {
    pub(super) fn by_subject(&self, rest: &[u8]) -> Option<Decision> {
        // Most keys are no details, and parsing is most of the cost of judging.
        if rest.ends_with(b":details")
            && let Some(Entry::PropertyDetails(typed)) = std::str::from_utf8(rest)
                .ok()
                .and_then(crate::domain::key::Scheme::parse_entry)
            && let Some(decision) = self.details(&typed)
        {
            return Some(decision);
        }
        let mut words = rest.splitn(3, |byte| *byte == b':');
        let (first, second, below) = (words.next()?, words.next(), words.next());
        let properties = self.has_properties();
        let cascade = self.cascade && properties;
        match (first, second) {
            (b"property", Some(id)) => {
                let (id, why) = named(&self.properties, id)?;
                let why = match below {
                    None => why.clone(),
                    Some(_) => removed_with(why, &["property:", id]),
                };
                Some(Decision::Own(EntityKind::Property, why))
            }
            (b"properties", Some(b"tree")) if below.is_none() => {
                let contracts = self.cascade && !self.contracts.is_empty();
                shared(&[
                    (EntityKind::Property, cascade),
                    (EntityKind::Contract, contracts),
                ])
            }
            (b"properties", Some(contract)) => {
                if let Some((id, why)) = self.contract_of_list(contract) {
                    return Some(Decision::Own(
                        EntityKind::Contract,
                        removed_with(why, &["contract:", id]),
                    ));
                }
                // A list by parameter of all contracts contains those of each contract.
                let of_all = contract == b"all" && below.is_some();
                let contracts = of_all && self.cascade && !self.contracts.is_empty();
                shared(&[
                    (EntityKind::Property, properties),
                    (EntityKind::Contract, contracts),
                ])
            }
            (b"hostname", Some(b"map")) if below.is_none() => shared(&[
                (EntityKind::Property, properties),
                (EntityKind::Host, !self.hosts.is_empty()),
            ]),
            (b"hostname", Some(name)) if below.is_none() => Some(Decision::Own(
                EntityKind::Host,
                named(&self.hosts, name)?.1.clone(),
            )),
            (b"search", Some(_)) | (b"searches", None) => {
                shared(&[(EntityKind::Property, cascade)])
            }
            (b"contract", Some(id)) if below.is_none() => Some(Decision::Own(
                EntityKind::Contract,
                named(&self.contracts, id)?.1.clone(),
            )),
            (b"contracts", Some(_)) | (b"account", Some(b"contracts")) => {
                shared(&[(EntityKind::Contract, !self.contracts.is_empty())])
            }
            (b"absent", Some(what)) => self.absent(what, below?, cascade),
            _ => None,
        }
    }

    /// Returns the targeted contract that a list by parameter is of. Its client may have left the prefix out.
    fn contract_of_list(&self, contract: &[u8]) -> Option<(&str, &Reason)> {
        if !self.cascade {
            return None;
        }
        named(&self.contracts, contract).or_else(|| {
            let contract = std::str::from_utf8(contract).ok()?;
            let whole = with_prefix("ctr_", contract);
            named(&self.contracts, whole.as_bytes())
        })
    }

    /// Judges the details of a property, which the server stores under whatever its client typed. Details under the
    /// id are below the property; those under its bare number or its name are removed only with cascade.
    fn details(&self, typed: &TypedProperty) -> Option<Decision> {
        let by = |id: &Id| {
            let why = self.properties.get(id.as_str())?;
            let why = removed_with(why, &["property:", id.as_str()]);
            Some(Decision::Own(EntityKind::Property, why))
        };
        let id = typed.id();
        let below = id.as_ref().filter(|id| id.as_str() == typed.as_str());
        if let Some(decision) = below.and_then(by) {
            return Some(decision);
        }
        if !self.cascade {
            return None;
        }
        let named = || by(self.names.get(&typed.name())?);
        if let Some(decision) = id.as_ref().and_then(by).or_else(named) {
            return Some(decision);
        }
        shared(&[(EntityKind::Property, self.unnamed && id.is_none())])
    }

    /// Judges a record that something does not exist. It is removed with its subject. With cascade a property also
    /// removes the records of host names and searches that found nothing: it may have gained them since.
    fn absent(&self, what: &[u8], id: &[u8], cascade: bool) -> Option<Decision> {
        let id = std::str::from_utf8(id)
            .ok()
            .filter(|id| !id.contains(':'))?;
        let of_rules = id.rsplit_once("-v").map_or("", |(id, _)| id);
        let id = id.as_bytes();
        let own = match what {
            b"hostname" => named(&self.hosts, id),
            b"contract" => named(&self.contracts, id),
            b"rules" => named(&self.properties, of_rules.as_bytes()),
            b"search" => None,
            _ => named(&self.properties, id),
        };
        match (own, what) {
            (Some((_, why)), _) => Some(Decision::Named(why.clone())),
            (None, b"hostname" | b"search") => shared(&[(EntityKind::Property, cascade)]),
            _ => None,
        }
    }
}

fn named<'a>(all: &'a HashMap<String, Reason>, text: &[u8]) -> Option<(&'a str, &'a Reason)> {
    let (text, why) = all.get_key_value(std::str::from_utf8(text).ok()?)?;
    Some((text, why))
}

fn removed_with(why: &Reason, with: &[&str]) -> Reason {
    Reason {
        target: why.target,
        with: Some(with.concat()),
    }
}

/// Decision for a key shared by several kinds, restricted to the kinds that have targets.
fn shared(kinds: &[(EntityKind, bool)]) -> Option<Decision> {
    let named = kinds.iter().filter(|(_, named)| *named);
    let named: Vec<EntityKind> = named.map(|(kind, _)| *kind).collect();
    (!named.is_empty()).then_some(Decision::Shared(named, None))
}
