//! What `warm:state` remembers of earlier runs: their times, and digests of the values that they wrote.

use super::state::field::{ASKED, DATE, FULL, HOSTS, ITEMS, VIEW};
use super::view::CacheView;
use crate::cache::Error;
use crate::domain::key::Id;
use crate::domain::keyword::Keyword as _;
use crate::domain::warm::HostnameView;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::{self, Write as _};

/// Short digest of a value, enough to tell a foreign value from ours.
pub(super) type Digest = u64;

#[derive(Debug, Default)]
pub(super) struct Baseline {
    pub full: u64,
    pub hosts: u64,
    pub asked: u64,
    /// In ms since 1970; `None` if no run has learned what changed.
    pub date: Option<i64>,
    pub items: HashMap<Id, Written>,
}

/// What was written of one property, and when it was fetched (ms, by the cache's clock).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub at: u64,
    pub item: Digest,
    pub hosts: Option<(u64, Digest)>,
    /// Values from calls for this property alone that change only if the property does.
    pub own: Vec<OwnValue>,
}

/// Kinds of values that take a call for one property alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnKind {
    /// Rules of a version that had been activated when they were fetched: they do not change any more.
    Rules(u32),
    Activations,
}

/// A value from a call for one property alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OwnValue {
    pub kind: OwnKind,
    /// Time of the fetch (ms, by the cache's clock).
    pub at: u64,
    pub digest: Digest,
}

impl OwnKind {
    fn read(word: &str) -> Option<Self> {
        match word {
            "A" => Some(Self::Activations),
            _ => word.strip_prefix('v')?.parse().ok().map(Self::Rules),
        }
    }
}

/// Written so that no number in lower-case hexadecimal reads as a kind.
impl fmt::Display for OwnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules(version) => write!(f, "v{version}"),
            Self::Activations => f.write_str("A"),
        }
    }
}

impl Written {
    pub(super) fn own(&self, kind: OwnKind) -> Option<OwnValue> {
        self.own.iter().find(|own| own.kind == kind).copied()
    }
}

pub(super) fn digest(value: &[u8]) -> Digest {
    let hash = Sha256::digest(value);
    u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default())
}

/// Digest of a property's host names. It differs between the two views.
pub(super) fn hosts_digest(view: HostnameView, value: &[u8]) -> Digest {
    digest(value) ^ u64::from(view == HostnameView::Version)
}

impl CacheView<'_> {
    /// Returns the view of the cached host names.
    pub(super) async fn hostname_view(&self) -> Result<HostnameView, Error> {
        let [word] = self.remembered([VIEW]).await?;
        let mut all = HostnameView::WORDS.iter();
        let found = all.find(|(_, own, _)| Some(*own) == word.as_deref());
        Ok(found.map_or_else(HostnameView::default, |(view, ..)| *view))
    }

    pub(super) async fn remember_view(&self, view: HostnameView) -> Result<(), Error> {
        self.remember([(VIEW, view.as_str())]).await
    }
}

impl Baseline {
    /// Reads the baseline. It is empty if the key holds another type.
    pub(super) async fn read(cache: &CacheView<'_>) -> Result<Self, Error> {
        let names = [FULL, HOSTS, ASKED, DATE, ITEMS];
        let [full, hosts, asked, date, items] = cache.remembered(names).await?;
        let moment = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Ok(Self {
            full: moment(full).unwrap_or_default(),
            hosts: moment(hosts).unwrap_or_default(),
            asked: moment(asked).unwrap_or_default(),
            date: date.and_then(|text| text.parse().ok()),
            items: items.unwrap_or_default().lines().filter_map(line).collect(),
        })
    }
}

pub(super) fn push(lines: &mut String, id: &str, written: &Written) {
    // Writing into a string cannot fail.
    let _ = write!(lines, "{id} {:x} {:x}", written.at, written.item);
    if let Some((at, hosts)) = written.hosts {
        let _ = write!(lines, " {at:x} {hosts:x}");
    }
    for OwnValue { kind, at, digest } in &written.own {
        let _ = write!(lines, " {kind} {at:x} {digest:x}");
    }
    lines.push('\n');
}

pub(super) fn line(line: &str) -> Option<(Id, Written)> {
    let mut words = line.split(' ').peekable();
    let id = Id::new(words.next()?).ok()?;
    let number = |word: Option<&str>| u64::from_str_radix(word?, 16).ok();
    let (at, item) = (number(words.next())?, number(words.next())?);
    let hosts = match words.peek() {
        Some(word) if OwnKind::read(word).is_none() => {
            number(words.next()).zip(number(words.next()))
        }
        _ => None,
    };
    let mut own = Vec::new();
    while let Some(kind) = words.next() {
        own.push(OwnValue {
            kind: OwnKind::read(kind)?,
            at: number(words.next())?,
            digest: number(words.next())?,
        });
    }
    let written = Written {
        at,
        item,
        hosts,
        own,
    };
    Some((id, written))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The cache keeps it.
    #[test]
    fn the_digest_of_a_value_never_changes() {
        assert_eq!(digest(b"{}"), 0x4413_6fa3_55b3_678a);
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let mut lines = String::new();
        let short = Written {
            at: 1_700_000_000_000,
            item: digest(b"{}"),
            hosts: None,
            own: Vec::new(),
        };
        let own = |kind| OwnValue {
            kind,
            at: 8,
            digest: digest(b"[]"),
        };
        let kinds = [OwnKind::Rules(12), OwnKind::Activations];
        let rules = Written {
            own: kinds.map(own).into(),
            ..short.clone()
        };
        let long = Written {
            hosts: Some((7, hosts_digest(HostnameView::Version, b"[]"))),
            ..rules.clone()
        };
        push(&mut lines, "prp_1", &short);
        push(&mut lines, "prp_2", &long);
        push(&mut lines, "prp_3", &rules);
        let read: HashMap<Id, Written> = lines.lines().filter_map(line).collect();
        assert_eq!(read.get("prp_1"), Some(&short));
        assert_eq!(read.get("prp_2"), Some(&long));
        assert_eq!(read.get("prp_3"), Some(&rules));
        assert_eq!(line("prp_1 xyz"), None);
        assert_ne!(
            hosts_digest(HostnameView::Version, b"[]"),
            hosts_digest(HostnameView::Active, b"[]")
        );
    }
}
