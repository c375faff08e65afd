//! Host names that several properties claim, as while they move. The one that has a name on production owns
//! it; but the list of a version does not tell on which network each of its names is active, so that the
//! API has to be asked where the cache, or another list, names another property.

use super::Halt;
use super::all_hosts::owners;
use super::ask::HostnameRows;
use super::rows::HostRow;
use super::run::FetchRun;
use super::values::{Host, HostsOf};
use crate::domain::key::{Fqdn, Id};
use crate::domain::papi::ActiveHostname;
use crate::domain::ttl::Resource;
use crate::source::Pages;
use std::collections::{HashMap, HashSet};

/// So many pages are taken at most to settle claims.
const CALLS: u64 = 20;

impl FetchRun<'_> {
    /// Who owns each of the host names of some properties. One that none of them has on production, and
    /// that the cache, or the whole list where it is here, gives to another one, stays with that.
    pub(super) async fn settle_owners(
        &self,
        each: &mut [HostsOf],
        listing: Option<&HostnameRows>,
    ) -> Result<HashMap<String, String>, Halt> {
        let mut former = self.former_owners(each).await?;
        match listing {
            Some(listing) => listing.correct(&mut former, each),
            None => self.settle_claims(each, &former).await?,
        }
        let claims = |id: &Id, name: &str| {
            let own = each
                .iter()
                .find(|(property, _, _)| property.id == id.as_str());
            let same = |host: &Host| host.name.to_lowercase() == name;
            // Of one that is not among them nothing newer is known.
            own.is_none_or(|(_, hosts, _)| hosts.iter().any(same))
        };
        let all = owners(each).into_iter().map(|(name, owner)| {
            let former = former.get(&name).filter(|_| !owner.production);
            let former = former.filter(|id| claims(id, &name));
            let id = former.map_or_else(|| owner.property.id.clone(), ToString::to_string);
            (name, id)
        });
        Ok(all.collect())
    }

    /// The property that the cache gives each of the host names to, or gave it to before it was removed.
    async fn former_owners(&self, each: &[HostsOf]) -> Result<HashMap<String, Id>, Halt> {
        let hosts = each.iter().flat_map(|(_, hosts, _)| hosts);
        let names: HashSet<Fqdn> = hosts
            .filter_map(|host| Fqdn::new(&host.name).ok())
            .collect();
        let names: Vec<Fqdn> = names.into_iter().collect();
        let cached = self.place.owners(&names).await?;
        let each = names.iter().zip(cached).filter_map(|(name, cached)| {
            let removed = || self.before?.owners.get(name.as_str()).cloned();
            Some((name.to_string(), cached.or_else(removed)?))
        });
        Ok(each.collect())
    }

    /// Asks which property has a host name on production where more than one may have it there: of those
    /// that are here, and the former owner. Only the one that the API gives it to is left to have it there,
    /// and none where it does not tell.
    pub(super) async fn settle_claims(
        &self,
        each: &mut [HostsOf],
        former: &HashMap<String, Id>,
    ) -> Result<(), Halt> {
        let disputed = disputed(each, former);
        if disputed.is_empty() {
            return Ok(());
        }
        let rows = self.active_rows(&disputed).await?;
        let mut active: HashMap<String, Vec<&ActiveHostname>> = HashMap::new();
        for row in &rows {
            active.entry(row.name.to_lowercase()).or_default().push(row);
        }
        for (property, hosts, _) in each {
            for host in hosts {
                let name = host.name.to_lowercase();
                if disputed.contains(&name) {
                    let rows = active.get(&name).map_or(&[][..], Vec::as_slice);
                    host.production = serving(rows, former.get(&name)) == Some(&property.id);
                }
            }
        }
        Ok(())
    }

    /// The rows of these host names in the account-wide list, in the fewest calls; none where it takes too
    /// many or one fails, which is reported.
    async fn active_rows(&self, names: &HashSet<String>) -> Result<Vec<ActiveHostname>, Halt> {
        let cached = self.place.host_rows().await?;
        let one_each = names.len() as u64;
        let pages = cached.map_or(u64::MAX, super::values::pages);
        let source = self.source;
        let lists = if source.is_replay() || one_each > pages.min(CALLS) {
            vec![source.hostnames()]
        } else {
            let mut names: Vec<&String> = names.iter().collect();
            names.sort_unstable();
            let each = names.into_iter();
            each.map(|name| source.hostnames_named(name)).collect()
        };
        let mut left = if source.is_replay() { u64::MAX } else { CALLS };
        let mut rows = Vec::new();
        for list in lists {
            if !self.read_rows(list, &mut left, names, &mut rows).await {
                return Ok(Vec::new());
            }
        }
        Ok(rows)
    }

    /// Reads a list to its end; tells whether it could.
    async fn read_rows(
        &self,
        mut list: Pages<'_>,
        left: &mut u64,
        names: &HashSet<String>,
        rows: &mut Vec<ActiveHostname>,
    ) -> bool {
        let resource = Resource::Hostnames;
        loop {
            match list.next().await {
                None => return true,
                Some(Ok(page)) => {
                    if *left == 0 {
                        let count = names.len();
                        let message = format!(
                            "host names that two properties claim stay where they were: telling whose {count} are takes more than {CALLS} calls"
                        );
                        self.ledger.failed(resource, None, "disputed", message);
                        return false;
                    }
                    *left -= 1;
                    let wanted = |row: &ActiveHostname| names.contains(&row.name.to_lowercase());
                    rows.extend(page.into_iter().filter(wanted));
                }
                Some(Err(error)) => {
                    self.ledger.call_failed(resource, None, error);
                    return false;
                }
            }
        }
    }
}

impl HostnameRows {
    /// The rows of these host names, which are in lower case.
    fn of_names(&self, names: impl Iterator<Item = String>) -> HashMap<String, Vec<HostRow<'_>>> {
        let mut rows: HashMap<String, Vec<HostRow<'_>>> =
            names.map(|name| (name, Vec::new())).collect();
        for row in self.rows.iter() {
            if let Some(rows) = rows.get_mut(&row.name.to_lowercase()) {
                rows.push(row);
            }
        }
        rows
    }

    /// The properties that serve these host names, as far as they are active.
    pub(crate) fn owners(&self, names: &[Fqdn]) -> HashMap<Fqdn, Id> {
        let rows = self.of_names(names.iter().map(ToString::to_string));
        let owner = |name: &Fqdn| {
            let rows = rows.get(name.as_str())?;
            let production = rows.iter().find(|row| row.production);
            Id::new(production.or(rows.first())?.property).ok()
        };
        let owners = names.iter();
        owners
            .filter_map(|name| Some((name.clone(), owner(name)?)))
            .collect()
    }

    /// Of the owners of host names of these properties, leaves those that still have them; one that has them
    /// on production, and is not among these properties, is the owner.
    fn correct(&self, owners: &mut HashMap<String, Id>, each: &[HostsOf]) {
        let here: HashSet<&str> = each.iter().map(|(one, _, _)| one.id.as_str()).collect();
        let hosts = each.iter().flat_map(|(_, hosts, _)| hosts);
        let rows = self.of_names(hosts.map(|host| host.name.to_lowercase()));
        owners.retain(|name, id| {
            let mut rows = rows.get(name).into_iter().flatten();
            rows.any(|row| row.property == id.as_str())
        });
        for (name, rows) in rows {
            let mut others = rows.iter().filter(|row| !here.contains(row.property));
            let owner = others.find(|row| row.production);
            if let Some(id) = owner.and_then(|row| Id::new(row.property).ok()) {
                owners.insert(name, id);
            }
        }
    }
}

/// Names that more than one property may have on production.
fn disputed(each: &[HostsOf], former: &HashMap<String, Id>) -> HashSet<String> {
    let here: HashSet<&str> = each.iter().map(|(one, _, _)| one.id.as_str()).collect();
    let mut claims: HashMap<String, HashSet<&str>> = HashMap::new();
    for (property, hosts, _) in each {
        for host in hosts.iter().filter(|host| host.production) {
            if Fqdn::new(&host.name).is_ok() {
                let name = host.name.to_lowercase();
                claims.entry(name).or_default().insert(&property.id);
            }
        }
    }
    let others = |(name, ids): &(String, HashSet<&str>)| {
        // What a former owner that is here claims is known.
        ids.len() > 1
            || former
                .get(name)
                .is_some_and(|id| !here.contains(id.as_str()))
    };
    let disputed = claims.into_iter().filter(others);
    disputed.map(|(name, _)| name).collect()
}

/// The property that serves a host name: the one that has it on production, else the former owner where
/// that still has it, else the first.
fn serving<'r>(rows: &[&'r ActiveHostname], former: Option<&Id>) -> Option<&'r String> {
    let production = rows.iter().find(|row| row.production);
    let former = || {
        rows.iter()
            .find(|row| former.is_some_and(|id| id.as_str() == row.property_id))
    };
    let row = production.or_else(former).or(rows.first())?;
    Some(&row.property_id)
}
