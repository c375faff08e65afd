//! What was invalidated lately, as the set of marks tells it.

use super::key::{Fqdn, Id};
use std::collections::BTreeSet;

/// What was invalidated while we fetched.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// A pattern or everything.
    pub everything: bool,
    /// Properties by id.
    pub properties: BTreeSet<Id>,
    /// Host names.
    pub hosts: BTreeSet<Fqdn>,
}

impl Marked {
    /// Reads the members of the set of marks.
    pub fn read(members: impl IntoIterator<Item = String>) -> Self {
        let mut marked = Self::default();
        for member in members {
            if member == "*" {
                marked.everything = true;
            } else if let Some(name) = member.strip_prefix("host:") {
                marked.hosts.extend(Fqdn::new(name));
            } else {
                marked.properties.extend(Id::new(&member));
            }
        }
        marked
    }

    /// Whether nothing was marked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_name_properties_host_names_or_everything() {
        let marked = Marked::read(
            ["prp_1", "host:WWW.example.com", "host:nodot", "a:b", "*"].map(str::to_owned),
        );
        let expected = Marked {
            everything: true,
            properties: BTreeSet::from([Id::new("prp_1").unwrap()]),
            hosts: BTreeSet::from([Fqdn::new("www.example.com").unwrap()]),
        };
        assert_eq!(marked, expected);
        assert!(Marked::read([]).is_empty());
    }
}
