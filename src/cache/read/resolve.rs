//! Resolves requested items to entries: rule trees of the latest version, and host names in one of their two forms.

use super::{Reader, fetch};
use crate::cache::Error;
use crate::domain::key::{Entry, Id};
use crate::domain::read::ReadItem;

impl Reader<'_> {
    /// Returns the requested entries in order. A rule tree without a version is that of the latest version, which the
    /// property names. A Unicode host name stays as it is if it is cached in that form; otherwise it becomes
    /// punycode, as in the API.
    pub(super) async fn resolve(
        &self,
        items: &[ReadItem],
    ) -> Result<Vec<Result<Entry, Error>>, Error> {
        let (mut ids, mut in_unicode) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                ReadItem::LatestRules(id) => ids.push(id.clone()),
                ReadItem::Entry(name) if name.in_ascii().is_some() => in_unicode.push(name.clone()),
                ReadItem::Entry(_) => {}
            }
        }
        let looks = self.look(&in_unicode).await?.into_iter();
        let mut cached = looks.map(|look| look.cached.is_some());
        let properties: Vec<Entry> = ids.into_iter().map(Entry::Property).collect();
        let mut properties = self.through(&properties).await?.into_iter();
        let entry = |item: &ReadItem| match item {
            ReadItem::LatestRules(id) => {
                let unknown = || Err(self.unknown(&Entry::Property(id.clone())));
                self.latest_rules(id, properties.next().unwrap_or_else(unknown))
            }
            ReadItem::Entry(name) => Ok(match name.in_ascii() {
                Some(ascii) if cached.next() == Some(false) => ascii,
                _ => name.clone(),
            }),
        };
        Ok(items.iter().map(entry).collect())
    }

    fn latest_rules(
        &self,
        id: &Id,
        property: Result<super::Counted, Error>,
    ) -> Result<Entry, Error> {
        match fetch::latest(&property?.served.value)? {
            Some(latest) => Ok(Entry::Rules(id.clone(), latest)),
            None => Err(self.not_found(format!("a version of property {id}"))),
        }
    }
}
