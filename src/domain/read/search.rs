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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidates(text: &str) -> Vec<(Match, String)> {
        let wanted = SearchTerm::new(text).unwrap();
        let names = wanted.hostnames().into_iter();
        names.map(|(how, name)| (how, name.to_string())).collect()
    }

    #[test]
    fn a_host_name_is_searched_with_and_without_www_and_under_a_wildcard() {
        let expected = [
            (Match::ExactHostname, "www.example.com"),
            (Match::HostnameWithWww, "www.www.example.com"),
            (Match::HostnameWithoutWww, "example.com"),
            (Match::WildcardHostname, "*.example.com"),
        ];
        let expected = expected.map(|(how, name)| (how, name.to_owned()));
        assert_eq!(candidates("WWW.Example.com"), expected);
        assert_eq!(candidates(" www.example.com. "), expected);
    }

    #[test]
    fn a_domain_of_two_labels_has_no_wildcard_above_it() {
        let expected = [
            (Match::ExactHostname, "example.com".to_owned()),
            (Match::HostnameWithWww, "www.example.com".to_owned()),
        ];
        assert_eq!(candidates("example.com"), expected);
    }

    #[test]
    fn an_internationalized_name_is_searched_in_both_forms() {
        let exact = |text: &str| -> Vec<String> {
            let all = candidates(text).into_iter();
            all.filter(|(how, _)| *how == Match::ExactHostname)
                .map(|(_, name)| name)
                .collect()
        };
        assert_eq!(
            exact("BÜCHER.example"),
            ["bücher.example", "xn--bcher-kva.example"]
        );
        assert_eq!(
            exact("xn--bcher-kva.example"),
            ["xn--bcher-kva.example", "bücher.example"]
        );
        assert_eq!(exact("*.wild.example"), ["*.wild.example"]);
    }

    #[test]
    fn a_text_that_is_not_a_host_name_is_searched_among_properties_only() {
        for text in [
            "shop",
            "prp_1",
            "a b.c",
            "https://www.example.com/",
            "a..b",
            ".",
            "x.y:8080",
        ] {
            assert!(candidates(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn empty_and_too_long_texts_are_refused() {
        assert_eq!(SearchTerm::new(" \t"), Err(SearchError::Empty));
        assert_eq!(
            SearchTerm::new(&"x".repeat(LONGEST + 1)),
            Err(SearchError::TooLong)
        );
        assert_eq!(SearchTerm::new("a:LOCK").unwrap().query(), None);
        assert_eq!(SearchTerm::new(".").unwrap().lower(), ".");
    }

    #[test]
    fn properties_are_found_by_name_then_by_id_each_once_and_whole_ones_first() {
        let listed = |id: &str, name: &str| {
            let json = format!(r#"{{"propertyId":"{id}","propertyName":"{name}"}}"#);
            Property::parse(&json).unwrap()
        };
        let all = [
            listed("prp_12", "Shop"),
            listed("prp_1", "eshop prp_1"),
            listed("prp_31", "other"),
            listed("prp_2", "prp_12 twin"),
        ];
        let found = |text: &str| -> Vec<(Match, &str)> {
            let found = SearchTerm::new(text).unwrap().among(&all);
            found
                .into_iter()
                .map(|(how, listed)| (how, listed.id.as_str()))
                .collect()
        };
        assert_eq!(
            found("SHOP"),
            [
                (Match::PropertyName, "prp_12"),
                (Match::PropertyName, "prp_1")
            ]
        );
        assert_eq!(
            found("prp_12"),
            [
                (Match::PropertyId, "prp_12"),
                (Match::PropertyName, "prp_2")
            ]
        );
        assert_eq!(found("12")[0], (Match::PropertyId, "prp_12"));
        assert_eq!(found("prp_3"), [(Match::PropertyId, "prp_31")]);
        assert_eq!(found("nothing"), []);
    }

    #[test]
    fn a_wildcard_counts_only_if_no_name_is_cached() {
        let cached = vec![
            (Match::ExactHostname, "a"),
            (Match::ExactHostname, "a in punycode"),
            (Match::HostnameWithWww, "w"),
            (Match::WildcardHostname, "*"),
        ];
        assert_eq!(
            choose(cached),
            [(Match::ExactHostname, "a"), (Match::HostnameWithWww, "w")]
        );
        assert_eq!(
            choose(vec![(Match::WildcardHostname, "*")]),
            [(Match::WildcardHostname, "*")]
        );
    }

    #[test]
    fn a_result_has_the_servers_shape() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        let found = [
            SearchHit::new(
                Match::ExactHostname,
                raw(r#"{"propertyId":"prp_1"}"#),
                Some(raw(r#"{"cnameFrom":"a.b"}"#)),
            ),
            SearchHit::new(Match::PropertyName, raw("{}"), None),
        ];
        assert_eq!(
            serde_json::to_string(&found).unwrap(),
            r#"[{"type":"exact_hostname","property":{"propertyId":"prp_1"},"hostname":{"cnameFrom":"a.b"},"matchReason":"Exact hostname match (cached)"},{"type":"property_name","property":{},"matchReason":"Property name match"}]"#
        );
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_and_never_panics(text in "\\PC{0,80}") {
            if let Ok(wanted) = SearchTerm::new(&text) {
                for (_, name) in wanted.hostnames() {
                    prop_assert!(name.as_str().contains('.'));
                }
                prop_assert!(!wanted.lower().is_empty());
            }
        }
    }
}
