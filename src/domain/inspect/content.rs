//! The value of a key, by its type in Valkey.

/// A name and a value.
pub(crate) type NameValue = (Vec<u8>, Vec<u8>);

/// The value of a key, or the first members of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Bytes as they stand.
    Text(Vec<u8>),
    /// Items in their order.
    List(Vec<Vec<u8>>),
    /// Members as the server gives them.
    Set(Vec<Vec<u8>>),
    /// Fields and values, as the server gives them.
    Hash(Vec<NameValue>),
    /// Members and scores, the lowest first.
    Sorted(Vec<(Vec<u8>, f64)>),
    /// Ids of entries and their fields, the newest first.
    Stream(Vec<(String, Vec<NameValue>)>),
    /// A type that we do not read.
    Other,
}

impl Content {
    /// How many members there are here, and what one of them is called; `None` for what has none.
    pub(crate) fn members(&self) -> Option<(usize, &'static str)> {
        Some(match self {
            Self::Text(_) | Self::Other => return None,
            Self::List(items) => (items.len(), "item"),
            Self::Set(members) => (members.len(), "member"),
            Self::Hash(fields) => (fields.len(), "field"),
            Self::Sorted(members) => (members.len(), "member"),
            Self::Stream(entries) => (entries.len(), "entry"),
        })
    }
}
