//! Set of marks: what was invalidated in the last hour, or warmed by name.

use crate::domain::key::{Fqdn, Id};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;

/// Prefix of the member for a property that was warmed by name while other runs may be active: a value fetched
/// before must not replace it.
const WARMED: &str = "warmed:";

/// Prefix of the member for a property that no longer exists, if the hash of host names is whole without it. Counts as
/// invalidated, but for readers of the hash.
const GONE: &str = "gone:";

/// Prefix of the member for an item that had a mark before anything of it was cached.
const UNCACHED: &str = "uncached:";

/// Prefix of the member for a host name whose field of the hash of host names was removed, because another property may
/// have it by now, for a property that has changed and may have names that the hash lacks, and for a contract and group
/// whose properties could not be read. Only readers of the hash, and of the list of all properties, heed it.
const UNHASHED: &str = "unhashed:";

/// Prefix of the member for a host name that was invalidated.
const HOST: &str = "host:";

/// Member that says that all marks before it were lost, because something else replaced the set.
pub(crate) const LOST: &str = "?";

/// Returns the member for a property that was warmed by name.
pub(crate) fn warmed(id: &Id) -> String {
    format!("{WARMED}{id}")
}

/// Returns the member for a property that no longer exists and of which the hash of host names lacks nothing.
pub(crate) fn gone(id: &Id) -> String {
    format!("{GONE}{id}")
}

/// Returns what a member says was invalidated.
pub(crate) fn invalidated(member: &str) -> &str {
    member.strip_prefix(GONE).unwrap_or(member)
}

/// Returns the member for an item that had a mark before anything of it was cached.
pub(crate) fn uncached(member: &str) -> String {
    format!("{UNCACHED}{member}")
}

/// Returns the members whose items were cached when they were marked.
pub(crate) fn cached(marks: Vec<(String, u64)>) -> impl Iterator<Item = String> {
    let times: HashMap<String, u64> = marks.iter().cloned().collect();
    let marks = marks.into_iter();
    let cached = move |(member, at): &(String, u64)| {
        let never = times.get(&uncached(member));
        never.is_none_or(|never| never < at)
    };
    marks.filter(cached).map(|(member, _)| member)
}

/// Returns the member for a host name, or for all names of a property or of a pair `CONTRACT/GROUP`, that the hash of
/// host names may lack.
pub(crate) fn unhashed(subject: &impl Display) -> String {
    format!("{UNHASHED}{subject}")
}

/// Returns the host name or property of such a member.
pub(crate) fn unhashed_subject(member: &str) -> Option<&str> {
    member.strip_prefix(UNHASHED)
}

/// Returns true if a member marks a pair of contract and group whose properties could not be read.
pub(crate) fn is_unread_pair(member: &str) -> bool {
    unhashed_subject(member).is_some_and(|subject| subject.contains('/'))
}

/// Returns true if a host name may exist that the hash of host names lacks, because of a mark that was made after the
/// hash. A property may have any name since it was invalidated; a property that was warmed by name has brought its names
/// up to date itself.
pub(crate) fn may_be_unhashed(member: &str, name: &Fqdn) -> bool {
    if [WARMED, UNCACHED, GONE]
        .iter()
        .any(|prefix| member.starts_with(prefix))
    {
        return false;
    }
    let host = member.strip_prefix(HOST);
    let host = host.or_else(|| unhashed_subject(member).filter(|subject| subject.contains('.')));
    host.is_none_or(|host| host == name.as_str())
}

/// Returns true if a member marks something that was invalidated.
pub(crate) fn is_invalidation(member: &str) -> bool {
    ![WARMED, UNCACHED, UNHASHED]
        .iter()
        .any(|prefix| member.starts_with(prefix))
}

/// Returns true if a member marks a property that was warmed by name.
pub(crate) fn is_warmed(member: &str) -> bool {
    member.starts_with(WARMED)
}

/// Names that were invalidated during a fetch, or warmed by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MarkedNames {
    /// A pattern or everything was invalidated, or it is unknown what was.
    pub everything: bool,
    pub properties: BTreeSet<Id>,
    pub hosts: BTreeSet<Fqdn>,
}

impl MarkedNames {
    /// Reads the members of the set of marks.
    pub(crate) fn read(members: impl IntoIterator<Item = String>) -> Self {
        let mut marked = Self::default();
        for member in members {
            if member == "*" || member == LOST {
                marked.everything = true;
            } else if let Some(name) = member.strip_prefix(HOST) {
                marked.hosts.extend(Fqdn::new(name));
            } else {
                let id = member.strip_prefix(WARMED);
                let id = id.unwrap_or_else(|| invalidated(&member));
                marked.properties.extend(Id::new(id));
            }
        }
        marked
    }

    /// Returns true if nothing was marked.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_name_properties_host_names_or_everything() {
        let marked = MarkedNames::read(
            [
                "prp_1",
                "warmed:prp_2",
                "unhashed:prp_3",
                "gone:prp_4",
                "host:WWW.example.com",
                "host:nodot",
                "a:b",
                "*",
            ]
            .map(str::to_owned),
        );
        let expected = MarkedNames {
            everything: true,
            properties: ["prp_1", "prp_2", "prp_4"]
                .map(|id| Id::new(id).unwrap())
                .into(),
            hosts: BTreeSet::from([Fqdn::new("www.example.com").unwrap()]),
        };
        assert_eq!(marked, expected);
        assert!(MarkedNames::read([]).is_empty());
        assert!(MarkedNames::read([LOST.to_owned()]).everything);
        assert!(MarkedNames::read([uncached("prp_1"), uncached("host:a.b")]).is_empty());
    }

    #[test]
    fn a_mark_concerns_one_host_name_or_all_names_of_a_property() {
        let name = Fqdn::new("a.b").unwrap();
        for (mark, expected) in [
            ("host:a.b", true),
            ("host:c.b", false),
            ("unhashed:a.b", true),
            ("unhashed:c.b", false),
            ("unhashed:prp_1", true),
            ("unhashed:ctr_1/grp_1", true),
            ("prp_1", true),
            ("*", true),
            (LOST, true),
            ("warmed:prp_1", false),
            ("gone:prp_1", false),
            ("uncached:host:a.b", false),
        ] {
            assert_eq!(may_be_unhashed(mark, &name), expected, "{mark}");
        }
    }
}
