//! The parts of a key. Each type refuses text that would extend into another part.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// First-level words of the scheme itself, which cannot be a customer's name.
const RESERVED: [&str; 1] = ["stats"];

/// Longest customer name, in bytes.
const CUSTOMER_MAX: usize = 64;

/// Longest identifier or host name, in bytes.
const ID_MAX: usize = 255;

/// Why a text cannot be a part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    #[error(
        "`{0}` cannot be a customer's name: it takes 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit"
    )]
    Customer(String),
    /// A first-level word of the scheme itself.
    #[error("`{0}` cannot be a customer's name: the key scheme uses this word itself")]
    Reserved(String),
    /// Empty, too long, with a colon or a control character, or the word `lock`.
    #[error("`{0}` cannot be an identifier in a key")]
    Id(String),
    /// Without a dot, or not an [`Id`].
    #[error("`{0}` cannot be a host name in a key")]
    Fqdn(String),
    /// Empty, or ambiguous with a lock.
    #[error("`{0}` cannot be a search text in a key")]
    Query(String),
    #[error("`{0}` cannot name a property in a key")]
    Typed(String),
    /// Empty, `all`, or ambiguous with a lock.
    #[error("`{0}` cannot be a search term of groups in a key")]
    Term(String),
    /// Empty, or with glob characters, blanks or control characters.
    #[error(
        "`{0}` cannot be the key prefix: expected a non-empty prefix without glob characters, blanks or control characters"
    )]
    Prefix(String),
}

/// Gives parts of a key their text, by which sets of them are searched as well.
macro_rules! texts {
    ($($part:ident)*) => {$(
        impl $part {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $part {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $part {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

texts! { Customer Id Fqdn Query TypedProperty GroupTerm }

/// A customer's name: a section of `.edgerc` and the second word of every key. It cannot reach into another
/// customer's keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Customer(String);

impl Customer {
    /// Checks a name.
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
}

impl Default for Customer {
    fn default() -> Self {
        Self("default".into())
    }
}

/// Identifier of a property, contract, group or any other item of the API.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Arc<str>);

impl Id {
    /// Checks that an identifier stays within its place in a key: no colon, no control character, not `lock`, at most
    /// 255 bytes.
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
}

impl Deref for Id {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A host name in lower case. It contains a dot, which distinguishes it from `hostname:map`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fqdn(Arc<str>);

impl Fqdn {
    /// Checks a host name; the case does not matter.
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
        let lower = if name.bytes().all(is_lower) {
            Cow::Borrowed(name)
        } else {
            name.to_lowercase().into()
        };
        match Id::new(&lower) {
            Ok(Id(id)) if id.contains('.') => Ok(Self(id)),
            _ => Err(KeyError::Fqdn(name.into())),
        }
    }

    /// Returns a name with non-ASCII characters in its other form, punycode.
    pub(crate) fn in_ascii(&self) -> Option<Self> {
        let foreign = !self.as_str().is_ascii();
        let ascii = foreign.then(|| url::quirks::domain_to_ascii(self.as_str()))?;
        Self::new(&ascii).ok()
    }
}

/// A search text in lower case; free text, which may contain colons.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query(String);

impl Query {
    /// Checks a search text in any case. Text that would be ambiguous with a lock is refused.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let lower = text.to_lowercase();
        if lower.is_empty() || lower == "lock" || lower.ends_with(":lock") {
            return Err(KeyError::Query(text.into()));
        }
        Ok(Self(lower))
    }
}

/// What the server's client typed to name a property: an id, a bare number, or a property name in any case. The
/// server puts it into `property:X:details` unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypedProperty(String);

impl TypedProperty {
    /// Takes any text except an empty one.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Err(KeyError::Typed(text.into()));
        }
        Ok(Self(text.into()))
    }

    /// Returns the property id, if the text is an id or its bare number; blanks around it are ignored, as the server
    /// does. `None` if the text is a name.
    pub fn id(&self) -> Option<Id> {
        let text = self.0.trim();
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if number(text) {
            return Id::new(&format!("prp_{text}")).ok();
        }
        let rest = text.strip_prefix("prp_")?;
        (!rest.is_empty()).then(|| Id::new(text).ok()).flatten()
    }

    /// Returns the text as names are compared: in lower case, without blanks around it.
    pub fn name(&self) -> String {
        self.0.trim().to_lowercase()
    }
}

impl From<&Id> for TypedProperty {
    fn from(id: &Id) -> Self {
        Self(id.as_str().into())
    }
}

/// The term of the server's `groups:TERM`, as its client typed it; free text, which may contain colons.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupTerm(String);

impl GroupTerm {
    /// Checks a term. `all` is the list of all groups; text that would be ambiguous with a lock is refused.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let refused = text.is_empty() || ["all", "lock"].contains(&text);
        if refused || text.ends_with(":lock") {
            return Err(KeyError::Term(text.into()));
        }
        Ok(Self(text.into()))
    }
}
