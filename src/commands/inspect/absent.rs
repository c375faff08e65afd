//! What to do about a key that is not in the cache.

use crate::domain::glob;
use crate::domain::key::{Entry, Key, Scheme};
use crate::domain::stats::advice::quoted;
use crate::domain::ttl::Resource;

/// Returns the hint for an absent key; `is_id` says that an id or a host name was typed.
pub(super) fn hint(key: &[u8], is_id: bool, scheme: &Scheme) -> String {
    let printed = std::str::from_utf8(key).ok().and_then(glob::of_printed);
    if let Some(printed) = printed {
        let printed = quoted(&printed);
        return format!(
            "if reports print the key with escapes, run `alecs-cache inspect {printed}`, with ? for each byte"
        );
    }
    let whose = scheme.split(key).map(|(customer, _)| customer);
    let whose = whose.map_or_else(String::new, |name| format!(" -c {name}"));
    let list = format!("alecs-cache inspect '*'{whose}");
    match warm_line(scheme.parse(key)) {
        Some(warm) if is_id => {
            format!("run `{warm}` to fetch it, or look for a name with `alecs-cache search`")
        }
        Some(warm) => format!("run `{warm}` to fetch it, or `{list}` to list what is cached"),
        None => format!("run `{list}` to list what is cached"),
    }
}

/// Returns the command that fetches a key; `None` if there is none.
fn warm_line(key: Option<Key>) -> Option<String> {
    let Some(Key::Of(customer, entry)) = key else {
        return None;
    };
    let resource = entry.resource().filter(|_| entry.is_warmed())?;
    let one = match &entry {
        Entry::Hostname(name) => format!(" {}", quoted(name.as_str())),
        entry => {
            (entry.property()).map_or_else(String::new, |id| format!(" {}", quoted(id.as_str())))
        }
    };
    let only = if Resource::DEFAULT.contains(&resource) {
        String::new()
    } else {
        format!(" --only {resource}")
    };
    let customer = quoted(customer.as_str());
    Some(format!("alecs-cache warm{one}{only} -c {customer}"))
}
