//! Looks up items in the cache, and handles its failures.

use super::Reader;
use crate::cache::Error;
use crate::cache::values::{HostnameValue, property};
use crate::domain::key::Entry;
use crate::domain::papi::Contract;
use crate::domain::read::freshness::Freshness;
use crate::store::{self, CachedWrite, Shape, Store};

/// Kind of the warnings about a failing cache: one warning is enough, whatever failed.
pub(super) const CACHE: &str = "cache";

/// Result of looking up one item.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// The value and its freshness.
    pub(super) cached: Option<(Vec<u8>, Freshness)>,
    /// A mark says that the API does not know the item.
    pub(super) absent: bool,
}

impl Lookup {
    pub(super) fn is_missing(&self) -> bool {
        self.cached.is_none() && !self.absent
    }
}

impl Reader<'_> {
    /// Returns the cache, unless it is unreachable or its circuit is open.
    pub(super) fn usable(&self) -> Option<&Store> {
        let now = self.began.elapsed();
        self.store
            .as_ref()
            .filter(|_| self.circuit.borrow().allows(now))
    }

    /// Records a failure of the cache. An error of the connection opens the circuit at once, while other errors may
    /// concern a single key.
    ///
    /// # Errors
    /// Returns `error` if the cache is required, except during a refresh. Otherwise the read continues without the
    /// cache.
    pub(super) fn trouble(&self, error: store::Error) -> Result<(), Error> {
        use store::Error as E;
        let gone = matches!(
            error,
            E::Connect { .. }
                | E::Lost { .. }
                | E::Timeout { .. }
                | E::NotReady { .. }
                | E::Tls { .. }
                | E::Auth { .. }
                | E::SentinelAuth { .. }
        );
        let now = self.began.elapsed();
        let opened = {
            let mut circuit = self.circuit.borrow_mut();
            if gone {
                circuit.broke(now)
            } else {
                circuit.failed(now)
            }
        };
        if self.about.required && self.limit().is_none() {
            return Err(error.into());
        }
        if gone {
            self.state.unreachable.replace(Some(error.clone()));
        }
        if opened {
            self.warn_once(CACHE, &format!("{error}; continuing without the cache"));
        } else if !gone {
            self.warn_once(CACHE, &format!("cannot use the cache: {error}"));
        }
        Ok(())
    }

    pub(super) fn warn_once(&self, kind: &str, text: &str) {
        if self.state.said.borrow_mut().insert(kind.to_owned()) {
            (self.about.warn)(text);
        }
    }

    /// Looks up all items in one pipeline. An unexpected value counts as missing and is reported.
    pub(super) async fn look(&self, items: &[Entry]) -> Result<Vec<Lookup>, Error> {
        let nothing = || items.iter().map(|_| Lookup::default()).collect();
        let Some(store) = self.usable() else {
            return Ok(nothing());
        };
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let mut keys = Vec::with_capacity(items.len() * 2);
        for item in items {
            let shape = match item {
                Entry::Versions(_) => Shape::List,
                _ => Shape::Text,
            };
            keys.push((self.key(item), shape));
            keys.extend(item.absent().map(|entry| (self.key(&entry), Shape::Text)));
        }
        let mut answers = store.cached(&keys).await.into_iter().zip(&keys);
        let mut looks = Vec::with_capacity(items.len());
        let mut well = true;
        for item in items {
            let mut look = Lookup::default();
            if let Some((answer, (key, _))) = answers.next() {
                match answer {
                    Ok(None) => {}
                    Ok(Some((stored, left))) => match value_of(item, stored) {
                        Some(value) => {
                            let resource = item.resource();
                            let freshness =
                                resource.and_then(|of| self.about.lifetimes.freshness(of, left));
                            look.cached = freshness.map(|freshness| (value, freshness));
                        }
                        None => self.broken(key),
                    },
                    Err(error) => {
                        well = false;
                        self.trouble(error)?;
                    }
                }
            }
            if item.absent().is_some()
                && let Some((answer, _)) = answers.next()
            {
                look.absent = matches!(answer, Ok(Some(_)));
            }
            looks.push(look);
        }
        if well {
            self.circuit.borrow_mut().succeeded();
        }
        Ok(looks)
    }

    pub(super) async fn look_again(&self, item: &Entry) -> Result<Lookup, Error> {
        let looks = self.look(std::slice::from_ref(item)).await?;
        Ok(looks.into_iter().next().unwrap_or_default())
    }

    fn broken(&self, key: &str) {
        let new = self.state.repaired.borrow_mut().insert(key.to_owned());
        if new {
            (self.about.warn)(&format!("unexpected value in `{key}`; fetching it again"));
        }
    }
}

/// Returns the value as JSON; `None` if it does not have the form that the key scheme prescribes.
fn value_of(item: &Entry, stored: CachedWrite) -> Option<Vec<u8>> {
    match (item, stored) {
        (Entry::Versions(_), CachedWrite::List(items)) => {
            let names: Option<Vec<String>> = items
                .into_iter()
                .map(|name| String::from_utf8(name).ok().filter(|name| is_version(name)))
                .collect();
            serde_json::to_vec(&names?).ok()
        }
        (Entry::Versions(_), CachedWrite::Text(_))
        | (_, CachedWrite::List(_) | CachedWrite::Other) => None,
        (item, CachedWrite::Text(value)) => {
            let fits = match item {
                Entry::Property(id) => property(&value)?.id == *id,
                Entry::Contract(id) => {
                    let contract = Contract::parse(std::str::from_utf8(&value).ok()?).ok()?;
                    contract.id == *id
                }
                Entry::Hostname(_) => HostnameValue::read(&value).is_some(),
                item => item.fits(&value),
            };
            fits.then_some(value)
        }
    }
}

fn is_version(name: &str) -> bool {
    let digits = name.strip_prefix('v');
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::{Fqdn, Id};

    #[test]
    fn a_value_that_is_not_what_the_scheme_says_is_none() {
        let id = || Id::new("prp_1").unwrap();
        let text = |json: &str| CachedWrite::Text(json.as_bytes().to_vec());
        let property = Entry::Property(id());
        assert!(value_of(&property, text(r#"{"propertyId":"prp_1"}"#)).is_some());
        assert!(value_of(&property, text(r#"{"propertyId":"prp_2"}"#)).is_none());
        assert!(value_of(&property, text("{}")).is_none());
        let contract = Entry::Contract(Id::new("ctr_1").unwrap());
        assert!(value_of(&contract, text(r#"{"contractId":"ctr_1"}"#)).is_some());
        assert!(value_of(&contract, text(r#"{"contractId":"ctr_2"}"#)).is_none());
        let host = Entry::Hostname(Fqdn::new("a.b").unwrap());
        assert!(value_of(&host, text(r#"{"property":{"a":1},"hostname":{}}"#)).is_some());
        assert!(value_of(&host, text(r#"{"property":{}}"#)).is_none());
        assert!(value_of(&host, text(r#"{"property":null,"hostname":{}}"#)).is_none());
        assert_eq!(
            value_of(&Entry::AccountGroups, text("[{}]")),
            Some(b"[{}]".to_vec())
        );
        assert!(value_of(&Entry::AccountGroups, text("[{}")).is_none());
        let list = |items: &[&str]| {
            CachedWrite::List(items.iter().map(|i| i.as_bytes().to_vec()).collect())
        };
        let versions = Entry::Versions(id());
        assert_eq!(
            value_of(&versions, list(&["v5", "v4"])),
            Some(br#"["v5","v4"]"#.to_vec())
        );
        assert!(value_of(&versions, list(&["5"])).is_none());
        assert!(value_of(&versions, text("[]")).is_none());
    }
}
