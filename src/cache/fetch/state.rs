//! `warm:state`, the hash of what runs remember for later ones.

use super::view::CacheView;
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::store::Write;

/// Names of the fields. Times are in ms since 1970, by the cache's clock.
pub(crate) mod field {
    /// The account: `act_…`.
    pub(crate) const ACCOUNT: &str = "account";
    /// Digest of the credentials that named the account.
    pub(crate) const ACCOUNT_BY: &str = "account:by";
    /// The grant of these credentials for all CP codes.
    pub(crate) const CPCODES: &str = "cpcodes";
    /// End of the API's block of this address.
    pub(crate) const BURST_UNTIL: &str = "burst_until";
    /// Prefix of the fields about pairs of contract and group.
    pub(crate) const PAIR: &str = "pair:";
    /// End of the last complete run.
    pub(crate) const COMPLETE: &str = "complete:at";
    /// Start of the last complete crawl of the account.
    pub(crate) const FULL: &str = "full:at";
    /// Start of the last run that read the whole list of host names.
    pub(crate) const HOSTS: &str = "hostnames:at";
    /// View of the cached host names; the default one if none is remembered.
    pub(crate) const VIEW: &str = "hostnames:view";
    /// Start of the last run that learned what had changed.
    pub(crate) const ASKED: &str = "changes:at";
    /// The same moment by the API's clock.
    pub(crate) const DATE: &str = "changes:date";
    /// What was written of each property, one line each.
    pub(crate) const ITEMS: &str = "items";
    /// Prefix of the fields with a later digest of one property than the one in its line.
    pub(crate) const FORM: &str = "form:";
    /// Number of the last run that asked every pair.
    pub(crate) const CRAWL_RUN: &str = "crawl:generation";
    /// Number of the last run that read every host name.
    pub(crate) const HOSTS_RUN: &str = "hosts:generation";
}

impl CacheView<'_> {
    pub(super) async fn remember<N: Into<String>, V: Into<Vec<u8>>>(
        &self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<(), Error> {
        let fields = fields.into_iter();
        let fields: Vec<_> = fields.map(|(n, v)| (n.into(), v.into())).collect();
        if fields.is_empty() {
            return Ok(());
        }
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

    pub(super) async fn forget<N: Into<String>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<(), Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.is_empty() {
            return Ok(());
        }
        let key = self.key(&Entry::WarmState);
        Ok(self.store.drop_fields(&key, &names).await.1?)
    }
}
