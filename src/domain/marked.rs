//! What was invalidated lately, as the set of marks tells it.

use super::key::{Fqdn, Id};
use super::read::Item;
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

    /// Whether a value that was fetched before may no longer be written. `owner` is the property
    /// that serves a host name, as the value tells it.
    #[must_use]
    pub fn touches(&self, item: &Item, owner: Option<&str>) -> bool {
        let marked = |id: &str| self.properties.iter().any(|known| known.as_str() == id);
        self.everything
            || match item {
                Item::Hostname(name) => self.hosts.contains(name) || owner.is_some_and(marked),
                // The list falls with each of its properties.
                Item::Properties | Item::Tree => !self.properties.is_empty(),
                Item::Contracts | Item::Contract(_) | Item::Groups | Item::CpCodes => false,
                _ => item.property().is_some_and(|id| marked(id.as_str())),
            }
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

    #[test]
    fn a_mark_touches_what_falls_with_it() {
        let marked = |member: &str| Marked::read([member.to_owned()]);
        let property = Item::Property(Id::new("prp_1").unwrap());
        let rules = Item::Rules(Id::new("prp_1").unwrap(), Some(3));
        let name = Item::Hostname(Fqdn::new("a.example").unwrap());
        for item in [&property, &rules, &name, &Item::Properties, &Item::Groups] {
            assert!(marked("*").touches(item, None), "{item:?}");
            assert!(!Marked::default().touches(item, None), "{item:?}");
        }
        assert!(marked("prp_1").touches(&property, None));
        assert!(marked("prp_1").touches(&rules, None));
        assert!(!marked("prp_12").touches(&property, None));
        assert!(marked("prp_12").touches(&Item::Properties, None));
        assert!(!marked("prp_1").touches(&Item::Groups, None));
        assert!(marked("host:a.example").touches(&name, None));
        assert!(marked("prp_1").touches(&name, Some("prp_1")));
        assert!(!marked("prp_1").touches(&name, Some("prp_2")));
        assert!(!marked("host:a.example").touches(&property, None));
    }
}
