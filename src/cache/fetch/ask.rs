//! API requests in the terms of the cache, and the writes that are made from their answers.

use super::rows::RowList;
use super::values::{GroupContract, Host, array, hosts_of, newest_versions, pair_name};
use super::view::{CacheView, KeyNames};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Contract, CpCode, Group, Property};
use crate::domain::progress::Progress;
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::source::{self, AccountGroups, ApiAnswer, FindBy, PropertyRef, Source};
use crate::store::Write;
use std::rc::Rc;
use std::time::Duration;

/// One request to the API, in the terms of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiRequest {
    Contracts,
    Groups,
    /// Properties activated within this many seconds, by the API's clock.
    Modified(u64),
    Properties(GroupContract),
    CpCodes(GroupContract),
    /// CP codes of the account, if the credentials may read them in one call.
    AllCpCodes,
    /// Active host names of the account, page by page. If more than this many pages follow the first, only the
    /// first is read.
    Hostnames(u64),
    Property(PropertyRef),
    Find(FindBy),
    HostsOf(Rc<Property>),
    Rules(PropertyRef, u32),
    /// The newest versions. They follow from the property and take no call.
    Versions(Rc<Property>),
    Activations(PropertyRef),
}

pub(crate) enum Payload {
    Contracts(Vec<Contract>),
    Groups(AccountGroups),
    Properties(Vec<Property>),
    CpCodes(Vec<CpCode>),
    Hostnames(HostnameRows),
    Hosts(Vec<Host>),
    /// A value that is stored as it is, and its number of items.
    Value(Vec<u8>, usize),
    Versions(Vec<String>),
}

/// The account-wide list of host names.
#[derive(Default)]
pub(crate) struct HostnameRows {
    /// Host names that are active on a network.
    pub rows: RowList,
    /// Number of rows received, including names that are active nowhere.
    pub count: usize,
    /// There was more than one page.
    pub paged: bool,
    pub error: Option<source::Error>,
    pub has_errors: bool,
    /// Reading stopped after the first page.
    pub cut: bool,
}

pub(crate) type CallAnswer = ApiAnswer<Payload>;

/// A write, and what its value is made from: an invalidation of that removes the value again.
#[derive(Debug)]
pub(crate) struct PendingWrite {
    pub resource: Resource,
    pub write: Write,
    pub about: Origins,
    pub effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Makes or replaces a whole key.
    Stored,
    /// Gives a key a new TTL.
    KeptAlive,
    /// Changes a key that is counted elsewhere.
    Amended,
}

/// What a value is made from.
#[derive(Debug, Clone)]
pub(crate) enum Origins {
    /// Contracts, groups, CP codes.
    Account,
    Property(Id),
    /// A host name and the property that serves it.
    Host(Fqdn, Id),
    /// Properties of the whole account.
    Properties,
    /// Properties and host names of the whole account.
    Hostnames,
    /// Fields of the hash of all host names. Each is made from its own property.
    Fields,
    /// All fields of that hash: none is missing.
    AllFields,
}

/// Kind of origins, without their names.
#[derive(Debug, Clone, Copy)]
pub(super) enum OriginKind {
    /// Nothing that a mark of its own is about.
    Account,
    Property,
    Host,
    Properties,
    Hostnames,
}

impl Origins {
    /// Returns the kind, with the id of the property and the host name.
    pub(super) fn parts(&self) -> (OriginKind, &str, &str) {
        match self {
            Self::Account | Self::Fields => (OriginKind::Account, "", ""),
            Self::Property(id) => (OriginKind::Property, id.as_str(), ""),
            Self::Host(name, owner) => (OriginKind::Host, owner.as_str(), name.as_str()),
            Self::Properties => (OriginKind::Properties, "", ""),
            Self::Hostnames | Self::AllFields => (OriginKind::Hostnames, "", ""),
        }
    }

    /// Returns the origins of an entry. Those of a host name depend on its owner: see `PendingWrite::of_host`.
    fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Properties | Entry::Tree => Self::Properties,
            Entry::HostnameMap => Self::Hostnames,
            entry => entry
                .property()
                .map_or(Self::Account, |id| Self::Property(id.clone())),
        }
    }
}

impl PendingWrite {
    pub(crate) fn new(entry: &Entry, write: Write) -> Self {
        Self {
            // Every fetched entry has a resource.
            resource: entry.resource().unwrap_or(Resource::Details),
            write,
            about: Origins::of(entry),
            effect: Effect::Stored,
        }
    }

    /// Write of the key of a host name that `owner` serves.
    pub(crate) fn of_host(name: Fqdn, owner: Id, write: Write) -> Self {
        Self {
            resource: Resource::Hostnames,
            write,
            about: Origins::Host(name, owner),
            effect: Effect::Stored,
        }
    }
}

impl ApiRequest {
    /// Returns the resource to report the request under.
    pub(super) fn resource(&self) -> Resource {
        match self {
            Self::Contracts => Resource::Contracts,
            Self::Groups => Resource::Groups,
            Self::Properties(_) | Self::Modified(_) => Resource::Properties,
            Self::CpCodes(_) | Self::AllCpCodes => Resource::CpCodes,
            Self::Hostnames(_) | Self::HostsOf(_) | Self::Find(_) => Resource::Hostnames,
            Self::Property(_) => Resource::Details,
            Self::Rules(..) => Resource::Rules,
            Self::Versions(_) => Resource::Versions,
            Self::Activations(_) => Resource::Activations,
        }
    }

    /// Returns the id of the item to report the request under.
    pub(super) fn id(&self) -> Option<String> {
        match self {
            Self::Contracts
            | Self::Groups
            | Self::AllCpCodes
            | Self::Hostnames(_)
            | Self::Modified(_) => None,
            Self::Properties(pair) | Self::CpCodes(pair) => Some(pair_name(pair)),
            Self::Property(at) | Self::Rules(at, _) | Self::Activations(at) => {
                Some(at.id.to_string())
            }
            Self::HostsOf(property) | Self::Versions(property) => Some(property.id.to_string()),
            Self::Find(FindBy::Hostname(name) | FindBy::PropertyName(name)) => Some(name.clone()),
        }
    }

    /// Returns the property that the answer is a part of.
    pub(super) fn property(&self) -> Option<PropertyRef> {
        match self {
            Self::HostsOf(property) | Self::Versions(property) => {
                Some(PropertyRef::from(property.as_ref()))
            }
            Self::Rules(at, _) | Self::Activations(at) => Some(at.clone()),
            _ => None,
        }
    }

    /// Returns the entry that stores the answer, if it is a single value.
    pub(super) fn entry(&self) -> Option<Entry> {
        Some(match self {
            Self::Rules(at, version) => Entry::Rules(at.id.clone(), *version),
            Self::Activations(at) => Entry::Activations(at.id.clone()),
            Self::Versions(property) => Entry::Versions(property.id.clone()),
            _ => return None,
        })
    }

    /// Returns the stage's name in the progress.
    pub(super) const fn stage(&self) -> &'static str {
        match self {
            Self::Contracts => "contracts",
            Self::Groups => "groups",
            Self::Properties(_) => "lists of properties",
            Self::Modified(_) => "what changed",
            Self::Property(_) => "properties",
            Self::CpCodes(_) | Self::AllCpCodes => "lists of CP codes",
            Self::Hostnames(_) | Self::HostsOf(_) => "properties' host names",
            Self::Find(_) => "searches",
            Self::Rules(..) | Self::Versions(_) | Self::Activations(_) => {
                "rules, versions, activations"
            }
        }
    }
}

/// Makes API calls and reports their progress.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub source: &'a Source,
    pub view: HostnameView,
    pub progress: &'a dyn Progress,
}

impl Caller<'_> {
    pub(crate) async fn ask(&self, ask: &ApiRequest) -> Result<CallAnswer, source::Error> {
        use Payload as P;
        let source = self.source;
        Ok(match ask {
            ApiRequest::Modified(seconds) => {
                let since = format!("PT{seconds}S");
                source.modified_properties(&since).await?.map(P::Properties)
            }
            ApiRequest::Contracts => source.contracts().await?.map(P::Contracts),
            ApiRequest::Groups => source.groups_of_account().await?.map(P::Groups),
            ApiRequest::Properties((contract, group)) => {
                let listed = source.properties(contract, group).await?;
                listed.map(P::Properties)
            }
            ApiRequest::CpCodes((contract, group)) => {
                source.cpcodes(contract, group).await?.map(P::CpCodes)
            }
            ApiRequest::AllCpCodes => source.all_cpcodes().await?.map(P::CpCodes),
            ApiRequest::Hostnames(most) => self.listing(*most).await,
            ApiRequest::Property(at) => {
                let found = source.property(at).await?;
                found.map(|one| P::Properties(vec![one]))
            }
            ApiRequest::Find(by) => source.search(by.clone()).await?.map(P::Properties),
            ApiRequest::HostsOf(property) => {
                hosts_of(source, property, self.view).await?.map(P::Hosts)
            }
            ApiRequest::Rules(at, version) => {
                let rules = source.rules(at, *version).await?;
                rules.map(|rules| P::Value(rules.into_bytes(), 1))
            }
            ApiRequest::Activations(at) => source.activations(at).await?.map(|all| {
                let list = array(all.iter().map(|item| item.json.as_str()));
                P::Value(list, all.len())
            }),
            ApiRequest::Versions(property) => {
                ApiAnswer::of(P::Versions(newest_versions(property)), Vec::new())
            }
        })
    }

    /// Reads the account-wide list until it ends, fails or exceeds `most` further pages.
    async fn listing(&self, most: u64) -> CallAnswer {
        let stage = "host names";
        self.progress.begin(stage, None);
        let mut pages = self.source.hostnames();
        let (mut rows, mut error, mut item_errors) = (RowList::default(), None, Vec::new());
        let mut count = 0;
        let (mut first, mut cut, mut read) = (true, false, 0);
        while let Some(page) = pages.next().await {
            item_errors.extend(pages.take_item_errors());
            read += 1;
            match page {
                Ok(page) => {
                    self.progress.advance(stage, page.len() as u64);
                    count += page.len();
                    rows.extend(&page);
                }
                Err(failed) => {
                    error = Some(failed);
                    break;
                }
            }
            let rows = pages.total().filter(|_| std::mem::take(&mut first));
            cut = rows.is_some_and(|rows| super::values::pages(rows) - 1 > most);
            if cut {
                break;
            }
        }
        item_errors.extend(pages.take_item_errors());
        self.progress.end(stage);
        let has_errors = !item_errors.is_empty();
        let listing = HostnameRows {
            rows,
            count,
            paged: read > 1,
            error,
            has_errors,
            cut,
        };
        ApiAnswer::of(Payload::Hostnames(listing), item_errors)
    }
}

impl HostnameRows {
    /// Returns true if every active host name is here.
    pub(crate) fn is_whole(&self) -> bool {
        self.error.is_none() && !self.has_errors && !self.cut
    }
}

/// Returns the writes of the contracts: the list, and each contract.
pub(crate) fn contracts(
    keys: KeyNames<'_>,
    contracts: &[Contract],
    ttl: Duration,
) -> Vec<PendingWrite> {
    let put = |entry: Entry, value: Vec<u8>| {
        let write = keys.set(&entry, value, ttl);
        PendingWrite::new(&entry, write)
    };
    let each = contracts.iter().map(|contract| {
        let entry = Entry::Contract(contract.id.clone());
        put(entry, contract.json.clone().into_bytes())
    });
    let list = array(contracts.iter().map(|contract| contract.json.as_str()));
    each.chain([put(Entry::AccountContracts, list)]).collect()
}

pub(crate) fn groups(keys: KeyNames<'_>, groups: &[Group], ttl: Duration) -> PendingWrite {
    let list = array(groups.iter().map(|group| group.json.as_str()));
    let write = keys.set(&Entry::AccountGroups, list, ttl);
    PendingWrite::new(&Entry::AccountGroups, write)
}

/// Returns the write of our list to a key that the server stores in one of two shapes. An array is refreshed;
/// anything else, or nothing, is left alone.
pub(crate) async fn shared(
    cache: &CacheView<'_>,
    entry: &Entry,
    put: &PendingWrite,
) -> Result<Option<PendingWrite>, crate::cache::Error> {
    let Write::Set { value, ttl, .. } = &put.write else {
        return Ok(None);
    };
    let key = cache.key(entry);
    let first = cache.store.first_bytes(&[&key], 1).await;
    let first = first.into_iter().next().transpose()?;
    Ok((first.as_deref() == Some(b"[")).then(|| {
        let write = Write::Set {
            key,
            value: value.clone(),
            ttl: *ttl,
        };
        PendingWrite::new(entry, write)
    }))
}
