//! Paged lists of hostnames. Nothing that a page says about other pages is trusted.

use super::Error;
use super::call::{Call, HostnameFilter, PAGE, PropertyRef};
use super::envelope::{Body, Items, List, ListKind, each};
use super::origin::Source;
use crate::domain::papi::{ActiveHostname, ItemError};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// Page limit; no account has as many.
const MAX_PAGES: usize = 10_000;

/// One page of a list of hostnames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostnamePage {
    /// Rows as received. A hostname may have one row for each network.
    pub items: Vec<ActiveHostname>,
    /// Errors of the rows that could not be parsed.
    pub item_errors: Vec<ItemError>,
    /// Total rows of the list, by this page.
    pub total: Option<u64>,
    /// True if the page links to a next one.
    pub more: bool,
    /// Offset in that link. Nothing else of the link is used.
    pub next: Option<u64>,
}

pub(super) fn page(
    body: Body<'_>,
    parse: impl Fn(&str) -> Result<ActiveHostname, ItemError>,
) -> Result<HostnamePage, ItemError> {
    let List {
        items,
        total_items,
        next_link,
    } = body.list(ListKind::Hostnames)?;
    let Items { read, item_errors } = each(items.unwrap_or_default(), parse)?;
    let link = next_link.as_ref().and_then(serde_json::Value::as_str);
    let link = link.filter(|link| !link.trim().is_empty());
    Ok(HostnamePage {
        items: read,
        item_errors,
        total: total_items.and_then(|total| match total {
            serde_json::Value::String(digits) => digits.parse().ok(),
            number => number.as_u64(),
        }),
        more: link.is_some(),
        next: link.and_then(offset),
    })
}

fn offset(link: &str) -> Option<u64> {
    let (_, query) = link.split_once('?')?;
    let mut pairs = query.split('&');
    pairs.find_map(|pair| pair.strip_prefix("offset=")?.parse().ok())
}

/// The list to read.
pub(super) enum HostnameList {
    Account(HostnameFilter),
    Bucket(PropertyRef),
}

/// Reads a list of hostnames to its end, returning each hostname of a property once. If a hostname has a row for each
/// network, the first row waits for the second, at most until the end of the list.
///
/// An inconsistent list (an empty page or repeated rows before the end, fewer rows than announced) ends with
/// [`Error::Malformed`] after everything that it returned. Such a list is incomplete: a hostname missing from it may
/// still be active.
pub struct Pages<'a> {
    source: &'a Source,
    walk: HostnameList,
    next: Option<u64>,
    problem: Option<String>,
    asked: HashSet<u64>,
    rows: PageRows,
    item_errors: Vec<ItemError>,
    total: Option<u64>,
}

/// State of the rows received so far. Hostnames are kept as hashes: an account has many.
#[derive(Default)]
struct PageRows {
    hasher: RandomState,
    /// The rows that each hostname of a property has had.
    seen: HashMap<u64, SeenRows>,
    /// Rows received, including unreadable and excluding repeated ones.
    count: u64,
    /// Rows about a single network, by hostname.
    halves: HashMap<u64, ActiveHostname>,
    /// Some rows were repeated.
    repeated: bool,
}

/// The rows that one hostname has had.
#[derive(Default)]
struct SeenRows {
    /// By the networks of the row: neither, staging, production, both.
    networks: [bool; 4],
    /// The hostname was returned.
    given: bool,
}

impl<'a> Pages<'a> {
    pub(super) fn new(source: &'a Source, walk: HostnameList) -> Self {
        Self {
            source,
            walk,
            next: Some(0),
            problem: None,
            asked: HashSet::new(),
            rows: PageRows::default(),
            item_errors: Vec::new(),
            total: None,
        }
    }

    /// Total rows: the largest total of any page.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// True after the last page.
    pub fn is_at_end(&self) -> bool {
        self.next.is_none()
    }

    /// Returns and clears the errors of unparsable rows.
    pub fn take_item_errors(&mut self) -> Vec<ItemError> {
        std::mem::take(&mut self.item_errors)
    }

    /// Returns the hostnames of the next page; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Vec<ActiveHostname>, Error>> {
        let Some(offset) = self.next.take() else {
            let detail = self.problem.take()?;
            let last = self.asked.iter().max().copied().unwrap_or(0);
            return Some(Err(Error::Malformed {
                call: self.call(last).to_string(),
                detail,
            }));
        };
        self.asked.insert(offset);
        let answer = match &self.walk {
            HostnameList::Account(only) => {
                let only = only.clone();
                self.source.hostname_page_of(only, offset, PAGE).await
            }
            HostnameList::Bucket(property) => {
                self.source
                    .bucket_hostname_page(property, offset, PAGE)
                    .await
            }
        };
        let page = match answer {
            Ok(answer) => answer.value,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(self.take(offset, page)))
    }

    fn take(&mut self, offset: u64, page: HostnamePage) -> Vec<ActiveHostname> {
        let unreadable = page.item_errors.len() as u64;
        let received = page.items.len() as u64 + unreadable;
        self.item_errors.extend(page.item_errors);
        self.rows.count += unreadable;
        let before = self.rows.count;
        let mut hostnames = self.rows.take(page.items);
        let new = self.rows.count > before || unreadable > 0;
        // The list may shrink while it is read and then lose rows before this page, so keep the largest total.
        self.total = self.total.max(page.total);
        let beyond = offset.saturating_add(received);
        match self.goes_on(received, new, page.more) {
            Err(problem) => self.problem = Some(problem),
            Ok(true) => match self.follow(page.next.unwrap_or(beyond)) {
                Ok(next) => self.next = Some(next),
                Err(problem) => self.problem = Some(problem),
            },
            Ok(false) if self.rows.repeated => {
                self.problem = Some(format!(
                    "some rows are repeated, with {} rows given",
                    self.rows.count
                ));
            }
            Ok(false) => {}
        }
        if self.next.is_none() {
            hostnames.extend(self.rows.rest());
        }
        hostnames
    }

    /// Reports whether another page follows. A link to a next page decides, whatever the total is. Without a link the
    /// total decides, or the page being full even though it exceeds the total.
    fn goes_on(&self, received: u64, new: bool, more: bool) -> Result<bool, String> {
        let rows = self.rows.count;
        let promised = match self.total {
            Some(total) if rows < total => true,
            Some(total) if rows == total => false,
            _ => received >= PAGE,
        };
        match self.total {
            _ if !(more || promised) => Ok(false),
            Some(total) if received == 0 => Err(format!(
                "the page is empty, with {rows} of {total} rows given"
            )),
            None if received == 0 => Err(format!("the page is empty, with {rows} rows given")),
            _ if !new => Err(format!("the page repeats others, with {rows} rows given")),
            _ => Ok(true),
        }
    }

    fn follow(&self, next: u64) -> Result<u64, String> {
        if self.asked.contains(&next) {
            return Err(format!(
                "its next page is offset {next}, which was read already"
            ));
        }
        if self.asked.len() >= MAX_PAGES {
            return Err(format!("it does not end after {MAX_PAGES} pages"));
        }
        Ok(next)
    }

    fn call(&self, offset: u64) -> Call {
        match &self.walk {
            HostnameList::Account(only) => Call::Hostnames {
                only: only.clone(),
                offset,
                limit: PAGE,
            },
            HostnameList::Bucket(property) => Call::BucketHostnames {
                property: property.clone(),
                offset,
                limit: PAGE,
            },
        }
    }
}

impl PageRows {
    /// Adds the rows of one page and returns the hostnames whose rows are complete.
    fn take(&mut self, items: Vec<ActiveHostname>) -> Vec<ActiveHostname> {
        let mut whole = Vec::with_capacity(items.len());
        for item in items {
            let hostname = self
                .hasher
                .hash_one((item.name.to_lowercase(), &item.property_id));
            let seen = self.seen.entry(hostname).or_default();
            let row = usize::from(item.staging) + 2 * usize::from(item.production);
            if seen
                .networks
                .get_mut(row)
                .is_some_and(|seen| std::mem::replace(seen, true))
            {
                self.repeated = true;
                continue;
            }
            self.count += 1;
            if seen.given {
                continue;
            }
            let item = match self.halves.remove(&hostname) {
                Some(other) => other.merged(item),
                None => item,
            };
            if item.staging == item.production {
                seen.given = true;
                whole.push(item);
            } else {
                self.halves.insert(hostname, item);
            }
        }
        whole
    }

    /// Returns the hostnames that are active on one network only, in order.
    fn rest(&mut self) -> Vec<ActiveHostname> {
        let mut rest: Vec<_> = self.halves.drain().map(|(_, item)| item).collect();
        rest.sort_unstable_by(|one, other| {
            (&one.name, &one.property_id).cmp(&(&other.name, &other.property_id))
        });
        rest
    }
}
