//! The keys that a run has written. A large account has very many, and each is kept until the run ends, because
//! an invalidation may remove it again.

use super::ask::{OriginKind, Origins};
use super::view::KeyNames;
use crate::domain::invalidation::marks::MarkedNames;
use crate::domain::key::{Fqdn, Id};
use crate::domain::ttl::Resource;

/// Keys with their origins, one after the other in one string, without their common prefix.
#[derive(Debug, Default)]
pub(super) struct Journal {
    beginning: String,
    text: String,
    lines: Vec<JournalLine>,
}

#[derive(Debug, Clone, Copy)]
struct JournalLine {
    key: u32,
    id: u8,
    resource: Resource,
    about: OriginKind,
}

/// A key that was written and has been invalidated since.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MarkedKey {
    pub key: String,
    pub resource: Resource,
    /// For the key of a host name: the name, and the property that serves it.
    pub host: Option<(Fqdn, Id)>,
}

impl Journal {
    pub(super) fn of(keys: KeyNames<'_>) -> Self {
        Self {
            beginning: keys.scheme.of_customer(keys.customer),
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, key: &str, resource: Resource, about: &Origins) {
        let (about, id, _) = about.parts();
        let key = key.strip_prefix(self.beginning.as_str()).unwrap_or(key);
        // The key module's limits are far below both.
        let (Ok(key_length), Ok(id_length)) = (u32::try_from(key.len()), u8::try_from(id.len()))
        else {
            return;
        };
        self.text.push_str(key);
        self.text.push_str(id);
        self.lines.push(JournalLine {
            key: key_length,
            id: id_length,
            resource,
            about,
        });
    }

    pub(super) fn remove(&mut self, marked: &MarkedNames) -> Vec<MarkedKey> {
        if !self
            .each()
            .any(|(line, key, id)| line.is_marked(key, id, marked))
        {
            return Vec::new();
        }
        let mut kept = Self {
            beginning: self.beginning.clone(),
            ..Self::default()
        };
        let mut removed = Vec::new();
        for (line, key, id) in self.each() {
            if line.is_marked(key, id, marked) {
                removed.push(MarkedKey {
                    key: format!("{}{key}", self.beginning),
                    resource: line.resource,
                    host: line.host(key, id),
                });
            } else {
                kept.text.push_str(key);
                kept.text.push_str(id);
                kept.lines.push(line);
            }
        }
        *self = kept;
        removed
    }

    /// Returns the keys that were not invalidated since.
    pub(super) fn keys<'k>(
        &'k self,
        marked: &'k MarkedNames,
    ) -> impl Iterator<Item = (Resource, Vec<u8>)> + 'k {
        let valid = self
            .each()
            .filter(|(line, key, id)| !line.is_marked(key, id, marked));
        valid.map(|(line, key, _)| {
            (
                line.resource,
                format!("{}{key}", self.beginning).into_bytes(),
            )
        })
    }

    fn each(&self) -> impl Iterator<Item = (JournalLine, &str, &str)> {
        let mut rest = self.text.as_str();
        self.lines.iter().map_while(move |line| {
            let (key, behind) = rest.split_at_checked(line.key as usize)?;
            let (id, behind) = behind.split_at_checked(line.id.into())?;
            rest = behind;
            Some((*line, key, id))
        })
    }
}

impl JournalLine {
    fn is_marked(self, key: &str, id: &str, marked: &MarkedNames) -> bool {
        marked.takes_parts((self.about, id, name(key)))
    }

    fn host(self, key: &str, id: &str) -> Option<(Fqdn, Id)> {
        let host = matches!(self.about, OriginKind::Host);
        host.then(|| Fqdn::new(name(key)).ok().zip(Id::new(id).ok()))?
    }
}

fn name(key: &str) -> &str {
    key.rsplit(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_taken_out_and_the_rest_stays() {
        let id = |id: &str| Id::new(id).unwrap();
        let host = |name: &str| Fqdn::new(name).unwrap();
        let mut journal = Journal::default();
        let groups = ("a:c:account:groups", Resource::Groups, Origins::Account);
        let first = (
            "a:c:property:prp_1",
            Resource::Details,
            Origins::Property(id("prp_1")),
        );
        let second = (
            "a:c:hostname:www.example.com",
            Resource::Hostnames,
            Origins::Host(host("www.example.com"), id("prp_2")),
        );
        for (key, resource, about) in [&groups, &first, &second] {
            journal.push(key, *resource, about);
        }
        assert_eq!(journal.remove(&MarkedNames::default()), []);

        let served = MarkedKey {
            key: second.0.into(),
            resource: Resource::Hostnames,
            host: Some((host("www.example.com"), id("prp_2"))),
        };
        let of_property = MarkedNames {
            properties: [id("prp_2")].into(),
            ..MarkedNames::default()
        };
        assert_eq!(journal.remove(&of_property), [served]);
        assert_eq!(journal.remove(&of_property), []);

        let everything = MarkedNames {
            everything: true,
            ..MarkedNames::default()
        };
        let keys = journal
            .remove(&everything)
            .into_iter()
            .map(|removed| removed.key);
        assert!(keys.eq([groups.0, first.0]));
    }
}
