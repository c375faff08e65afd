//! Format of an undo file: one line of JSON about its origin, then blocks of records, each with its length and a
//! digest. A truncated file is valid up to its last whole block; anything else that does not fit is refused.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Name and version of the format.
const FORMAT: &str = "alecs-cache/undo/1";

/// Length of a block's head: payload length, number of records, digest.
pub(crate) const HEAD: usize = 16;

/// Limit of the first line, in bytes.
pub(crate) const HEADER_MAX: usize = 1 << 20;

/// Limit of a block, in bytes: no more than a server accepts in one value, with some room around it.
pub(crate) const BLOCK_MAX: usize = 1 << 30;

/// Bytes of a record besides its key and its value: kind, deadline and lengths.
const BESIDE: usize = 21;

/// Origin of the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoHeader {
    format: String,
    /// Id of the undo.
    pub id: String,
    /// When the file was created (milliseconds since 1970, by the local clock).
    pub at: u64,
    /// The endpoint, without credentials.
    pub endpoint: String,
    /// The key prefix.
    pub prefix: String,
    /// Time of the marks of each customer (milliseconds since 1970, by the server's clock).
    pub marked: BTreeMap<String, u64>,
    /// The command line as typed.
    pub command: String,
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedKey {
    /// The value as the server serialized it (DUMP); empty if `value` is enough.
    pub dump: Vec<u8>,
    /// When the key expires (milliseconds since 1970, by the server's clock); `None` is never.
    pub expires: Option<u64>,
    /// The value of a string.
    pub value: Option<Vec<u8>>,
}

/// A field of a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedField {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
    /// When the hash expires (milliseconds since 1970, by the server's clock); `None` is never.
    pub expires: Option<u64>,
}

/// One thing that was removed, or made to expire early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UndoRecord {
    Key {
        /// The whole key.
        key: Vec<u8>,
        saved: SavedKey,
        /// True if the key was not removed, but made to expire early.
        early: bool,
    },
    /// A removed field of the hash at `key`. The hash itself stays, unless the field was its last one.
    Field { key: Vec<u8>, field: SavedField },
}

/// Error: the file is not an undo file, or was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a whole undo file: {0}")]
pub(crate) struct UndoFileError(pub &'static str);

impl UndoHeader {
    /// Creates a header of the current format.
    pub(crate) fn new(
        id: String,
        at: u64,
        endpoint: String,
        prefix: String,
        marked: BTreeMap<String, u64>,
        command: String,
    ) -> Self {
        Self {
            format: FORMAT.into(),
            id,
            at,
            endpoint,
            prefix,
            marked,
            command,
        }
    }

    /// Returns true if an endpoint names the servers that the records come from. With sentinels and in a cluster, one
    /// address in common shows that.
    pub(crate) fn is_from(&self, endpoint: &str) -> bool {
        let same = |(own, others): (Servers<'_>, Servers<'_>)| {
            own.name == others.name && own.nodes.iter().any(|node| others.nodes.contains(node))
        };
        self.endpoint == endpoint
            || Servers::of(&self.endpoint)
                .zip(Servers::of(endpoint))
                .is_some_and(same)
    }

    /// Returns the first line with its line end.
    pub(crate) fn line(&self) -> Vec<u8> {
        // Strings and numbers can always be written as JSON.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// Parses the first line.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, UndoFileError> {
        let header: Self = serde_json::from_slice(line)
            .map_err(|_| UndoFileError("its first line is not readable"))?;
        if header.format == FORMAT {
            Ok(header)
        } else {
            Err(UndoFileError("it has another form"))
        }
    }
}

/// Sentinels or the nodes of a cluster, as an endpoint names them.
struct Servers<'a> {
    /// The parts around their addresses: the name of the primary, and the database.
    name: (&'a str, &'a str),
    nodes: Vec<&'a str>,
}

impl<'a> Servers<'a> {
    fn of(endpoint: &'a str) -> Option<Self> {
        let (begin, list) = if endpoint.starts_with("sentinel://") {
            endpoint.rsplit_once('@')?
        } else {
            ("cluster", endpoint.strip_prefix("cluster://")?)
        };
        let (nodes, db) = list.split_once('/').unwrap_or((list, ""));
        Some(Self {
            name: (begin, db),
            nodes: nodes.split(',').collect(),
        })
    }
}

/// Encodes a block of records, head included.
pub(crate) fn block(records: &[UndoRecord]) -> Result<Vec<u8>, UndoFileError> {
    let bytes = records
        .iter()
        .map(|record| BESIDE + record.key().len() + record.bytes());
    // In one buffer of the right size: the other threads wait for a core while this one copies.
    let mut block = Vec::with_capacity(HEAD + bytes.sum::<usize>());
    block.resize(HEAD, 0);
    for record in records {
        encode(record, &mut block)?;
    }
    let payload = block.get(HEAD..).unwrap_or_default();
    if payload.len() > BLOCK_MAX {
        return Err(UndoFileError("a value is too large to be saved"));
    }
    let lengths = [size(payload.len())?, size(records.len())?].map(u32::to_le_bytes);
    let head = lengths.into_iter().flatten().chain(digest(payload));
    for (to, from) in block.iter_mut().zip(head) {
        *to = from;
    }
    Ok(block)
}

/// Parsed head of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockHead {
    /// Length of the payload that follows.
    pub length: usize,
    /// Number of records.
    pub count: usize,
    digest: [u8; 8],
}

impl BlockHead {
    /// Parses a head.
    pub(crate) fn parse(head: [u8; HEAD]) -> Result<Self, UndoFileError> {
        let mut rest = head.as_slice();
        let length = number(&mut rest)?;
        let count = number(&mut rest)?;
        let digest = rest
            .try_into()
            .map_err(|_| UndoFileError("a head is too short"))?;
        if length > BLOCK_MAX {
            return Err(UndoFileError("a block is too long"));
        }
        // Gigabytes of empty blocks in a sparse file would take minutes to read.
        if length == 0 || count == 0 {
            return Err(UndoFileError("a block holds nothing"));
        }
        Ok(Self {
            length,
            count,
            digest,
        })
    }

    /// Decodes the records of the block.
    pub(crate) fn records(&self, payload: &[u8]) -> Result<Vec<UndoRecord>, UndoFileError> {
        if payload.len() != self.length || digest(payload) != self.digest {
            return Err(UndoFileError("a block was changed"));
        }
        let mut rest = payload;
        let mut records = Vec::new();
        while !rest.is_empty() {
            records.push(decode(&mut rest)?);
        }
        if records.len() == self.count {
            Ok(records)
        } else {
            Err(UndoFileError("records are missing"))
        }
    }
}

impl UndoRecord {
    /// Returns the value of a string or a field; `None` if there is only a dump.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        match self {
            Self::Key { saved, .. } => saved.value.as_deref(),
            Self::Field { field, .. } => Some(&field.value),
        }
    }

    /// Returns the size of its value, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Key { saved, .. } => saved.dump.len() + saved.value.as_ref().map_or(0, Vec::len),
            Self::Field { field, .. } => field.value.len(),
        }
    }

    /// Returns the key of the record, or of its hash.
    pub(crate) fn key(&self) -> &[u8] {
        match self {
            Self::Key { key, .. } | Self::Field { key, .. } => key,
        }
    }
}

fn encode(record: &UndoRecord, out: &mut Vec<u8>) -> Result<(), UndoFileError> {
    match record {
        UndoRecord::Key { key, saved, early } => {
            out.push(match (saved.value.is_some(), early) {
                (false, false) => 1,
                (true, false) => 2,
                (false, true) => 4,
                (true, true) => 5,
            });
            text(key, out)?;
            out.extend(saved.expires.unwrap_or(0).to_le_bytes());
            text(&saved.dump, out)?;
            saved.value.iter().try_for_each(|value| text(value, out))
        }
        UndoRecord::Field { key, field } => {
            out.push(3);
            text(key, out)?;
            out.extend(field.expires.unwrap_or(0).to_le_bytes());
            [&field.name, &field.value]
                .into_iter()
                .try_for_each(|part| text(part, out))
        }
    }
}

fn decode(rest: &mut &[u8]) -> Result<UndoRecord, UndoFileError> {
    let (kind, behind) = rest
        .split_first()
        .ok_or(UndoFileError("a record is cut short"))?;
    *rest = behind;
    match kind {
        1 | 2 | 4 | 5 => {
            let key = part(rest)?;
            let expires = deadline(rest)?;
            let dump = part(rest)?;
            let value = if [2, 5].contains(kind) {
                Some(part(rest)?)
            } else {
                None
            };
            let saved = SavedKey {
                dump,
                expires,
                value,
            };
            let early = *kind >= 4;
            Ok(UndoRecord::Key { key, saved, early })
        }
        3 => {
            let key = part(rest)?;
            let expires = deadline(rest)?;
            let field = SavedField {
                name: part(rest)?,
                value: part(rest)?,
                expires,
            };
            Ok(UndoRecord::Field { key, field })
        }
        _ => Err(UndoFileError("a record of an unknown kind")),
    }
}

fn deadline(rest: &mut &[u8]) -> Result<Option<u64>, UndoFileError> {
    let (expires, behind) = rest
        .split_first_chunk()
        .ok_or(UndoFileError("a record is cut short"))?;
    *rest = behind;
    let expires = u64::from_le_bytes(*expires);
    Ok((expires > 0).then_some(expires))
}

fn text(part: &[u8], out: &mut Vec<u8>) -> Result<(), UndoFileError> {
    out.extend(size(part.len())?.to_le_bytes());
    out.extend(part);
    Ok(())
}

fn part(rest: &mut &[u8]) -> Result<Vec<u8>, UndoFileError> {
    let length = number(rest)?;
    let (part, behind) = rest
        .split_at_checked(length)
        .ok_or(UndoFileError("a record is cut short"))?;
    *rest = behind;
    Ok(part.to_vec())
}

fn number(rest: &mut &[u8]) -> Result<usize, UndoFileError> {
    let (number, behind) = rest
        .split_first_chunk()
        .ok_or(UndoFileError("a record is cut short"))?;
    *rest = behind;
    usize::try_from(u32::from_le_bytes(*number)).map_err(|_| UndoFileError("a length is too large"))
}

fn size(length: usize) -> Result<u32, UndoFileError> {
    u32::try_from(length).map_err(|_| UndoFileError("a value is too large to be saved"))
}

fn digest(payload: &[u8]) -> [u8; 8] {
    let whole = Sha256::digest(payload);
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(whole) {
        *to = from;
    }
    first
}

#[cfg(test)]
mod tests;
