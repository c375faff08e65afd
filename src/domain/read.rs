//! Reading through the cache: which items can be requested, and under which keys they are cached.

pub(crate) mod freshness;
pub(crate) mod search;

use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::keyword::keywords;
use crate::domain::papi::with_prefix;

/// Prefix of property ids, as the API writes it.
const PROPERTY: &str = "prp_";

/// Resources that `get` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GetResource {
    Properties,
    Property,
    Hostnames,
    Hostname,
    Rules,
    Versions,
    Activations,
    Contracts,
    Contract,
    Groups,
    CpCodes,
    Tree,
}

keywords! { GetResource:
    Properties = "properties" "The list of all properties";
    Property = "property" "Properties by id";
    Hostnames = "hostnames" "The host names of properties";
    Hostname = "hostname" "Host names, with their properties";
    Rules = "rules" "Rule trees, of the latest version or of `ID:vN`";
    Versions = "versions" "Version numbers of properties, newest first";
    Activations = "activations" "Activations of properties";
    Contracts = "contracts" "The list of contracts";
    Contract = "contract" "Contracts by id";
    Groups = "groups" "The list of groups";
    CpCodes = "cpcodes" "The list of CP codes";
    Tree = "tree" "Group → contract → properties";
}

/// Why a word does not name an item of the resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ItemNameError {
    /// Not `prp_…`.
    #[error("`{0}` is not a property id: expected one such as prp_123")]
    Property(String),
    /// Not `prp_…:vN`.
    #[error("`{0}` is not a property id: expected prp_123 or, with a version, prp_123:v5")]
    Rules(String),
    /// Not a host name.
    #[error("`{0}` is not a host name")]
    Hostname(String),
    /// Not `ctr_…`.
    #[error("`{0}` is not a contract id: expected one such as ctr_C-123")]
    Contract(String),
}

/// One requested item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadItem {
    /// The item cached under a key.
    Entry(Entry),
    /// The rules of the latest version, whose number only the property has.
    LatestRules(Id),
}

impl GetResource {
    /// Returns the item of a resource that takes no ids.
    pub(crate) fn list_item(self) -> Option<ReadItem> {
        Some(ReadItem::Entry(match self {
            Self::Properties => Entry::Properties,
            Self::Contracts => Entry::AccountContracts,
            Self::Groups => Entry::AccountGroups,
            Self::CpCodes => Entry::CpCodes,
            Self::Tree => Entry::Tree,
            _ => return None,
        }))
    }

    /// Returns the resource of a bare name: a property, its rules (`prp_1:v5`), a contract or a host name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let ids = [Self::Property, Self::Rules];
        let by_id = ids.into_iter().find(|of| of.named(name).is_ok());
        let contract = || {
            let id = name.starts_with("ctr_") && Self::Contract.named(name).is_ok();
            id.then_some(Self::Contract)
        };
        let by_id = by_id.or_else(contract);
        by_id.or_else(|| {
            let host = name.contains('.') && Self::Hostname.named(name).is_ok();
            host.then_some(Self::Hostname)
        })
    }

    /// Returns the item of that name; for a list, the name is ignored.
    pub(crate) fn named(self, word: &str) -> Result<ReadItem, ItemNameError> {
        if let Some(whole) = self.list_item() {
            return Ok(whole);
        }
        Ok(ReadItem::Entry(match self {
            Self::Rules => return rules(word),
            Self::Hostname => {
                let name = word.strip_suffix('.').unwrap_or(word);
                let fqdn = Fqdn::new(name)
                    .ok()
                    .filter(|_| !name.contains(char::is_whitespace));
                Entry::Hostname(fqdn.ok_or_else(|| ItemNameError::Hostname(word.into()))?)
            }
            Self::Contract => Entry::Contract(contract(word)?),
            Self::Hostnames => Entry::PropertyHostnames(property(word)?),
            Self::Versions => Entry::Versions(property(word)?),
            Self::Activations => Entry::Activations(property(word)?),
            _ => Entry::Property(property(word)?),
        }))
    }
}

/// Parses a property id, with or without its prefix.
pub(crate) fn property(word: &str) -> Result<Id, ItemNameError> {
    let refused = || ItemNameError::Property(word.into());
    // The API accepts ids without their prefix as well.
    let number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let prefixed = format!("{PROPERTY}{word}");
    let word = if number { prefixed.as_str() } else { word };
    let rest = word.strip_prefix(PROPERTY).ok_or_else(refused)?;
    if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refused());
    }
    Id::new(word).map_err(|_| refused())
}

fn rules(word: &str) -> Result<ReadItem, ItemNameError> {
    let refused = || ItemNameError::Rules(word.into());
    let Some((id, version)) = word.split_once(':') else {
        let id = property(word).map_err(|_| refused())?;
        return Ok(ReadItem::LatestRules(id));
    };
    let version = version.strip_prefix("rules:").unwrap_or(version);
    let number = version
        .strip_prefix('v')
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|number| *number > 0);
    let id = property(id).map_err(|_| refused())?;
    let number = number.ok_or_else(refused)?;
    Ok(ReadItem::Entry(Entry::Rules(id, number)))
}

fn contract(word: &str) -> Result<Id, ItemNameError> {
    let refused = || ItemNameError::Contract(word.into());
    let rest = word.strip_prefix("ctr_").unwrap_or(word);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if rest.is_empty() || rest.starts_with(PROPERTY) || !rest.bytes().all(fits) {
        return Err(refused());
    }
    Id::new(&with_prefix("ctr_", rest)).map_err(|_| refused())
}

impl ReadItem {
    /// Returns its name in answers.
    pub fn name(&self) -> String {
        match self {
            Self::Entry(entry) => entry.name(),
            Self::LatestRules(id) => id.to_string(),
        }
    }
}

impl Entry {
    /// Returns the entry that records that the API does not know this one. A property that does not exist has no
    /// subresources either, so they share its record; a list always exists.
    pub(crate) fn absent(&self) -> Option<Self> {
        let mark = |resource: &str, id: &str| {
            let (resource, id) = (Id::new(resource).ok()?, Id::new(id).ok()?);
            Some(Self::Absent(resource, id))
        };
        match self {
            Self::Rules(id, version) => mark("rules", &format!("{id}-v{version}")),
            Self::Hostname(name) => mark("hostname", name.as_str()),
            Self::Contract(id) => mark("contract", id.as_str()),
            Self::Search(query) => mark("search", &escaped(query.as_str())),
            _ => mark("property", self.property()?.as_str()),
        }
    }

    /// Returns a host name with non-ASCII characters in its other form, punycode.
    pub(crate) fn in_ascii(&self) -> Option<Self> {
        let Self::Hostname(name) = self else {
            return None;
        };
        name.in_ascii().map(Self::Hostname)
    }

    /// Returns its name in answers: its id, or `all` for a list.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Rules(id, version) => format!("{id}:v{version}"),
            Self::Hostname(name) => name.to_string(),
            Self::Contract(id) => id.to_string(),
            Self::Tree => "tree".into(),
            _ => self.property().map_or_else(|| "all".into(), Id::to_string),
        }
    }

    /// Returns its kind and name, for errors. A property that does not exist has no subresources either.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Rules(id, version) => format!("version {version} of property {id}"),
            Self::Hostname(name) => format!("host name {name}"),
            Self::Contract(id) => format!("contract {id}"),
            _ => self
                .property()
                .map_or_else(|| format!("`{self}`"), |id| format!("property {id}")),
        }
    }

    /// Returns true if a value is JSON of the entry's shape, an array or an object.
    pub(crate) fn fits(&self, value: &[u8]) -> bool {
        let Ok(json) = serde_json::from_slice::<&serde_json::value::RawValue>(value) else {
            return false;
        };
        let array = matches!(
            self,
            Self::Properties
                | Self::PropertyHostnames(_)
                | Self::Versions(_)
                | Self::Activations(_)
                | Self::AccountContracts
                | Self::AccountGroups
                | Self::CpCodes
                | Self::Search(_)
        );
        let first = json.get().trim_start().bytes().next();
        match self {
            Self::Tree => matches!(first, Some(b'[' | b'{')),
            _ if array => first == Some(b'['),
            _ => first == Some(b'{'),
        }
    }
}

/// Escapes the characters that an identifier cannot contain.
fn escaped(text: &str) -> String {
    let each = text.chars().map(|c| match c {
        ':' | '%' => format!("%{:02x}", u32::from(c)),
        c if c.is_control() => format!("%{:02x}", u32::from(c)),
        c => c.to_string(),
    });
    each.collect()
}

#[cfg(test)]
mod tests;
