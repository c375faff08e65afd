//! What exactly was asked for: rule trees of the latest version, host names in one of their two forms.

use super::{Reader, fetch};
use crate::cache::Error;
use crate::domain::read::ReadItem;

impl Reader<'_> {
    /// The items that were meant, in the order of those asked for.
    pub(super) async fn resolve(
        &self,
        items: &[ReadItem],
    ) -> Result<Vec<Result<ReadItem, Error>>, Error> {
        let mut escaped = self.escape_bytes(items).await?.into_iter();
        let mut versions = self.latest_versions(items).await?.into_iter();
        Ok(items
            .iter()
            .map(|item| match item {
                ReadItem::Rules(_, None) => versions
                    .next()
                    .unwrap_or_else(|| Err(fetch::unknown(&item.name()))),
                item if item.in_ascii().is_some() => {
                    Ok(escaped.next().unwrap_or_else(|| item.clone()))
                }
                item => Ok(item.clone()),
            })
            .collect())
    }

    /// Rule trees that were asked for without a version become those of the latest one, which the
    /// property tells.
    async fn latest_versions(
        &self,
        items: &[ReadItem],
    ) -> Result<Vec<Result<ReadItem, Error>>, Error> {
        let of = |item: &ReadItem| match item {
            ReadItem::Rules(id, None) => Some(id.clone()),
            _ => None,
        };
        let ids: Vec<_> = items.iter().filter_map(of).collect();
        let properties: Vec<ReadItem> = ids.iter().cloned().map(ReadItem::Property).collect();
        let found = self.through(&properties).await?;
        let latest = |(id, found): (_, Result<super::Counted, Error>)| {
            let latest = fetch::latest(&found?.served.value)?;
            match latest {
                Some(latest) => Ok(ReadItem::Rules(id, Some(latest))),
                None => Err(fetch::unknown(&format!("a version of {id}"))),
            }
        };
        Ok(ids.into_iter().zip(found).map(latest).collect())
    }

    /// Host names that were asked for in unicode: as they are where they stand so in the cache, else in
    /// punycode, as the API has them.
    async fn escape_bytes(&self, items: &[ReadItem]) -> Result<Vec<ReadItem>, Error> {
        let names: Vec<(ReadItem, ReadItem)> = items
            .iter()
            .filter_map(|item| Some((item.clone(), item.in_ascii()?)))
            .collect();
        let as_asked: Vec<ReadItem> = names.iter().map(|(asked, _)| asked.clone()).collect();
        let looks = self.look(&as_asked).await?;
        Ok(names
            .into_iter()
            .zip(looks)
            .map(|((asked, ascii), look)| match look.cached {
                Some(_) => asked,
                None => ascii,
            })
            .collect())
    }
}
