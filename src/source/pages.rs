//! Long lists of hostnames, page by page, without believing what a page says of the others.

use super::Error;
use super::call::{Call, PAGE, PropertyRef};
use super::envelope::{Items, Kind, List, each, list};
use super::origin::{Answer, Source};
use crate::domain::account::{ActiveHostname, Flaw};
use jiff::Timestamp;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// More pages than any account has.
const MAX_PAGES: usize = 10_000;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostnamePage {
    /// Its hostnames.
    pub items: Vec<ActiveHostname>,
    /// What is wrong with those that could not be read.
    pub flaws: Vec<Flaw>,
    /// How many there are in all, as the page says.
    pub total: Option<u64>,
    /// Offset and limit of the next page, as the page says; nothing else of its link is used.
    pub next: Option<(u64, Option<u64>)>,
}

/// Reads one page.
pub(super) fn page(
    body: &str,
    parse: impl Fn(&str) -> Result<ActiveHostname, Flaw>,
) -> Result<HostnamePage, Flaw> {
    let List {
        items,
        total_items,
        next_link,
    } = list(body, Kind::Hostnames)?;
    let Items { read, flaws } = each(items.unwrap_or_default(), parse)?;
    Ok(HostnamePage {
        items: read,
        flaws,
        total: total_items.and_then(|total| match total {
            serde_json::Value::String(digits) => digits.parse().ok(),
            number => number.as_u64(),
        }),
        next: next_link
            .as_ref()
            .and_then(serde_json::Value::as_str)
            .and_then(next),
    })
}

fn next(link: &str) -> Option<(u64, Option<u64>)> {
    let (_, query) = link.split_once('?')?;
    let number = |name: &str| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .and_then(|digits| digits.parse().ok())
    };
    Some((number("offset")?, number("limit")))
}

/// Which list is walked.
pub(super) enum Walk {
    Account,
    Bucket(PropertyRef),
}

/// Walks a list to its end. Each hostname of a property is given once. A list that does not add up
/// (an empty or repeated page, fewer or more names than promised) ends with [`Error::Malformed`]
/// after everything that it gave: it is not complete, and what it lacks is not gone.
pub struct Pages<'a> {
    source: &'a Source,
    walk: Walk,
    next: Option<(u64, u64)>,
    flaw: Option<Error>,
    asked: HashSet<u64>,
    hasher: RandomState,
    names: HashSet<u64>,
    seen: HashSet<u64>,
    flaws: Vec<Flaw>,
    flawed: u64,
    total: Option<u64>,
    date: Option<Timestamp>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(source: &'a Source, walk: Walk) -> Self {
        Self {
            source,
            walk,
            next: Some((0, PAGE)),
            flaw: None,
            asked: HashSet::new(),
            hasher: RandomState::new(),
            names: HashSet::new(),
            seen: HashSet::new(),
            flaws: Vec::new(),
            flawed: 0,
            total: None,
            date: None,
        }
    }

    /// The API's clock when it gave the first page.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// How many hostnames there are in all, as the last page said.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// What is wrong with the hostnames that could not be read so far, told once.
    pub fn take_flaws(&mut self) -> Vec<Flaw> {
        std::mem::take(&mut self.flaws)
    }

    /// The next page's hostnames; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Vec<ActiveHostname>, Error>> {
        if let Some(error) = self.flaw.take() {
            return Some(Err(error));
        }
        let (offset, limit) = self.next.take()?;
        self.asked.insert(offset);
        let answer = match &self.walk {
            Walk::Account => self.source.hostname_page(offset, limit).await,
            Walk::Bucket(property) => {
                self.source
                    .bucket_hostname_page(property, offset, limit)
                    .await
            }
        };
        let Answer {
            value: page, date, ..
        } = match answer {
            Ok(answer) => answer,
            Err(error) => return Some(Err(error)),
        };
        self.date = self.date.or(date);
        Some(Ok(self.take(offset, limit, page)))
    }

    fn take(&mut self, offset: u64, limit: u64, page: HostnamePage) -> Vec<ActiveHostname> {
        let unread = page.flaws.len() as u64;
        let received = page.items.len() as u64 + unread;
        self.flawed += unread;
        self.flaws.extend(page.flaws);
        let mut new = page.items;
        new.retain(|item| {
            let name = item.name.to_lowercase();
            self.names.insert(self.hasher.hash_one(&name));
            self.seen
                .insert(self.hasher.hash_one((&name, &item.property_id)))
        });
        let shrunk = self
            .total
            .zip(page.total)
            .is_some_and(|(before, now)| now < before);
        self.total = page.total.or(self.total);
        let known = (
            self.names.len() as u64 + self.flawed,
            self.seen.len() as u64 + self.flawed,
        );
        let flaw = match self.total {
            Some(total) if shrunk => Some(format!(
                "the list became shorter ({total}) while it was read"
            )),
            Some(total) if known.0 > total => Some(format!(
                "it promises {total} hostnames and gives {}",
                known.0
            )),
            Some(total) if known.1 >= total => None,
            None if received < limit && page.next.is_none() => None,
            Some(total) if received == 0 => Some(format!(
                "the page is empty, with {} of {total} hostnames given",
                known.1
            )),
            _ if new.is_empty() && unread == 0 => Some(format!(
                "the page repeats others, with {} hostnames given",
                known.1
            )),
            _ => match self.go_on(offset, limit, received, page.next) {
                Ok(next) => {
                    self.next = Some(next);
                    None
                }
                Err(flaw) => Some(flaw),
            },
        };
        self.flaw = flaw.map(|detail| Error::Malformed {
            call: match &self.walk {
                Walk::Account => Call::Hostnames { offset, limit },
                Walk::Bucket(property) => Call::BucketHostnames {
                    property: property.clone(),
                    offset,
                    limit,
                },
            }
            .to_string(),
            detail,
        });
        new
    }

    /// Where the next page begins: where the page says, else behind what was received.
    fn go_on(
        &self,
        offset: u64,
        limit: u64,
        received: u64,
        next: Option<(u64, Option<u64>)>,
    ) -> Result<(u64, u64), String> {
        let (to, asked_limit) = next.unwrap_or((offset.saturating_add(received), None));
        if self.asked.contains(&to) {
            return Err(format!(
                "its next page is offset {to}, which was read already"
            ));
        }
        if self.asked.len() >= MAX_PAGES {
            return Err(format!("it does not end after {MAX_PAGES} pages"));
        }
        Ok((
            to,
            asked_limit
                .filter(|asked| *asked > 0)
                .map_or(limit, |asked| asked.min(PAGE)),
        ))
    }
}
