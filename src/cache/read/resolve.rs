//! What exactly was asked for: rule trees of the latest version, host names in one of their two forms.

use super::{Reader, fetch};
use crate::cache::Error;
use crate::domain::read::Item;

impl Reader<'_> {
    /// The items that were meant, in the order of those asked for.
    pub(super) async fn resolve(&self, items: &[Item]) -> Result<Vec<Result<Item, Error>>, Error> {
        let mut spelled = self.spelled(items).await?.into_iter();
        let mut versions = self.latest_versions(items).await?.into_iter();
        Ok(items
            .iter()
            .map(|item| match item {
                Item::Rules(_, None) => versions
                    .next()
                    .unwrap_or_else(|| Err(fetch::unknown(&item.name()))),
                item if item.in_ascii().is_some() => {
                    Ok(spelled.next().unwrap_or_else(|| item.clone()))
                }
                item => Ok(item.clone()),
            })
            .collect())
    }

    /// Rule trees that were asked for without a version become those of the latest one, which the
    /// property tells.
    async fn latest_versions(&self, items: &[Item]) -> Result<Vec<Result<Item, Error>>, Error> {
        let of = |item: &Item| match item {
            Item::Rules(id, None) => Some(id.clone()),
            _ => None,
        };
        let ids: Vec<_> = items.iter().filter_map(of).collect();
        let properties: Vec<Item> = ids.iter().cloned().map(Item::Property).collect();
        let found = self.through(&properties).await?;
        let latest = |(id, found): (_, Result<super::Counted, Error>)| {
            let latest = fetch::latest(&found?.served.value)?;
            match latest {
                Some(latest) => Ok(Item::Rules(id, Some(latest))),
                None => Err(fetch::unknown(&format!("a version of {id}"))),
            }
        };
        Ok(ids.into_iter().zip(found).map(latest).collect())
    }

    /// Host names that were asked for in unicode: as they are where they stand so in the cache, else in
    /// punycode, as the API has them.
    async fn spelled(&self, items: &[Item]) -> Result<Vec<Item>, Error> {
        let names: Vec<(Item, Item)> = items
            .iter()
            .filter_map(|item| Some((item.clone(), item.in_ascii()?)))
            .collect();
        let as_asked: Vec<Item> = names.iter().map(|(asked, _)| asked.clone()).collect();
        let looks = self.look(&as_asked).await?;
        Ok(names
            .into_iter()
            .zip(looks)
            .map(|((asked, ascii), look)| match look.standing {
                Some(_) => asked,
                None => ascii,
            })
            .collect())
    }
}
