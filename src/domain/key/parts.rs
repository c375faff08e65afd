//! The parts of a key. Each refuses what would reach into another part.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// First-level words of our own, in the place of a customer's name.
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
    /// Empty.
    #[error("`{0}` cannot name a property in a key")]
    Typed(String),
    /// Empty, `all`, or it would read as a lock.
    #[error("`{0}` cannot be a search term of groups in a key")]
    Term(String),
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
pub struct Id(Arc<str>);

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
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Id {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// It is found in sets by its text.
impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
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
pub struct Fqdn(Arc<str>);

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
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// It is found in sets by its text.
impl Borrow<str> for Fqdn {
    fn borrow(&self) -> &str {
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
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the server's client typed to name a property: an id, a bare number, or a property name in any
/// case. The server puts it into `property:X:details` as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Typed(String);

impl Typed {
    /// Takes any text but an empty one.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Err(KeyError::Typed(text.into()));
        }
        Ok(Self(text.into()))
    }

    /// The text as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The property, where the text is an id or its number alone; blanks around it do not count, as they
    /// do not for the server. `None`: it is a name.
    pub fn id(&self) -> Option<Id> {
        let text = self.0.trim();
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if number(text) {
            return Id::new(&format!("prp_{text}")).ok();
        }
        let rest = text.strip_prefix("prp_")?;
        (!rest.is_empty()).then(|| Id::new(text).ok()).flatten()
    }

    /// The text as names are compared: in lower case, without blanks around it.
    pub fn name(&self) -> String {
        self.0.trim().to_lowercase()
    }
}

impl From<&Id> for Typed {
    fn from(id: &Id) -> Self {
        Self(id.as_str().into())
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The term of the server's `groups:TERM`, as its client typed it; free text, colons and all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term(String);

impl Term {
    /// Takes a search term. `all` is the list of all groups; one that would read as a lock is refused.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let refused = text.is_empty() || ["all", "lock"].contains(&text);
        if refused || text.ends_with(":lock") {
            return Err(KeyError::Term(text.into()));
        }
        Ok(Self(text.into()))
    }

    /// The term.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
