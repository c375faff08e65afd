//! Search as the ALECS server does it: host names first (exact, with and without `www.`), else the names of
//! properties. In addition it finds wildcard host names, property ids, both forms of an internationalized domain
//! name, and names with a trailing dot.

use crate::domain::glob;
use crate::domain::key::{Fqdn, Query};
use crate::domain::papi::Property;
use serde::Serialize;
use serde_json::value::RawValue;

/// Why a text cannot be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    #[error("an empty query matches nothing: search for a host name, a property name or an id")]
    Empty,
    #[error("the search text is longer than {LONGEST} bytes")]
    TooLong,
}

/// Longest search text, in bytes. Names of properties are far shorter.
const LONGEST: usize = 16_384;

/// Upper bound on the length of a property's name, in bytes.
const LONGEST_NAME: usize = 255;

/// How a result matches the search text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The host name itself.
    ExactHostname,
    /// The host name with `www.` in front.
    HostnameWithWww,
    /// The host name without its `www.`.
    HostnameWithoutWww,
    /// A wildcard host name that covers it.
    WildcardHostname,
    /// A host name that contains the text. Never stored as a result: the server has no such kind.
    PartOfHostname,
    /// The name of a property contains the text.
    PropertyName,
    /// The id of a property contains the text.
    PropertyId,
}

impl Match {
    /// Returns the reason, in the server's words if it has any.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ExactHostname => "Exact hostname match (cached)",
            Self::HostnameWithWww => "Hostname match with www (cached)",
            Self::HostnameWithoutWww => "Hostname match without www (cached)",
            Self::WildcardHostname => "Wildcard hostname match (cached)",
            Self::PartOfHostname => "Part of a hostname (cached)",
            Self::PropertyName => "Property name match",
            Self::PropertyId => "Property ID match",
        }
    }
}

/// One result, in the server's shape.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SearchHit {
    #[serde(rename = "type")]
    pub how: Match,
    /// The property item.
    pub property: Box<RawValue>,
    /// The host name item, if a host name matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Box<RawValue>>,
    #[serde(rename = "matchReason")]
    pub reason: &'static str,
}

impl SearchHit {
    pub(crate) fn new(
        how: Match,
        property: Box<RawValue>,
        hostname: Option<Box<RawValue>>,
    ) -> Self {
        Self {
            how,
            property,
            hostname,
            reason: how.reason(),
        }
    }
}

/// A search text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    typed: String,
    lower: String,
}

impl SearchTerm {
    /// Parses a search text: blanks around it and the trailing dot of a host name are ignored.
    pub fn new(text: &str) -> Result<Self, SearchError> {
        let text = text.trim();
        let typed = match text.strip_suffix('.') {
            Some(name) if name.contains('.') && !name.ends_with('.') => name,
            _ => text,
        };
        if typed.is_empty() {
            return Err(SearchError::Empty);
        }
        if typed.len() > LONGEST {
            return Err(SearchError::TooLong);
        }
        Ok(Self {
            typed: typed.to_owned(),
            lower: typed.to_lowercase(),
        })
    }

    /// Returns the text as it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Returns the text in lower case, as in the server's keys.
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// Returns the text as part of a key; `None` if such a key would be ambiguous.
    pub fn query(&self) -> Option<Query> {
        Query::new(&self.lower).ok()
    }

    /// Returns true if the text can be a host name; otherwise no host name is searched.
    pub fn is_hostname(&self) -> bool {
        let labels = || self.lower.split('.');
        self.lower.len() <= 253
            && labels().count() > 1
            && labels().all(|label| !label.is_empty())
            && !self.lower.contains(is_foreign)
    }

    /// Returns a glob of the host names that contain the text; `None` if none can, or if the text is an id.
    pub fn part_of_hostname(&self) -> Option<String> {
        let part = self.lower.len() <= 253
            && !self.lower.contains(is_foreign)
            && !self.lower.starts_with("prp_");
        part.then(|| format!("*{}*", glob::escape(&self.lower)))
    }

    /// Returns true if a property can have this name; otherwise the API need not be called.
    pub fn can_be_a_name(&self) -> bool {
        self.typed.len() <= LONGEST_NAME && !self.typed.contains(char::is_control)
    }

    /// Returns the host names that may be meant, the likeliest first, each as typed, as punycode and as Unicode.
    pub fn hostnames(&self) -> Vec<(Match, Fqdn)> {
        if !self.is_hostname() {
            return Vec::new();
        }
        let lower = self.lower.as_str();
        let mut names = vec![
            (Match::ExactHostname, lower.to_owned()),
            (Match::HostnameWithWww, format!("www.{lower}")),
        ];
        if let Some(bare) = lower.strip_prefix("www.") {
            names.push((Match::HostnameWithoutWww, bare.to_owned()));
        }
        if let Some((label, domain)) = lower.split_once('.')
            && label != "*"
            && domain.contains('.')
        {
            names.push((Match::WildcardHostname, format!("*.{domain}")));
        }
        let mut candidates: Vec<(Match, Fqdn)> = Vec::new();
        for (how, name) in names {
            for form in forms(&name) {
                if let Ok(fqdn) = Fqdn::new(&form)
                    && !candidates.iter().any(|(_, known)| *known == fqdn)
                {
                    candidates.push((how, fqdn));
                }
            }
        }
        candidates
    }

    /// Returns the properties whose name contains the text, then those whose id does, each sorted by name. A match of
    /// the whole name or id comes first.
    pub(crate) fn among<'a>(&self, properties: &'a [Property]) -> Vec<(Match, &'a Property)> {
        let has = |text: &str| text.to_lowercase().contains(&self.lower);
        let how = |listed: &Property| {
            let by_name = has(&listed.name).then_some(Match::PropertyName);
            by_name.or_else(|| has(&listed.id).then_some(Match::PropertyId))
        };
        let each = properties.iter();
        let mut found: Vec<(Match, &Property)> = each
            .filter_map(|listed| Some((how(listed)?, listed)))
            .collect();
        let mut seen = std::collections::HashSet::new();
        found.retain(|(_, listed)| seen.insert(&listed.id));
        found.sort_by_cached_key(|(how, listed)| {
            let (name, id) = (listed.name.to_lowercase(), listed.id.to_lowercase());
            // People leave out the prefix of an id.
            let bare = id.strip_prefix("prp_").unwrap_or(&id);
            let whole = [&name, &id, bare].contains(&self.lower.as_str());
            (!whole, *how, name, &listed.id)
        });
        found
    }
}

/// Returns true if host names cannot contain the character.
fn is_foreign(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "/:@?#%[]\\\"'<>|^,;()".contains(c)
}

/// Returns a host name in all forms that may be in use: as given, as punycode, as Unicode.
fn forms(name: &str) -> Vec<String> {
    let mut forms = vec![name.to_owned()];
    let ascii = url::quirks::domain_to_ascii(name);
    let unicode = url::quirks::domain_to_unicode(name);
    for form in [ascii, unicode] {
        if !form.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// Selects the results among the cached host names: the exact name and those with and without `www.`; a wildcard only
/// if none of these is cached. If both forms of a name are cached, the first one counts.
pub(crate) fn choose<T>(cached: Vec<(Match, T)>) -> Vec<(Match, T)> {
    let mut chosen: Vec<(Match, T)> = Vec::new();
    for (how, value) in cached {
        let has = |wanted: Match| chosen.iter().any(|(known, _)| *known == wanted);
        if !has(how) && (how != Match::WildcardHostname || chosen.is_empty()) {
            chosen.push((how, value));
        }
    }
    chosen
}

#[cfg(test)]
mod tests;
