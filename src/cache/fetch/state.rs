//! `warm:state`, the hash of what runs remember for later ones. Each field belongs to one file: the account, its
//! credentials and blocks to `identity`, the pairs to `pair_states`, times and digests of what was written to
//! `baseline`, later digests of single properties to `former`, numbers of runs to `sweep`.

use super::view::CacheView;
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::store::Write;

impl CacheView<'_> {
    pub(crate) async fn remember(&self, fields: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let key = self.key(&Entry::WarmState);
        Ok(self.overwrite(Write::Mapping { key, fields }).await?)
    }

    /// Returns fields, in the order of `names`.
    pub(super) async fn remembered<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[Option<String>; N], Error> {
        let texts = self.remembered_in(&names.map(str::to_owned)).await?;
        let mut texts = texts.into_iter();
        Ok(std::array::from_fn(|_| texts.next().flatten()))
    }

    pub(super) async fn remembered_in(
        &self,
        names: &[String],
    ) -> Result<Vec<Option<String>>, Error> {
        let key = self.key(&Entry::WarmState);
        let values = self.store.field_values(&key, names).await?.into_iter();
        Ok(values.map(|value| String::from_utf8(value?).ok()).collect())
    }

    /// Passes the name and the value of each field to `each`; none if the key holds another type.
    pub(super) async fn each_remembered(
        &self,
        mut each: impl FnMut(&str, &str),
    ) -> Result<(), Error> {
        let key = self.key(&Entry::WarmState);
        let read = self.store.fields(&key, |name, value| {
            if let Ok(name) = str::from_utf8(name) {
                // No reader takes the replacement of a broken character for anything that a run remembers.
                each(name, &String::from_utf8_lossy(value));
            }
        });
        Ok(read.await?)
    }

    pub(super) async fn forget(&self, names: &[String]) -> Result<(), Error> {
        let key = self.key(&Entry::WarmState);
        Ok(self.store.drop_fields(&key, names).await.map(drop)?)
    }
}
