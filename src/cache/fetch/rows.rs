//! Rows of the account-wide list of host names. An account has many, so the parts that are needed are stored
//! one after the other in one string.

use super::values::{GroupContract, Host};
use crate::domain::papi::ActiveHostname;
use std::collections::HashMap;
use std::num::NonZeroU32;

/// Rows in the order of their arrival.
#[derive(Default)]
pub(crate) struct RowList {
    text: String,
    rows: Vec<RowSpan>,
    /// The pairs of contract and group that the rows name.
    pub(super) pairs: Vec<GroupContract>,
    /// Their indexes.
    known: HashMap<GroupContract, u32>,
}

/// Span of a row in the text: the property's id and then the item, with their lengths. The name is part of the item, or
/// follows it; `name_at` counts from the start of the item.
struct RowSpan {
    start: u32,
    item: u32,
    /// Index of the pair; `END` if the row names none.
    pair: u32,
    name_at: u32,
    latest: Option<NonZeroU32>,
    id: u8,
    name: u8,
    production: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct HostRow<'a> {
    pub property: &'a str,
    /// The pair of the property, if the row has it.
    pub within: Option<&'a GroupContract>,
    /// The latest version of the property, if the row has it.
    pub latest: Option<u32>,
    /// The name as the API spells it.
    pub name: &'a str,
    pub item: &'a str,
    pub production: bool,
}

impl<'a> HostRow<'a> {
    pub(super) fn of(property: &'a str, host: &'a Host) -> Self {
        Self {
            property,
            within: None,
            latest: None,
            name: &host.name,
            item: &host.item,
            production: host.production,
        }
    }

    pub(super) fn host(self) -> Host {
        Host {
            name: self.name.to_owned(),
            item: self.item.to_owned(),
            production: self.production,
        }
    }
}

/// Rows grouped by property. Properties and rows are named by their indexes.
pub(super) struct SortedRows {
    rows: RowList,
    /// Property of each row.
    properties: Vec<u32>,
    /// First row of each property.
    first: Vec<u32>,
    /// Next row of the same property, for each row.
    next: Vec<u32>,
}

const END: u32 = u32::MAX;

impl RowList {
    /// Adds the rows whose names are active on a network.
    pub(super) fn extend(&mut self, rows: &[ActiveHostname]) {
        for row in rows {
            if let Some(pair) = row
                .within
                .as_ref()
                .filter(|pair| !self.known.contains_key(*pair))
            {
                let next = u32::try_from(self.pairs.len()).unwrap_or(END);
                self.known.insert(pair.clone(), next);
                self.pairs.push(pair.clone());
            }
            if let Some(item) = row.as_version_item() {
                self.push(HostRow {
                    property: &row.property_id,
                    within: row.within.as_ref(),
                    latest: row.latest,
                    name: &row.name,
                    item,
                    production: row.production,
                });
            }
        }
    }

    pub(super) fn push(&mut self, row: HostRow<'_>) {
        let (id, name, item) = (row.property, row.name, row.item);
        let name_at = find(item, name).unwrap_or(item.len());
        let lengths = (u8::try_from(id.len()), u8::try_from(name.len()));
        let offsets = [self.text.len(), item.len(), name_at].map(u32::try_from);
        // No id and no host name is longer, and no account has more of them.
        let ((Ok(id_length), Ok(name_length)), [Ok(start), Ok(item_length), Ok(name_at)]) =
            (lengths, offsets)
        else {
            return;
        };
        let pair = row.within.and_then(|pair| self.known.get(pair));
        self.text.push_str(id);
        self.text.push_str(item);
        if name_at == item_length {
            self.text.push_str(name);
        }
        self.rows.push(RowSpan {
            start,
            item: item_length,
            pair: pair.copied().unwrap_or(END),
            name_at,
            latest: row.latest.and_then(NonZeroU32::new),
            id: id_length,
            name: name_length,
            production: row.production,
        });
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = HostRow<'_>> + ExactSizeIterator {
        self.rows.iter().map(|row| self.view(row))
    }

    fn view(&self, row: &RowSpan) -> HostRow<'_> {
        let text = self.text.get(row.start as usize..).unwrap_or_default();
        let (property, text) = text.split_at_checked(row.id.into()).unwrap_or_default();
        let name = text.get(row.name_at as usize..).unwrap_or_default();
        HostRow {
            property,
            within: self.pairs.get(row.pair as usize),
            latest: row.latest.map(NonZeroU32::get),
            name: name.get(..row.name.into()).unwrap_or_default(),
            item: text.get(..row.item as usize).unwrap_or_default(),
            production: row.production,
        }
    }
}

/// Returns where the name begins in the item. For such short texts, looking at each occurrence of the first character takes
/// a fraction of the time of [`str::find`], which prepares for long ones.
fn find(item: &str, name: &str) -> Option<usize> {
    let mut starts = item.match_indices(name.chars().next()?);
    starts.find_map(|(at, _)| item.get(at..)?.starts_with(name).then_some(at))
}

impl SortedRows {
    /// Groups rows by the index of their property, which is below `count`. Rows without one belong to no
    /// group.
    pub(super) fn new(rows: RowList, properties: Vec<Option<u32>>, count: usize) -> Self {
        let each = properties.into_iter();
        let properties: Vec<u32> = each.map(|at| at.unwrap_or(END)).collect();
        let (mut first, mut next) = (vec![END; count], vec![END; properties.len()]);
        // In reverse, so that each property has its rows in order.
        for ((at, property), next) in properties.iter().enumerate().zip(&mut next).rev() {
            if let Some(first) = first.get_mut(*property as usize) {
                *next = std::mem::replace(first, u32::try_from(at).unwrap_or(END));
            }
        }
        Self {
            rows,
            properties,
            first,
            next,
        }
    }

    /// Returns all rows with the indexes of their properties, in the order of arrival.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, HostRow<'_>)> {
        let properties = self.properties.iter().map(|at| *at as usize);
        properties.zip(self.rows.iter())
    }

    pub(super) fn of(&self, property: usize) -> impl Iterator<Item = HostRow<'_>> + Clone {
        let mut at = self.first.get(property).copied().unwrap_or(END);
        std::iter::from_fn(move || {
            let row = self.rows.rows.get(at as usize)?;
            at = self.next.get(at as usize).copied().unwrap_or(END);
            Some(self.rows.view(row))
        })
    }
}
