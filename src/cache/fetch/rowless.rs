//! Active properties that no row of the account-wide list names. Most have no host names. Of some the rows are missing:
//! the property was deleted or has become unreadable since it was listed, or rows shifted between two pages.

use super::Halt;
use super::ask::{ApiRequest, HostnameRows};
use super::known::KnownAccount;
use super::pair_states::PairAnswer;
use super::plan::FetchStep;
use super::property_lookup::UNLISTED;
use super::run::FetchRun;
use super::values::{Host, HostsOf};
use super::view::{CHUNK, CacheView, items};
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::ttl::Resource;
use std::collections::HashSet;
use std::rc::Rc;

impl FetchRun<'_> {
    /// Asks rowless properties for their host names: those of which the cache has some, and if there are several pages
    /// the others as well, if they are few. Returns those that could not be asked, with their cached host names.
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
        let rest = asked.split_off(asked.len().min(UNLISTED));
        if !(listing.paged && listing.is_whole()) || others.len() > UNLISTED {
            others.clear();
        }
        asked.extend(others);
        let each = asked.iter().map(|(property, ..)| property.clone());
        let steps = FetchStep::each(each, ApiRequest::HostsOf);
        self.carry_out(steps, known).await?;
        self.report_rowless(&rest, known);
        let read = known.hosts.iter().map(|(property, ..)| &property.id);
        let answered: HashSet<&Id> = read.chain(&known.named.gone).collect();
        unread.extend(rest.into_iter().chain(asked));
        unread.retain(|(property, ..)| !answered.contains(&property.id));
        self.cache.decide_production(&mut unread).await?;
        Ok(unread)
    }

    /// Reports properties that are too many to ask for, unless an answer has shown that their pair may not be read.
    fn report_rowless(&self, rest: &[HostsOf], known: &KnownAccount) {
        let rest = rest.iter().map(|(property, ..)| property);
        let rest: Vec<&Rc<Property>> = rest.filter(|one| !known.is_refused(one)).collect();
        let Some(first) = rest.first().filter(|_| !self.ledger.is_halted()) else {
            return;
        };
        let message = format!(
            "the API lists no host name of {} active properties that had some, such as `{}`; too many to ask for one by one, so they keep their former ones",
            rest.len(),
            first.id
        );
        self.ledger
            .failed(Resource::Hostnames, None, "rowless", message);
    }
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
        let pair = (property.contract.to_string(), property.group.to_string());
        let answer = self.asked.get(&pair);
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
                let hosts = hosts.into_iter().flatten().map(|host| Host {
                    name: host.name,
                    item: host.json,
                    production: false,
                });
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
