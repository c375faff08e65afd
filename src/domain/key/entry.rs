//! Entries of the key scheme: everything that is stored under one customer.

use super::{Fqdn, GroupTerm, Id, Query, TypedProperty};
use crate::domain::ttl::Resource;
use std::borrow::Cow;
use std::fmt;

/// Kind of count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tally {
    /// Reads answered from the cache.
    Hits,
    /// Reads not answered from the cache.
    Misses,
}

impl Tally {
    /// Returns the word used in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hits => "hits",
            Self::Misses => "misses",
        }
    }
}

/// Everything that is stored under one customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    /// `properties:all`, the list of all properties.
    Properties,
    /// `properties:CONTRACT|all:GROUP|all:LIMIT`, the server's lists by parameter; never written by this program.
    PropertiesOf {
        /// Contract, or `all`.
        contract: Id,
        /// Group, or `all`.
        group: Id,
        /// The number of items, or `None` for `all`.
        limit: Option<u64>,
    },
    /// `properties:tree`: group → contract → properties.
    Tree,
    /// `property:PRP`, one property.
    Property(Id),
    /// `property:X:details`, where X is whatever the server's client typed; never written by this program.
    PropertyDetails(TypedProperty),
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
    /// `account:contracts`, the API's contracts, which this program reads.
    AccountContracts,
    /// `account:groups`, the API's groups, which this program reads.
    AccountGroups,
    /// `contracts:all`. The server's search stores an array here, its list tools an MCP result. So an absent key stays
    /// absent, an array is refreshed as an array, and an object is left alone.
    Contracts,
    /// `groups:all`, in the same two shapes as `contracts:all`.
    Groups,
    /// `groups:TERM`, the groups that the server found for a term; never written by this program.
    GroupSearch(GroupTerm),
    /// `contract:CTR`, one contract.
    Contract(Id),
    /// `cpcodes:all`.
    CpCodes,
    /// `metrics:cache:hits` and `metrics:cache:misses`.
    Metric(Tally),
    /// `warm:lock`, the run lock of the warmer.
    WarmLock,
    /// `warm:state`: when the last runs took place and what they covered.
    WarmState,
    /// `invalidated`, the marks of the last hour.
    Invalidated,
    /// `absent:RESOURCE:ID`: the API says that the item does not exist.
    Absent(Id, Id),
    /// `generation`, the number of the last warm run.
    Generation,
    /// `generations`: which run wrote which key.
    Generations,
    /// `audit`: who removed what.
    Audit,
    /// `<any key>:lock`.
    Lock(Box<Entry>),
}

impl Entry {
    /// Entries that a customer has at most once.
    pub(crate) const SINGLES: [Self; 18] = [
        Self::Properties,
        Self::Tree,
        Self::HostnameMap,
        Self::Hostnames,
        Self::Searches,
        Self::AccountContracts,
        Self::AccountGroups,
        Self::Contracts,
        Self::Groups,
        Self::CpCodes,
        Self::Metric(Tally::Hits),
        Self::Metric(Tally::Misses),
        Self::WarmLock,
        Self::WarmState,
        Self::Invalidated,
        Self::Generation,
        Self::Generations,
        Self::Audit,
    ];

    /// Returns the type that it has in Valkey.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Hostnames | Self::WarmState => "hash",
            Self::Versions(_) => "list",
            Self::Searches | Self::Invalidated | Self::Generations => "zset",
            Self::Audit => "stream",
            _ => "string",
        }
    }

    /// Returns true for a hash, a list, a sorted set or a stream; every other entry is a string.
    pub fn is_collection(&self) -> bool {
        self.type_name() != "string"
    }

    /// Returns the property of the entry, if the key names it by its id.
    pub(crate) fn property(&self) -> Option<&Id> {
        match self {
            Self::Property(id)
            | Self::PropertyHostnames(id)
            | Self::Rules(id, _)
            | Self::Versions(id)
            | Self::Activations(id) => Some(id),
            _ => None,
        }
    }

    /// Returns the resource whose TTL the entry has; `None` for bookkeeping.
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
            Self::AccountContracts | Self::Contracts | Self::Contract(_) => Resource::Contracts,
            Self::AccountGroups | Self::Groups | Self::GroupSearch(_) => Resource::Groups,
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

    /// True if `warm` stores it where it is absent. Searches and what only the server writes are stored by reads alone.
    pub(crate) fn is_warmed(&self) -> bool {
        let warmable = |resource| Resource::WARMABLE.contains(&resource);
        let kept_only = matches!(self, Self::Contracts | Self::Groups);
        self.resource().is_some_and(warmable) && !self.is_result() && !kept_only
    }

    /// True for a result that only the ALECS server writes.
    pub fn is_result(&self) -> bool {
        matches!(
            self,
            Self::PropertiesOf { .. } | Self::PropertyDetails(_) | Self::GroupSearch(_)
        )
    }

    /// Returns the resource, the identifier and the subresources as the scheme names them: `property`, `prp_1`,
    /// `[rules, v5]`.
    pub fn parts(&self) -> (&'static str, Option<Cow<'_, str>>, Vec<Cow<'_, str>>) {
        let word = |text| (Some(Cow::Borrowed(text)), vec![]);
        let sub = |id, word| (Some(Cow::Borrowed(id)), vec![Cow::Borrowed(word)]);
        let (resource, (id, sub)) = match self {
            Self::Properties => ("properties", word("all")),
            Self::PropertiesOf {
                contract,
                group,
                limit,
            } => {
                let limit = limit.map_or("all".into(), |limit| limit.to_string().into());
                let (id, mut of) = sub(contract.as_str(), group.as_str());
                of.push(limit);
                ("properties", (id, of))
            }
            Self::Tree => ("properties", word("tree")),
            Self::Property(id) => ("property", word(id.as_str())),
            Self::PropertyDetails(typed) => ("property", sub(typed.as_str(), "details")),
            Self::PropertyHostnames(id) => ("property", sub(id.as_str(), "hostnames")),
            Self::Rules(id, version) => {
                let (id, mut of) = sub(id.as_str(), "rules");
                of.push(format!("v{version}").into());
                ("property", (id, of))
            }
            Self::Versions(id) => ("property", sub(id.as_str(), "versions")),
            Self::Activations(id) => ("property", sub(id.as_str(), "activations")),
            Self::Hostname(name) => ("hostname", word(name.as_str())),
            Self::HostnameMap => ("hostname", word("map")),
            Self::Hostnames => ("hostnames", (None, vec![])),
            Self::Search(query) => ("search", word(query.as_str())),
            Self::Searches => ("searches", (None, vec![])),
            Self::AccountContracts => ("account", word("contracts")),
            Self::AccountGroups => ("account", word("groups")),
            Self::Contracts => ("contracts", word("all")),
            Self::Groups => ("groups", word("all")),
            Self::GroupSearch(term) => ("groups", word(term.as_str())),
            Self::Contract(id) => ("contract", word(id.as_str())),
            Self::CpCodes => ("cpcodes", word("all")),
            Self::Metric(tally) => ("metrics", sub("cache", tally.as_str())),
            Self::WarmLock => ("warm", word("lock")),
            Self::WarmState => ("warm", word("state")),
            Self::Invalidated => ("invalidated", (None, vec![])),
            Self::Absent(resource, id) => ("absent", sub(resource.as_str(), id.as_str())),
            Self::Generation => ("generation", (None, vec![])),
            Self::Generations => ("generations", (None, vec![])),
            Self::Audit => ("audit", (None, vec![])),
            Self::Lock(entry) => {
                let (resource, id, mut of) = entry.parts();
                of.push("lock".into());
                (resource, (id, of))
            }
        };
        (resource, id, sub)
    }

    /// Returns the lock that guards fetching this entry.
    pub fn lock(self) -> Self {
        Self::Lock(Box::new(self))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (resource, id, sub) = self.parts();
        f.write_str(resource)?;
        id.iter().chain(&sub).try_for_each(|word| {
            f.write_str(":")?;
            f.write_str(word)
        })
    }
}
