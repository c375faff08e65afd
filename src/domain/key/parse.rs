//! Parses the text of a key.

use super::{Entry, Fqdn, GroupTerm, Id, Key, Query, Tally, TypedProperty};
use jiff::civil::Date;

/// Parses the part after `stats:`.
pub(super) fn stats(rest: &str) -> Option<Key> {
    let (day, tally) = rest.split_once(':')?;
    let date: Date = day.parse().ok()?;
    // Only the form that this program builds.
    (date.to_string() == day).then_some(Key::Stats(date, self::tally(tally)?))
}

/// Parses the part after the customer.
pub(super) fn entry(rest: &str) -> Option<Entry> {
    if rest == "warm:lock" {
        return Some(Entry::WarmLock);
    }
    if let Some(locked) = rest.strip_suffix(":lock") {
        return Some(entry(locked)?.lock());
    }
    if let Some(query) = rest.strip_prefix("search:") {
        let parsed = Query::new(query).ok()?;
        return (parsed.as_str() == query).then_some(Entry::Search(parsed));
    }
    // Free text of the server's clients may contain colons.
    let details = rest
        .strip_prefix("property:")
        .and_then(|below| below.strip_suffix(":details"));
    if let Some(typed) = details {
        return Some(Entry::PropertyDetails(TypedProperty::new(typed).ok()?));
    }
    if let Some(term) = rest.strip_prefix("groups:") {
        return match term {
            "all" => Some(Entry::Groups),
            _ => Some(Entry::GroupSearch(GroupTerm::new(term).ok()?)),
        };
    }
    // On the stack, because whole keyspaces are parsed. No key of the scheme has more words.
    let (mut words, mut count) = ([""; 4], 0);
    for word in rest.split(':') {
        *words.get_mut(count)? = word;
        count += 1;
    }
    Some(match words.get(..count)? {
        ["properties", "all"] => Entry::Properties,
        ["properties", "tree"] => Entry::Tree,
        ["properties", contract, group, limit] => Entry::PropertiesOf {
            contract: id(contract)?,
            group: id(group)?,
            limit: if *limit == "all" {
                None
            } else {
                Some(number(limit)?)
            },
        },
        ["property", prp] => Entry::Property(id(prp)?),
        ["property", prp, "hostnames"] => Entry::PropertyHostnames(id(prp)?),
        ["property", prp, "rules", version] => {
            Entry::Rules(id(prp)?, number(version.strip_prefix('v')?)?)
        }
        ["property", prp, "versions"] => Entry::Versions(id(prp)?),
        ["property", prp, "activations"] => Entry::Activations(id(prp)?),
        ["hostname", "map"] => Entry::HostnameMap,
        ["hostname", name] => {
            let parsed = Fqdn::new(name).ok()?;
            return (parsed.as_str() == *name).then_some(Entry::Hostname(parsed));
        }
        ["hostnames"] => Entry::Hostnames,
        ["searches"] => Entry::Searches,
        ["account", "contracts"] => Entry::AccountContracts,
        ["account", "groups"] => Entry::AccountGroups,
        ["contracts", "all"] => Entry::Contracts,
        ["contract", contract] => Entry::Contract(id(contract)?),
        ["cpcodes", "all"] => Entry::CpCodes,
        ["metrics", "cache", kind] => Entry::Metric(tally(kind)?),
        ["warm", "state"] => Entry::WarmState,
        ["invalidated"] => Entry::Invalidated,
        ["absent", resource, what] => Entry::Absent(id(resource)?, id(what)?),
        ["generation"] => Entry::Generation,
        ["generations"] => Entry::Generations,
        ["audit"] => Entry::Audit,
        _ => return None,
    })
}

fn id(text: &str) -> Option<Id> {
    Id::new(text).ok()
}

fn tally(word: &str) -> Option<Tally> {
    [Tally::Hits, Tally::Misses]
        .into_iter()
        .find(|tally| tally.as_str() == word)
}

/// Parses a number in the one form that this program builds: no sign, no leading zero.
fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    let number: T = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
