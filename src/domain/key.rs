//! The key scheme: `akamai:<customer>:<resource>[:<identifier>[:<subresource>…]]`, built and parsed only here. The
//! layout is shared byte for byte with the ALECS MCP server.
//!
//! Every key that can be built parses back to itself. Ambiguous parts are refused when the part is created
//! ([`Customer`], [`Id`], [`Fqdn`], [`Query`], [`TypedProperty`], [`GroupTerm`]), so building a key cannot fail.

use crate::domain::glob;
use jiff::civil::Date;
use std::borrow::Cow;
use std::iter::once;

mod entry;
mod parse;
mod parts;

pub use entry::Entry;
pub(crate) use entry::Tally;
pub use parts::{Customer, Fqdn, Id};
pub(crate) use parts::{GroupTerm, KeyError, Query, TypedProperty};

/// A parsed key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Of(Customer, Entry),
    /// `stats:YYYY-MM-DD:hits` or `…:misses`: the counts of a UTC day for all customers.
    Stats(Date, Tally),
}

/// The scheme under one prefix (`akamai:` unless configured otherwise).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    prefix: String,
}

impl Default for Scheme {
    fn default() -> Self {
        Self {
            prefix: "akamai:".into(),
        }
    }
}

impl Scheme {
    /// Creates a scheme with another prefix: not empty, no glob characters, blanks or control characters.
    pub fn new(prefix: &str) -> Result<Self, KeyError> {
        let refused = |c: char| glob::is_special(c) || c.is_control() || c.is_whitespace();
        if prefix.is_empty() || prefix.chars().any(refused) {
            return Err(KeyError::Prefix(prefix.into()));
        }
        Ok(Self {
            prefix: prefix.into(),
        })
    }

    /// Returns the prefix of all keys.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Builds the key of a customer's entry.
    pub fn key(&self, customer: &Customer, entry: &Entry) -> String {
        let (resource, id, sub) = entry.parts();
        let words = || {
            once(resource)
                .chain(id.as_deref())
                .chain(sub.iter().map(Cow::as_ref))
        };
        let bytes = words().map(|word| word.len() + 1).sum::<usize>();
        // An account has many: each takes no more memory than it needs.
        let customer = customer.as_str();
        let mut key = String::with_capacity(self.prefix.len() + customer.len() + bytes);
        key.push_str(&self.prefix);
        key.push_str(customer);
        for word in words() {
            key.push(':');
            key.push_str(word);
        }
        key
    }

    /// Builds the key of a day's counts.
    pub fn stats(&self, day: Date, tally: Tally) -> String {
        format!("{}stats:{day}:{}", self.prefix, tally.as_str())
    }

    /// Returns the common prefix of all keys of a customer.
    pub fn of_customer(&self, customer: &Customer) -> String {
        format!("{}{customer}:", self.prefix)
    }

    /// Returns a glob that matches the keys of a customer whose rest matches `pattern`, and no others.
    pub fn pattern(&self, customer: &Customer, pattern: &str) -> String {
        format!("{}{pattern}", glob::escape(&self.of_customer(customer)))
    }

    /// Splits a key into its customer and the rest, which need not be known to the scheme. `None` if the key is not under
    /// the prefix or not a customer's.
    pub fn split<'a>(&self, key: &'a [u8]) -> Option<(Customer, &'a [u8])> {
        let rest = key.strip_prefix(self.prefix.as_bytes())?;
        let colon = rest.iter().position(|byte| *byte == b':')?;
        let (name, rest) = rest.split_at(colon);
        let customer = Customer::new(std::str::from_utf8(name).ok()?).ok()?;
        Some((customer, rest.get(1..)?))
    }

    /// Parses a key; `None` if it is not under the prefix or not in the scheme.
    pub fn parse(&self, key: &[u8]) -> Option<Key> {
        let rest = std::str::from_utf8(key).ok()?.strip_prefix(&self.prefix)?;
        if let Some(stats) = rest.strip_prefix("stats:") {
            return parse::stats(stats);
        }
        let (customer, rest) = rest.split_once(':')?;
        Some(Key::Of(Customer::new(customer).ok()?, parse::entry(rest)?))
    }

    /// Parses the part of a key after its customer.
    pub fn parse_entry(rest: &str) -> Option<Entry> {
        parse::entry(rest)
    }
}

/// Returns the Valkey type of a key of the scheme. A key of another type is unreadable to every client.
pub(crate) fn type_of(key: &Key) -> &'static str {
    match key {
        Key::Stats(..) => "hash",
        Key::Of(_, entry) => entry.type_name(),
    }
}

#[cfg(test)]
mod tests;
