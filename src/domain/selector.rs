//! Selectors: what an operator types to name one thing, an id, a host name, or a key as reports print it. A word has
//! exactly one meaning or is refused, whatever is cached.

use crate::domain::key::{Customer, Entry, Fqdn, Id, Key, Query, Scheme};

/// One named thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    /// `prp_…`.
    Property(Id),
    /// `ctr_…`.
    Contract(Id),
    /// A host name.
    Host(Fqdn),
    /// A key relative to the customer: `property:prp_1:hostnames`, or `prp_1:hostnames` for short.
    Entry(Entry),
    /// A key that names its customer, and its part after the customer. The key is whole, or without the prefix as
    /// hit-rate prints it; only a whole key may be outside the scheme.
    Key(Customer, String),
    /// The counts of one day for all customers: the whole key.
    History(String),
}

/// Why a word names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelectorError {
    /// It has none of the forms.
    #[error("`{0}` is neither an id, a host name nor a key")]
    Word(String),
    /// Several ids in one word: as a single id it would match nothing and look successful.
    #[error("`{0}` looks like a list")]
    List(String),
    /// Blanks in an id or a host name: several words instead of one.
    #[error("`{0}` has a blank in it: an id or a host name has none")]
    Blank(String),
    /// The id of a group, which no key has.
    #[error("`{0}` is a group: its properties are named by `--tag group:{0}`")]
    Group(String),
    #[error("`{0}` is a number: did you mean `prp_{0}`?")]
    Number(String),
}

impl Selector {
    /// Parses a word.
    pub(crate) fn parse(word: &str, scheme: &Scheme) -> Result<Self, SelectorError> {
        let unknown = || SelectorError::Word(word.into());
        if word.starts_with(scheme.prefix()) {
            return whole_key(word, scheme).ok_or_else(unknown);
        }
        if word.contains(':') {
            return relative(word, scheme).ok_or_else(unknown);
        }
        if word.contains(',') {
            return Err(SelectorError::List(word.into()));
        }
        if word.contains(char::is_whitespace) {
            return Err(SelectorError::Blank(word.into()));
        }
        if let Some(name) = host(word) {
            return Ok(Self::Host(name));
        }
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SelectorError::Number(word.into()));
        }
        if let Some(id) = id(word, "prp_") {
            return Ok(Self::Property(id));
        }
        if let Some(id) = id(word, "ctr_") {
            return Ok(Self::Contract(id));
        }
        if id(word, "grp_").is_some() {
            return Err(SelectorError::Group(word.into()));
        }
        // `hostnames`, `searches` and other keys of one word.
        let entry = Scheme::parse_entry(word).map(Self::Entry);
        entry.ok_or_else(unknown)
    }

    /// Returns the key that it names: its own customer's, or else that of `customer`.
    pub(crate) fn key(&self, scheme: &Scheme, customer: &Customer) -> String {
        match self {
            Self::Property(id) => scheme.key(customer, &Entry::Property(id.clone())),
            Self::Contract(id) => scheme.key(customer, &Entry::Contract(id.clone())),
            Self::Host(name) => scheme.key(customer, &Entry::Hostname(name.clone())),
            Self::Entry(entry) => scheme.key(customer, entry),
            Self::Key(customer, rest) => format!("{}{rest}", scheme.of_customer(customer)),
            Self::History(key) => key.clone(),
        }
    }
}

fn whole_key(key: &str, scheme: &Scheme) -> Option<Selector> {
    if let Some(Key::Stats(..)) = scheme.parse(key.as_bytes()) {
        return Some(Selector::History(key.into()));
    }
    let (customer, rest) = scheme.split(key.as_bytes())?;
    let rest = std::str::from_utf8(rest).ok()?;
    (!rest.is_empty()).then(|| Selector::Key(customer, rest.into()))
}

/// Parses a key without the prefix, which must be in the scheme: relative to the customer, or with its customer. The
/// case of searches and host names does not matter.
fn relative(word: &str, scheme: &Scheme) -> Option<Selector> {
    let of_property = || {
        let short = word
            .starts_with("prp_")
            .then(|| format!("property:{word}"))?;
        Scheme::parse_entry(&short)
    };
    let as_meant = match word.split_once(':')? {
        ("search", query) => Query::new(query).ok().map(Entry::Search),
        ("hostname", name) => host(name).map(Entry::Hostname),
        _ => None,
    };
    let entry = || Scheme::parse_entry(word).or_else(of_property);
    if let Some(entry) = as_meant.or_else(entry) {
        return Some(Selector::Entry(entry));
    }
    let key = format!("{}{word}", scheme.prefix());
    scheme.parse(key.as_bytes())?;
    whole_key(&key, scheme)
}

/// Parses a host name; DNS writes absolute names with a trailing dot.
fn host(word: &str) -> Option<Fqdn> {
    Fqdn::new(word.strip_suffix('.').unwrap_or(word)).ok()
}

fn id(word: &str, prefix: &str) -> Option<Id> {
    let rest = word.strip_prefix(prefix)?;
    (!rest.is_empty()).then(|| Id::new(word).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(word: &str) -> Result<Selector, SelectorError> {
        Selector::parse(word, &Scheme::default())
    }

    fn key(word: &str) -> String {
        let acme = Customer::new("acme").unwrap();
        parse(word).unwrap().key(&Scheme::default(), &acme)
    }

    #[test]
    fn a_word_names_one_key() {
        for (word, expected) in [
            ("prp_1", "akamai:acme:property:prp_1"),
            ("prp_*", "akamai:acme:property:prp_*"),
            ("ctr_C-1", "akamai:acme:contract:ctr_C-1"),
            ("WWW.Example.com.", "akamai:acme:hostname:www.example.com"),
            ("prp_1:hostnames", "akamai:acme:property:prp_1:hostnames"),
            ("prp_1:rules:v5", "akamai:acme:property:prp_1:rules:v5"),
            (
                "property:WWW.x:details",
                "akamai:acme:property:WWW.x:details",
            ),
            ("groups:Main", "akamai:acme:groups:Main"),
            ("groups:all", "akamai:acme:groups:all"),
            ("account:groups", "akamai:acme:account:groups"),
            ("hostnames", "akamai:acme:hostnames"),
            (
                "hostname:WWW.Example.com",
                "akamai:acme:hostname:www.example.com",
            ),
            (
                "hostname:www.example.com.",
                "akamai:acme:hostname:www.example.com",
            ),
            ("hostname:map", "akamai:acme:hostname:map"),
            ("search:WWW: b\n", "akamai:acme:search:www: b\n"),
            ("properties:all:all:50", "akamai:acme:properties:all:all:50"),
            ("beta:property:prp_1", "akamai:beta:property:prp_1"),
            ("beta:groups:Main", "akamai:beta:groups:Main"),
            ("akamai:beta:unheard:of", "akamai:beta:unheard:of"),
            ("stats:2026-01-02:hits", "akamai:stats:2026-01-02:hits"),
        ] {
            assert_eq!(key(word), expected, "{word}");
        }
    }

    #[test]
    fn a_word_of_no_form_is_refused_with_the_reason() {
        for word in [
            "",
            "nonsense",
            "prp_",
            "PRP_1",
            "session:1",
            "a:b.c",
            "akamai:acme",
            "akamai:acme:",
            "akamai:",
            "akamai:a*:property:prp_1",
            "acme:unheard:of",
            "*",
            "akamai:stats:x",
        ] {
            assert_eq!(parse(word), Err(SelectorError::Word(word.into())), "{word}");
        }
        assert_eq!(parse("123"), Err(SelectorError::Number("123".into())));
        assert_eq!(parse("grp_1"), Err(SelectorError::Group("grp_1".into())));
        assert_eq!(
            parse("prp_1,prp_2"),
            Err(SelectorError::List("prp_1,prp_2".into()))
        );
        for word in ["prp_1 2", "prp_1 prp_2", "www.example.com b", "ctr_\u{a0}1"] {
            assert_eq!(
                parse(word),
                Err(SelectorError::Blank(word.into())),
                "{word}"
            );
        }
    }
}
