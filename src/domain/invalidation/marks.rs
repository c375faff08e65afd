//! Set of marks: what was invalidated in the last hour, or warmed by name.

use crate::domain::key::{Fqdn, Id};
use std::collections::{BTreeSet, HashMap};

/// Prefix of the member for a property that was warmed by name while other runs may be active: a value fetched
/// before must not replace it.
const WARMED: &str = "warmed:";

/// Prefix of the member for an item that had a mark before anything of it was cached.
const UNCACHED: &str = "uncached:";

/// Prefix of the member for a property whose fields of the hash of host names were removed because it changed, or lost
/// the names, which another property may have. Only readers of the hash heed it.
const UNHASHED: &str = "unhashed:";

/// Member that says that all marks before it were lost, because something else replaced the set.
pub(crate) const LOST: &str = "?";

/// Returns the member for a property that was warmed by name.
pub(crate) fn warmed(id: &Id) -> String {
    format!("{WARMED}{id}")
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

/// Returns the member for a property whose fields of the hash of host names were removed.
pub(crate) fn unhashed(id: &Id) -> String {
    format!("{UNHASHED}{id}")
}

/// Returns the property of such a member.
pub(crate) fn unhashed_id(member: &str) -> Option<&str> {
    member.strip_prefix(UNHASHED)
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
            } else if let Some(name) = member.strip_prefix("host:") {
                marked.hosts.extend(Fqdn::new(name));
            } else {
                let id = member.strip_prefix(WARMED).unwrap_or(&member);
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
                "host:WWW.example.com",
                "host:nodot",
                "a:b",
                "*",
            ]
            .map(str::to_owned),
        );
        let expected = MarkedNames {
            everything: true,
            properties: ["prp_1", "prp_2"].map(|id| Id::new(id).unwrap()).into(),
            hosts: BTreeSet::from([Fqdn::new("www.example.com").unwrap()]),
        };
        assert_eq!(marked, expected);
        assert!(MarkedNames::read([]).is_empty());
        assert!(MarkedNames::read([LOST.to_owned()]).everything);
        assert!(MarkedNames::read([uncached("prp_1"), uncached("host:a.b")]).is_empty());
    }
}
