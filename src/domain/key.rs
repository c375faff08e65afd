//! The key scheme: `akamai:<customer>:<resource>[:<identifier>[:<subresource>…]]`, built and parsed
//! here and nowhere else. The layout is shared byte for byte with the ALECS MCP server.
//!
//! Whatever can be built can be parsed back to itself. What could be read in two ways is refused when
//! the part is made ([`Customer`], [`Id`], [`Fqdn`], [`Query`]), so that building cannot fail.

use super::glob;
use super::ttl::Resource;
use jiff::civil::Date;
use std::fmt;

mod parse;

/// First-level words of our own: they stand where a customer's name would.
const RESERVED: [&str; 1] = ["stats"];

/// Longest name of a customer, in bytes.
const CUSTOMER_MAX: usize = 64;

/// Longest identifier or host name, in bytes.
const ID_MAX: usize = 255;

/// Why a text cannot become a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    #[error(
        "`{0}` cannot be a customer's name: it takes 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit"
    )]
    Customer(String),
    /// A first-level word of our own.
    #[error("`{0}` cannot be a customer's name: the key scheme uses this word itself")]
    Reserved(String),
    /// Empty, too long, with a colon or a control character, or the word `lock`.
    #[error("`{0}` cannot be an identifier in a key")]
    Id(String),
    /// Without a dot, or not an [`Id`].
    #[error("`{0}` cannot be a host name in a key")]
    Fqdn(String),
    /// Empty, or it would read as a lock.
    #[error("`{0}` cannot be a search text in a key")]
    Query(String),
    /// Empty, or with glob or control characters.
    #[error(
        "`{0}` cannot be the prefix of the keys: it must not be empty and takes no glob characters, blanks or control characters"
    )]
    Prefix(String),
}

/// A customer's name: a section of `.edgerc` and the second word of every key. It can never reach
/// into another customer's keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Customer(String);

impl Customer {
    /// Takes a name that the scheme allows.
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let mut bytes = name.bytes();
        let first = bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if !first || !rest || name.len() > CUSTOMER_MAX {
            return Err(KeyError::Customer(name.into()));
        }
        if RESERVED.contains(&name) {
            return Err(KeyError::Reserved(name.into()));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Customer {
    fn default() -> Self {
        Self("default".into())
    }
}

impl fmt::Display for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identifier of a property, contract, group or anything else that the API numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// Takes an identifier that stays within its place in a key: no colon, no control character,
    /// not `lock`, at most 255 bytes.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let fits = !text.is_empty()
            && text.len() <= ID_MAX
            && text != "lock"
            && !text.chars().any(|c| c == ':' || c.is_control());
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(KeyError::Id(text.into()))
        }
    }

    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host name in lower case. It has a dot, which tells it from `hostname:map`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fqdn(String);

impl Fqdn {
    /// Takes a host name in any case.
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let lower = name.to_lowercase();
        match Id::new(&lower) {
            Ok(Id(id)) if id.contains('.') => Ok(Self(id)),
            _ => Err(KeyError::Fqdn(name.into())),
        }
    }

    /// The host name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fqdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A search text in lower case; free text, colons and all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query(String);

impl Query {
    /// Takes a search text in any case. One that would read as a lock is refused.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let lower = text.to_lowercase();
        if lower.is_empty() || lower == "lock" || lower.ends_with(":lock") {
            return Err(KeyError::Query(text.into()));
        }
        Ok(Self(lower))
    }

    /// The text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tally {
    /// Reads that the cache answered.
    Hits,
    /// Reads that it did not.
    Misses,
}

impl Tally {
    /// The word in a key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hits => "hits",
            Self::Misses => "misses",
        }
    }
}

/// What stands under one customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    /// `properties:all`, the list of all properties.
    Properties,
    /// `properties:CONTRACT|all:GROUP|all:LIMIT`, the server's lists by parameter; never written by us.
    PropertiesOf {
        /// Contract, or `all`.
        contract: Id,
        /// Group, or `all`.
        group: Id,
        /// How many, or `None` for `all`.
        limit: Option<u64>,
    },
    /// `properties:tree`, group → contract → properties.
    Tree,
    /// `property:PRP`, one property.
    Property(Id),
    /// `property:PRP:details`, the server's; never written by us.
    PropertyDetails(Id),
    /// `property:PRP:hostnames`, the host names of a property.
    PropertyHostnames(Id),
    /// `property:PRP:rules:vN`, the rule tree of a version.
    Rules(Id, u32),
    /// `property:PRP:versions`, a list, newest first.
    Versions(Id),
    /// `property:PRP:activations`.
    Activations(Id),
    /// `hostname:FQDN`, the property that serves a host name.
    Hostname(Fqdn),
    /// `hostname:map`, all host names in one value.
    HostnameMap,
    /// `hostnames`, the hash of all host names.
    Hostnames,
    /// `search:QUERY`, the results of a search.
    Search(Query),
    /// `searches`, the index of searches.
    Searches,
    /// `contracts:all`.
    Contracts,
    /// `groups:all`.
    Groups,
    /// `contract:CTR`, one contract.
    Contract(Id),
    /// `cpcodes:all`.
    CpCodes,
    /// `metrics:cache:hits` and `metrics:cache:misses`.
    Metric(Tally),
    /// `warm:lock`, the run lock of the warmer.
    WarmLock,
    /// `warm:state`, when the last runs took place and what they covered.
    WarmState,
    /// `invalidated`, the marks of the last hour.
    Invalidated,
    /// `absent:RESOURCE:ID`, the API says that it does not exist.
    Absent(Id, Id),
    /// `generation`, the number of the last warm run.
    Generation,
    /// `generations`, which run wrote which key.
    Generations,
    /// `audit`, who removed what.
    Audit,
    /// `<any key>:lock`.
    Lock(Box<Entry>),
}

impl Entry {
    /// The resource whose time to live it has; `None` for bookkeeping.
    #[must_use]
    pub fn resource(&self) -> Option<Resource> {
        Some(match self {
            Self::Properties | Self::PropertiesOf { .. } => Resource::Properties,
            Self::Tree => Resource::Tree,
            Self::Property(_) | Self::PropertyDetails(_) => Resource::Details,
            Self::PropertyHostnames(_) | Self::Hostname(_) | Self::Hostnames => Resource::Hostnames,
            Self::Rules(..) => Resource::Rules,
            Self::Versions(_) => Resource::Versions,
            Self::Activations(_) => Resource::Activations,
            Self::HostnameMap => Resource::Map,
            Self::Search(_) => Resource::Search,
            Self::Searches => Resource::Searches,
            Self::Contracts | Self::Contract(_) => Resource::Contracts,
            Self::Groups => Resource::Groups,
            Self::CpCodes => Resource::CpCodes,
            Self::Absent(..) => Resource::Absent,
            Self::Metric(_)
            | Self::WarmLock
            | Self::WarmState
            | Self::Invalidated
            | Self::Generation
            | Self::Generations
            | Self::Audit
            | Self::Lock(_) => return None,
        })
    }

    /// Resource, identifier and subresources as the scheme names them: `property`, `prp_1`,
    /// `[rules, v5]`.
    #[must_use]
    pub fn parts(&self) -> (&'static str, Option<String>, Vec<String>) {
        let word = |text: &str| Some(text.to_owned());
        match self {
            Self::Properties => ("properties", word("all"), vec![]),
            Self::PropertiesOf {
                contract,
                group,
                limit,
            } => {
                let limit = limit.map_or_else(|| "all".into(), |limit| limit.to_string());
                (
                    "properties",
                    Some(contract.to_string()),
                    vec![group.to_string(), limit],
                )
            }
            Self::Tree => ("properties", word("tree"), vec![]),
            Self::Property(id) => ("property", Some(id.to_string()), vec![]),
            Self::PropertyDetails(id) => sub(id, &["details"]),
            Self::PropertyHostnames(id) => sub(id, &["hostnames"]),
            Self::Rules(id, version) => sub(id, &["rules", &format!("v{version}")]),
            Self::Versions(id) => sub(id, &["versions"]),
            Self::Activations(id) => sub(id, &["activations"]),
            Self::Hostname(name) => ("hostname", Some(name.to_string()), vec![]),
            Self::HostnameMap => ("hostname", word("map"), vec![]),
            Self::Hostnames => ("hostnames", None, vec![]),
            Self::Search(query) => ("search", word(query.as_str()), vec![]),
            Self::Searches => ("searches", None, vec![]),
            Self::Contracts => ("contracts", word("all"), vec![]),
            Self::Groups => ("groups", word("all"), vec![]),
            Self::Contract(id) => ("contract", Some(id.to_string()), vec![]),
            Self::CpCodes => ("cpcodes", word("all"), vec![]),
            Self::Metric(tally) => ("metrics", word("cache"), vec![tally.as_str().into()]),
            Self::WarmLock => ("warm", word("lock"), vec![]),
            Self::WarmState => ("warm", word("state"), vec![]),
            Self::Invalidated => ("invalidated", None, vec![]),
            Self::Absent(resource, id) => {
                ("absent", Some(resource.to_string()), vec![id.to_string()])
            }
            Self::Generation => ("generation", None, vec![]),
            Self::Generations => ("generations", None, vec![]),
            Self::Audit => ("audit", None, vec![]),
            Self::Lock(entry) => {
                let (resource, id, mut sub) = entry.parts();
                sub.push("lock".into());
                (resource, id, sub)
            }
        }
    }

    /// The lock that guards fetching this entry.
    #[must_use]
    pub fn lock(self) -> Self {
        Self::Lock(Box::new(self))
    }
}

fn sub(id: &Id, words: &[&str]) -> (&'static str, Option<String>, Vec<String>) {
    (
        "property",
        Some(id.to_string()),
        words.iter().map(ToString::to_string).collect(),
    )
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resource, id, sub) = self.parts();
        f.write_str(resource)?;
        for word in id.iter().chain(&sub) {
            write!(f, ":{word}")?;
        }
        Ok(())
    }
}

/// A key, parsed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A key of a customer.
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
    /// A scheme with a prefix of its own: not empty, no glob characters, no blanks.
    pub fn new(prefix: &str) -> Result<Self, KeyError> {
        let refused = |c: char| glob::is_special(c) || c.is_control() || c.is_whitespace();
        if prefix.is_empty() || prefix.chars().any(refused) {
            return Err(KeyError::Prefix(prefix.into()));
        }
        Ok(Self {
            prefix: prefix.into(),
        })
    }

    /// What all keys begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The key of an entry of a customer.
    #[must_use]
    pub fn key(&self, customer: &Customer, entry: &Entry) -> String {
        format!("{}{customer}:{entry}", self.prefix)
    }

    /// The key of a day's counts.
    #[must_use]
    pub fn stats(&self, day: Date, tally: Tally) -> String {
        format!("{}stats:{day}:{}", self.prefix, tally.as_str())
    }

    /// What all keys of a customer begin with.
    #[must_use]
    pub fn of_customer(&self, customer: &Customer) -> String {
        format!("{}{customer}:", self.prefix)
    }

    /// A glob that matches the keys of a customer whose rest matches `pattern`, and no others.
    #[must_use]
    pub fn pattern(&self, customer: &Customer, pattern: &str) -> String {
        format!("{}{pattern}", glob::escape(&self.of_customer(customer)))
    }

    /// Splits a key into its customer and the rest, whether or not the rest is one that we know.
    /// `None`: not under the prefix, or not of a customer.
    #[must_use]
    pub fn split<'a>(&self, key: &'a [u8]) -> Option<(Customer, &'a [u8])> {
        let rest = key.strip_prefix(self.prefix.as_bytes())?;
        let colon = rest.iter().position(|byte| *byte == b':')?;
        let (name, rest) = rest.split_at(colon);
        let customer = Customer::new(std::str::from_utf8(name).ok()?).ok()?;
        Some((customer, rest.get(1..)?))
    }

    /// Parses a key. `None`: not under the prefix, or not one of the scheme.
    #[must_use]
    pub fn parse(&self, key: &[u8]) -> Option<Key> {
        let rest = std::str::from_utf8(key).ok()?.strip_prefix(&self.prefix)?;
        if let Some(stats) = rest.strip_prefix("stats:") {
            return parse::stats(stats);
        }
        let (customer, rest) = rest.split_once(':')?;
        Some(Key::Of(Customer::new(customer).ok()?, parse::entry(rest)?))
    }

    /// Parses the part of a key behind its customer.
    #[must_use]
    pub fn parse_entry(rest: &str) -> Option<Entry> {
        parse::entry(rest)
    }
}

#[cfg(test)]
mod tests;
