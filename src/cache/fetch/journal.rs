//! The keys that a run has written. There are very many of a large account, and each is kept until the run
//! ends, since an invalidation may take it back.

use super::ask::About;
use crate::domain::key::{Fqdn, Id};
use crate::domain::marked::Marked;
use crate::domain::ttl::Resource;

/// Keys, each with what it is about, one behind the other in one text.
#[derive(Debug, Default)]
pub(super) struct Journal {
    text: String,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    /// Bytes of the key.
    key: u32,
    /// Bytes of the id behind it.
    id: u32,
    resource: Resource,
    about: Kind,
}

/// What a key is about, without its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing that is ever marked.
    Account,
    /// The property of the id.
    Property,
    /// The host name that the key ends in; the id is the property that serves it.
    Host,
    Properties,
    Hostnames,
}

/// A key that was written and has been invalidated since.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub key: String,
    pub resource: Resource,
    /// Of a host name's key: the name, and the property that serves it.
    pub host: Option<(Fqdn, Id)>,
}

impl Journal {
    /// Enters a key.
    pub(super) fn push(&mut self, key: &str, resource: Resource, about: &About) {
        let (about, id) = match about {
            About::Account | About::Fields => (Kind::Account, ""),
            About::Property(id) => (Kind::Property, id.as_str()),
            About::Host(_, owner) => (Kind::Host, owner.as_str()),
            About::Properties => (Kind::Properties, ""),
            About::Hostnames => (Kind::Hostnames, ""),
        };
        // Both are bounded far below by the key module.
        let (Ok(key_length), Ok(id_length)) = (u32::try_from(key.len()), u32::try_from(id.len()))
        else {
            return;
        };
        self.text.push_str(key);
        self.text.push_str(id);
        self.lines.push(Line {
            key: key_length,
            id: id_length,
            resource,
            about,
        });
    }

    /// Takes out what was marked.
    pub(super) fn take(&mut self, marked: &Marked) -> Vec<Taken> {
        if !self
            .each()
            .any(|(line, key, id)| line.is_marked(key, id, marked))
        {
            return Vec::new();
        }
        let mut kept = Self::default();
        let mut taken = Vec::new();
        for (line, key, id) in self.each() {
            if line.is_marked(key, id, marked) {
                taken.push(Taken {
                    key: key.to_owned(),
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
        taken
    }

    /// Each line with its key and id.
    fn each(&self) -> impl Iterator<Item = (Line, &str, &str)> {
        let mut rest = self.text.as_str();
        self.lines.iter().map_while(move |line| {
            let (key, behind) = rest.split_at_checked(line.key as usize)?;
            let (id, behind) = behind.split_at_checked(line.id as usize)?;
            rest = behind;
            Some((*line, key, id))
        })
    }
}

impl Line {
    fn is_marked(self, key: &str, id: &str, marked: &Marked) -> bool {
        marked.everything
            || match self.about {
                Kind::Account => false,
                Kind::Property => marked.properties.contains(id),
                Kind::Host => marked.hosts.contains(name(key)) || marked.properties.contains(id),
                Kind::Properties => !marked.properties.is_empty(),
                Kind::Hostnames => !marked.properties.is_empty() || !marked.hosts.is_empty(),
            }
    }

    fn host(self, key: &str, id: &str) -> Option<(Fqdn, Id)> {
        let host = self.about == Kind::Host;
        host.then(|| Fqdn::new(name(key)).ok().zip(Id::new(id).ok()))?
    }
}

/// The host name that a key ends in.
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
        let groups = ("a:c:account:groups", Resource::Groups, About::Account);
        let first = (
            "a:c:property:prp_1",
            Resource::Details,
            About::Property(id("prp_1")),
        );
        let second = (
            "a:c:hostname:www.example.com",
            Resource::Hostnames,
            About::Host(host("www.example.com"), id("prp_2")),
        );
        for (key, resource, about) in [&groups, &first, &second] {
            journal.push(key, *resource, about);
        }
        assert_eq!(journal.take(&Marked::default()), []);

        let served = Taken {
            key: second.0.into(),
            resource: Resource::Hostnames,
            host: Some((host("www.example.com"), id("prp_2"))),
        };
        let of_property = Marked {
            properties: [id("prp_2")].into(),
            ..Marked::default()
        };
        assert_eq!(journal.take(&of_property), [served]);
        assert_eq!(journal.take(&of_property), []);

        let everything = Marked {
            everything: true,
            ..Marked::default()
        };
        let keys = journal.take(&everything).into_iter().map(|taken| taken.key);
        assert!(keys.eq([groups.0, first.0]));
    }
}
