//! Arguments of an invalidation. Each has exactly one meaning or is refused; nothing is guessed. Glob characters in
//! an id, a host name or a key are literal.

use crate::domain::glob;
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::selector::{Selector, SelectorError};

/// One thing to invalidate, for every customer or for the one that the argument names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `prp_…`: a property with its subresources.
    Property(Id),
    /// `ctr_…`: a contract.
    Contract(Id),
    Host(Fqdn),
    /// One key: its customer, or `None` for each of the customers, and the part after the customer.
    Key(Option<Customer>, String),
    /// The counts of one day, which belong to all customers: the whole key.
    History(String),
}

/// A glob over keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Relative to the customer that a whole pattern spells out, or with `None` to each of the customers.
    Of(Option<Customer>, String),
    /// A whole pattern over the counts of all customers, which are removed only if they are named.
    History(String),
}

/// Properties selected by the fields of their cached items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    /// `property:PRP`.
    Property(Id),
    /// `group:GRP`.
    Group(String),
    /// `contract:CTR`.
    Contract(String),
    /// `name:GLOB`, over the property's name.
    Name(String),
}

/// Customers whose keys may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CustomerScope<'a> {
    /// The named customers.
    Named(&'a [Customer]),
    /// All customers, requested explicitly.
    All,
}

impl CustomerScope<'_> {
    fn covers(self, customer: &Customer) -> bool {
        match self {
            Self::Named(customers) => customers.contains(customer),
            Self::All => true,
        }
    }
}

/// Why an argument, a pattern or a tag is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// It names nothing.
    #[error(transparent)]
    Unnamed(#[from] SelectorError),
    /// It belongs to another customer.
    #[error("`{word}` belongs to `{customer}`, which was not named")]
    Customer {
        /// The argument as typed.
        word: String,
        /// The customer that it belongs to.
        customer: String,
    },
    /// It has escapes as reports print them, so that another key may be meant.
    #[error("`{word}` has escapes, as reports print other bytes, and may be another key")]
    Escaped {
        /// The argument as typed.
        word: String,
        /// The pattern that matches what is printed so.
        printed: String,
        /// The pattern that matches the argument literally.
        literal: String,
    },
    /// It is a lock.
    #[error("`{0}` is a lock, which expires by itself; `locks clear --stale` removes stuck ones")]
    Lock(String),
    /// It is the set of marks of earlier invalidations.
    #[error(
        "`{0}` keeps what was invalidated from coming back: it expires an hour after the last mark, and \
         invalidating any id replaces one that cannot be read or never expires"
    )]
    Marks(String),
    /// It is the counts of all customers.
    #[error("`{0}` is the history of all customers: only `--all-customers` removes it")]
    History(String),
    /// It is not a pattern over keys of the named customers.
    #[error(
        "invalid value '{0}' for --pattern: expected a glob such as property:prp_1*, without wildcards in the customer"
    )]
    Pattern(String),
    /// It is not a tag.
    #[error(
        "invalid value '{0}' for --tag: expected property:ID, group:ID, contract:ID or name:GLOB"
    )]
    Tag(String),
}

impl Target {
    /// Parses an argument: a property or contract id, a host name, or a key of a customer in reach.
    pub(crate) fn parse(
        word: &str,
        scheme: &Scheme,
        reach: CustomerScope<'_>,
    ) -> Result<Self, Refused> {
        let (customer, rest) = match Selector::parse(word, scheme)? {
            Selector::Property(id) => return Ok(Self::Property(id)),
            Selector::Contract(id) => return Ok(Self::Contract(id)),
            Selector::Host(name) => return Ok(Self::Host(name)),
            Selector::History(key) => {
                return match reach {
                    CustomerScope::All => Ok(Self::History(key)),
                    CustomerScope::Named(_) => Err(Refused::History(word.into())),
                };
            }
            Selector::Entry(entry) => (None, entry.to_string()),
            Selector::Key(customer, rest) => (Some(customer), rest),
        };
        if let Some(customer) = customer.as_ref().filter(|customer| !reach.covers(customer)) {
            return Err(Refused::Customer {
                word: word.into(),
                customer: customer.to_string(),
            });
        }
        if is_lock(rest.as_bytes()) {
            return Err(Refused::Lock(word.into()));
        }
        if rest == Entry::Invalidated.to_string() {
            return Err(Refused::Marks(word.into()));
        }
        if let Some(printed) = glob::of_printed(&rest) {
            let whose = customer.map_or_else(String::new, |name| scheme.of_customer(&name));
            return Err(Refused::Escaped {
                word: word.into(),
                printed: format!("{whose}{printed}"),
                literal: format!("{whose}{}", glob::escape(&rest)),
            });
        }
        Ok(Self::Key(customer, rest))
    }
}

impl Pattern {
    /// Parses a pattern, relative to the customers or whole with its customer spelled out.
    pub(crate) fn parse(
        text: &str,
        scheme: &Scheme,
        reach: CustomerScope<'_>,
    ) -> Result<Self, Refused> {
        let refused = || Refused::Pattern(text.into());
        let (whole, rest) = match text.strip_prefix(scheme.prefix()) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest.is_empty() {
            return Err(refused());
        }
        if rest.starts_with("stats:") {
            return match reach {
                CustomerScope::All => Ok(Self::History(format!(
                    "{}{rest}",
                    glob::escape(scheme.prefix())
                ))),
                CustomerScope::Named(_) => Err(Refused::History(text.into())),
            };
        }
        if !whole {
            return Ok(Self::Of(None, rest.into()));
        }
        let (name, pattern) = rest.split_once(':').ok_or_else(refused)?;
        let customer = Customer::new(name).map_err(|_| refused())?;
        if pattern.is_empty() {
            return Err(refused());
        }
        if !reach.covers(&customer) {
            return Err(Refused::Customer {
                word: text.into(),
                customer: customer.to_string(),
            });
        }
        Ok(Self::Of(Some(customer), pattern.into()))
    }
}

impl Tag {
    /// Parses `KIND:VALUE`.
    pub(crate) fn parse(text: &str) -> Result<Self, Refused> {
        let refused = || Refused::Tag(text.into());
        let (kind, value) = text.split_once(':').ok_or_else(refused)?;
        if value.is_empty() {
            return Err(refused());
        }
        Ok(match kind {
            "property" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(SelectorError::Number(value.into()).into());
            }
            "property" => Self::Property(Id::new(value).map_err(|_| refused())?),
            "group" => Self::Group(value.into()),
            "contract" => Self::Contract(value.into()),
            "name" => Self::Name(value.into()),
            _ => return Err(refused()),
        })
    }

    /// Returns true if a property with these fields has the tag.
    pub(crate) fn is_on(&self, id: &str, name: &str, contract: &str, group: &str) -> bool {
        match self {
            Self::Property(tag) => tag.as_str() == id,
            Self::Group(tag) => is_same(tag, group, "grp_"),
            Self::Contract(tag) => is_same(tag, contract, "ctr_"),
            Self::Name(pattern) => glob::matches(pattern.as_bytes(), name.as_bytes()),
        }
    }
}

/// Returns true if both are the same id, with or without its prefix.
fn is_same(one: &str, other: &str, prefix: &str) -> bool {
    let number = |id: &str| id.strip_prefix(prefix).unwrap_or(id).to_owned();
    number(one) == number(other)
}

/// Returns true if the part after the customer is a lock.
pub(crate) fn is_lock(rest: &[u8]) -> bool {
    rest.ends_with(b":lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> Customer {
        Customer::new("acme").unwrap()
    }

    fn target(word: &str) -> Result<Target, Refused> {
        Target::parse(word, &Scheme::default(), CustomerScope::Named(&[acme()]))
    }

    fn pattern(text: &str) -> Result<Pattern, Refused> {
        Pattern::parse(text, &Scheme::default(), CustomerScope::Named(&[acme()]))
    }

    #[test]
    fn an_argument_has_one_meaning() {
        let id = |text| Id::new(text).unwrap();
        let host = |text| Target::Host(Fqdn::new(text).unwrap());
        let key = |rest: &str| Target::Key(Some(acme()), rest.into());
        let relative = |rest: &str| Target::Key(None, rest.into());
        for (word, expected) in [
            ("prp_1", Target::Property(id("prp_1"))),
            ("prp_*", Target::Property(id("prp_*"))),
            ("prp_[1]?^\\", Target::Property(id("prp_[1]?^\\"))),
            ("ctr_C-1", Target::Contract(id("ctr_C-1"))),
            ("WWW.Example.com.", host("www.example.com")),
            ("*.example.com", host("*.example.com")),
            ("ab[c].example.com", host("ab[c].example.com")),
            ("property:prp_1", relative("property:prp_1")),
            ("groups:Main", relative("groups:Main")),
            ("property:x:details", relative("property:x:details")),
            ("prp_1:hostnames", relative("property:prp_1:hostnames")),
            ("acme:property:prp_1", key("property:prp_1")),
            ("acme:search:a: [b]*", key("search:a: [b]*")),
            (
                "akamai:acme:property:prp_1:hostnames",
                key("property:prp_1:hostnames"),
            ),
            ("akamai:acme:unheard:of", key("unheard:of")),
            ("akamai:acme:*", key("*")),
        ] {
            assert_eq!(target(word), Ok(expected), "{word}");
        }
    }

    #[test]
    fn an_argument_without_a_meaning_is_refused() {
        let refused = Refused::Unnamed(SelectorError::Word("nonsense".into()));
        assert_eq!(target("nonsense"), Err(refused));
        for word in ["akamai:acme2:property:prp_1", "acme.eu:property:prp_1"] {
            assert!(
                matches!(target(word), Err(Refused::Customer { .. })),
                "{word}"
            );
        }
        for word in [
            "akamai:acme:property:prp_1:lock",
            "acme:warm:lock",
            "warm:lock",
        ] {
            assert_eq!(target(word), Err(Refused::Lock(word.into())), "{word}");
        }
        for word in ["akamai:acme:invalidated", "invalidated"] {
            assert_eq!(target(word), Err(Refused::Marks(word.into())), "{word}");
        }
    }

    #[test]
    fn a_key_with_escapes_may_be_another_key_and_is_refused() {
        for (word, printed, literal) in [
            (r"search:caf\xe9*", r"search:caf?\*", r"search:caf\\xe9\*"),
            (
                r"acme:search:a\nb",
                "akamai:acme:search:a?b",
                r"akamai:acme:search:a\\nb",
            ),
        ] {
            let refused = Refused::Escaped {
                word: word.into(),
                printed: printed.into(),
                literal: literal.into(),
            };
            assert_eq!(target(word), Err(refused));
            assert!(pattern(printed).is_ok() && pattern(literal).is_ok());
        }
        let literal = Target::Key(None, r"search:c:\dir".into());
        assert_eq!(target(r"search:c:\dir"), Ok(literal));
    }

    #[test]
    fn history_is_removed_only_with_all_customers() {
        let word = "stats:2026-01-02:hits";
        assert_eq!(target(word), Err(Refused::History(word.into())));
        let scheme = Scheme::default();
        let whole = format!("akamai:{word}");
        assert_eq!(
            Target::parse(word, &scheme, CustomerScope::All),
            Ok(Target::History(whole))
        );
        assert_eq!(pattern("stats:*"), Err(Refused::History("stats:*".into())));
        let all = Pattern::parse("stats:*", &scheme, CustomerScope::All);
        assert_eq!(all, Ok(Pattern::History("akamai:stats:*".into())));
    }

    #[test]
    fn a_pattern_is_relative_or_spells_out_its_customer() {
        assert_eq!(
            pattern("property:*"),
            Ok(Pattern::Of(None, "property:*".into()))
        );
        assert_eq!(
            pattern("akamai:acme:p?*"),
            Ok(Pattern::Of(Some(acme()), "p?*".into()))
        );
        for text in [
            "",
            "akamai:",
            "akamai:*",
            "akamai:a*:x",
            "akamai:acme:",
            "akamai:acme",
        ] {
            assert_eq!(pattern(text), Err(Refused::Pattern(text.into())), "{text}");
        }
        assert!(matches!(
            pattern("akamai:acme2:*"),
            Err(Refused::Customer { .. })
        ));
    }

    #[test]
    fn a_tag_has_a_kind_and_a_value() {
        let on = |tag: &str| {
            Tag::parse(tag)
                .unwrap()
                .is_on("prp_1", "www [eu]", "ctr_1", "grp_1")
        };
        for tag in [
            "property:prp_1",
            "group:grp_1",
            "contract:ctr_1",
            "group:1",
            "contract:1",
            "name:www*",
            "name:www \\[eu\\]",
        ] {
            assert!(on(tag), "{tag}");
        }
        for tag in [
            "property:prp_12",
            "group:grp_12",
            "group:ctr_1",
            "contract:*",
            "name:WWW*",
        ] {
            assert!(!on(tag), "{tag}");
        }
        for tag in ["", "group", "group:", "colour:red", "property:a:b"] {
            assert_eq!(Tag::parse(tag), Err(Refused::Tag(tag.into())), "{tag}");
        }
        let number = SelectorError::Number("1".into());
        assert_eq!(Tag::parse("property:1"), Err(number.into()));
    }
}
