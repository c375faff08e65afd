//! Active properties that no row of the account-wide list names. Most have no host names. Of some the rows are missing:
//! the property was deleted or has become unreadable since it was listed, or rows shifted between two pages.

use super::Halt;
use super::ask::{ApiRequest, HostnameRows};
use super::known::KnownAccount;
use super::pair_states::PairAnswer;
use super::plan::FetchStep;
use super::property_lookup::UNLISTED;
use super::run::FetchRun;
use super::values::{GroupContract, Host, HostsOf, pair_of};
use super::view::{CHUNK, CacheView, items};
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

impl FetchRun<'_> {
    /// Asks rowless properties for their host names: those of which the cache has some, and if there are several pages
    /// the others as well, if they are few. Returns those that could not be asked, with their cached host names. Of more
    /// than a run may ask for, those of a pair of which one could be read have no host names, as the list says.
    pub(super) async fn ask_rowless(
        &self,
        listing: &HostnameRows,
        properties: &[Rc<Property>],
        known: &mut KnownAccount,
    ) -> Result<Vec<HostsOf>, Halt> {
        if listing.error.is_some() || listing.cut {
            return Ok(Vec::new());
        }
        let rowless = self.cache.with_hosts(listing.rowless(properties)).await?;
        let is_refused = |one: &HostsOf| known.is_refused(&one.0);
        let (mut unread, rowless): (Vec<_>, Vec<_>) = rowless.into_iter().partition(is_refused);
        let had = |(_, hosts, _): &HostsOf| !hosts.is_empty();
        let (mut asked, mut others): (Vec<_>, Vec<_>) = rowless.into_iter().partition(had);
        one_of_each_pair_first(&mut asked);
        let rest = asked.split_off(asked.len().min(UNLISTED));
        if !(listing.paged && listing.is_whole()) || others.len() > UNLISTED {
            others.clear();
        }
        let each = asked.iter().chain(&others);
        let each = each.map(|(property, ..)| property.clone());
        let steps = FetchStep::each(each, ApiRequest::HostsOf);
        self.carry_out(steps, known).await?;
        let read = known.hosts.iter().map(|(property, ..)| &property.id);
        let answered: HashSet<&Id> = read.chain(&known.named.gone).collect();
        let is_read = |(property, ..): &HostsOf| answered.contains(&property.id);
        let (read, failed): (Vec<_>, Vec<_>) = asked.into_iter().partition(is_read);
        let readable: HashSet<GroupContract> = read.iter().map(|one| pair_of(&one.0)).collect();
        let stays = |one: &HostsOf| !(failed.is_empty() || readable.contains(&pair_of(&one.0)));
        unread.extend(rest.into_iter().filter(stays));
        unread.extend(failed);
        unread.extend(others.into_iter().filter(|one| !is_read(one)));
        self.cache.decide_production(&mut unread).await?;
        Ok(unread)
    }
}

/// Puts a property of each pair before further ones of the same pair: a pair is refused as a whole.
fn one_of_each_pair_first(all: &mut [HostsOf]) {
    let mut counts: HashMap<GroupContract, usize> = HashMap::new();
    all.sort_by_cached_key(|(property, ..)| {
        let count = counts.entry(pair_of(property)).or_default();
        *count += 1;
        *count
    });
}

impl HostnameRows {
    fn rowless(&self, all: &[Rc<Property>]) -> Vec<Rc<Property>> {
        let named: HashSet<&str> = self.rows.iter().map(|row| row.property).collect();
        let is_active = |one: &Property| one.staging.or(one.production).is_some();
        let rowless = all.iter();
        let rowless = rowless.filter(|one| is_active(one) && !named.contains(one.id.as_str()));
        rowless.cloned().collect()
    }
}

impl KnownAccount {
    /// Returns true if this run was refused the list that should have the property, or could not ask for it. Both are
    /// reported.
    fn is_refused(&self, property: &Property) -> bool {
        let answer = self.asked.get(&pair_of(property));
        answer.is_some_and(PairAnswer::is_refused) || self.named.failed.contains(&property.id)
    }
}

impl CacheView<'_> {
    /// Returns properties with their cached host names.
    async fn with_hosts(&self, all: Vec<Rc<Property>>) -> Result<Vec<HostsOf>, Error> {
        let mut each = Vec::with_capacity(all.len());
        for some in all.chunks(CHUNK) {
            let keys = self.keys_of(some, |one| Entry::PropertyHostnames(one.id.clone()));
            for (property, value) in some.iter().zip(self.values(&keys).await?) {
                let hosts = value.and_then(|json| items(&json, VersionHostname::parse));
                let hosts = hosts.into_iter().flatten().map(Host::from);
                each.push((property.clone(), hosts.collect(), true));
            }
        }
        Ok(each)
    }

    /// Counts each host name as on production if the cache gives it to the property: it stays with it unless another
    /// one has it on production.
    async fn decide_production(&self, each: &mut [HostsOf]) -> Result<(), Error> {
        for (property, hosts, _) in each {
            let (mut own, names): (Vec<_>, Vec<_>) = hosts
                .iter_mut()
                .filter_map(|host| Fqdn::new(&host.name).ok().map(|name| (host, name)))
                .unzip();
            for (host, owner) in own.iter_mut().zip(self.owners(&names).await?) {
                host.production = owner.as_ref() == Some(&property.id);
            }
        }
        Ok(())
    }
}
