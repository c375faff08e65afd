//! Searching as the ALECS server does: host names first, exact, with and without `www.`, else the
//! names of properties. Beyond what the server does, wildcard host names and property ids are found,
//! names in both forms of an internationalised domain, and with a trailing dot.

use crate::domain::glob;
use crate::domain::key::{Fqdn, Query};
use serde::Serialize;
use serde_json::value::RawValue;

/// Why a text cannot be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Nothing but blanks.
    #[error("there is nothing to search for")]
    Empty,
    /// Longer than anything that could be found.
    #[error("the search text is longer than {LONGEST} bytes")]
    TooLong,
}

/// The longest text that is searched for, in bytes. A name of a property is far shorter.
const LONGEST: usize = 16_384;

/// A name of a property is shorter, in bytes.
const LONGEST_NAME: usize = 255;

/// How something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The host name itself.
    ExactHostname,
    /// The host name behind `www.`.
    HostnameWithWww,
    /// The host name without its `www.`.
    HostnameWithoutWww,
    /// A wildcard host name that covers it.
    WildcardHostname,
    /// A host name that has the text in it. Never stored as a result: the server knows no such kind.
    PartOfHostname,
    /// The name of a property has the text in it.
    PropertyName,
    /// The id of a property has the text in it.
    PropertyId,
}

impl Match {
    /// The reason, in the server's words where it has any.
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
    /// How it was found.
    #[serde(rename = "type")]
    pub how: Match,
    /// The property item.
    pub property: Box<RawValue>,
    /// The host name item, where a host name was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Box<RawValue>>,
    /// The reason in words.
    #[serde(rename = "matchReason")]
    pub reason: &'static str,
}

impl SearchHit {
    /// A result.
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

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    typed: String,
    lower: String,
}

/// A property as far as a search looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchedProperty<'a> {
    /// `prp_…`
    pub id: &'a str,
    pub name: &'a str,
    /// The item.
    pub json: &'a str,
}

impl SearchTerm {
    /// Takes a text: blanks around it and the dot at the end of a host name do not count.
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

    /// The text as it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The text in lower case: what the server's key has.
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// The text as part of a key; `None` where such a key would be ambiguous.
    pub fn query(&self) -> Option<Query> {
        Query::new(&self.lower).ok()
    }

    /// Whether it can be a host name; else no host name is looked for.
    pub fn is_hostname(&self) -> bool {
        let labels = || self.lower.split('.');
        self.lower.len() <= 253
            && labels().count() > 1
            && labels().all(|label| !label.is_empty())
            && !self.lower.contains(is_foreign)
    }

    /// The glob of the host names that have the text in them; `None` where none can, and for an id.
    pub fn part_of_hostname(&self) -> Option<String> {
        let part = self.lower.len() <= 253
            && !self.lower.contains(is_foreign)
            && !self.lower.starts_with("prp_");
        part.then(|| format!("*{}*", glob::escape(&self.lower)))
    }

    /// Whether a property can have this name at all: else the API need not be asked.
    pub fn can_be_a_name(&self) -> bool {
        self.typed.len() <= LONGEST_NAME && !self.typed.contains(char::is_control)
    }

    /// The host names that may be meant, the likeliest first; each in the form that was typed, as
    /// punycode and as unicode.
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

    /// The properties whose name has the text in it, then those whose id has, each by name. A whole name
    /// or id comes first.
    pub fn among<'a>(
        &self,
        properties: &[SearchedProperty<'a>],
    ) -> Vec<(Match, SearchedProperty<'a>)> {
        let has = |text: &str| text.to_lowercase().contains(&self.lower);
        let how = |listed: &SearchedProperty| {
            let by_name = has(listed.name).then_some(Match::PropertyName);
            by_name.or_else(|| has(listed.id).then_some(Match::PropertyId))
        };
        let each = properties.iter();
        let mut found: Vec<(Match, SearchedProperty<'a>)> = each
            .filter_map(|listed| Some((how(listed)?, *listed)))
            .collect();
        let mut seen = std::collections::HashSet::new();
        found.retain(|(_, listed)| seen.insert(listed.id));
        found.sort_by_cached_key(|(how, listed)| {
            let name = listed.name.to_lowercase();
            let whole = name == self.lower || listed.id.to_lowercase() == self.lower;
            (!whole, *how, name, listed.id)
        });
        found
    }
}

/// Whether no host name has this character.
fn is_foreign(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "/:@?#%[]\\\"'<>|^,;()".contains(c)
}

/// A host name in the forms in which somebody may have written it: as given, as punycode, as unicode.
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

/// Which of the cached host names are results: all of the exact name, with and
/// without `www.`; a wildcard only where none of these is there. Of two forms of one name the first
/// counts.
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
    fn a_host_name_is_looked_for_with_and_without_www_and_under_a_wildcard() {
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
    fn an_internationalised_name_is_looked_for_in_both_forms() {
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
    fn what_is_no_host_name_is_looked_for_among_properties_only() {
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
    fn nothing_and_far_too_much_are_refused() {
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
        let listed = |id, name| SearchedProperty {
            id,
            name,
            json: "{}",
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
                .map(|(how, listed)| (how, listed.id))
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
        assert_eq!(found("prp_3"), [(Match::PropertyId, "prp_31")]);
        assert_eq!(found("nothing"), []);
    }

    #[test]
    fn a_wildcard_counts_only_where_no_name_stands() {
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
