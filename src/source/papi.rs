//! Typed calls of the Property Manager API.

use super::Error;
use super::call::{Call, FindBy, HostnameFilter, PAGE, PropertyRef};
use super::envelope::{Body, Items, ListKind};
use super::origin::{ApiAnswer, Source};
use super::pages::{self, HostnameList, HostnamePage, Pages};
use super::quote::quote;
use crate::domain::papi::{
    Activation, ActiveHostname, Contract, CpCode, Group, ItemError, Property, VersionHostname,
    shared, with_prefix,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountGroups {
    /// `act_…`, if the response names it.
    pub account: Option<String>,
    pub groups: Vec<Group>,
}

impl Source {
    pub async fn groups(&self) -> Result<ApiAnswer<Vec<Group>>, Error> {
        self.list(&Call::Groups, ListKind::Groups, Group::parse)
            .await
    }

    /// Returns all groups and the account that they belong to, if the API names it.
    pub async fn groups_of_account(&self) -> Result<ApiAnswer<AccountGroups>, Error> {
        let read = |body: Body<'_>| {
            let account = body.account();
            Ok((account, body.items(ListKind::Groups, Group::parse)?))
        };
        let answer = self.ask(&Call::Groups, read).await?;
        let (account, Items { read, item_errors }) = answer.value;
        Ok(ApiAnswer {
            value: AccountGroups {
                account,
                groups: read,
            },
            date: answer.date,
            item_errors,
        })
    }

    pub async fn contracts(&self) -> Result<ApiAnswer<Vec<Contract>>, Error> {
        self.list(&Call::Contracts, ListKind::Contracts, Contract::parse)
            .await
    }

    /// Returns the properties in a contract and group. Items without a contract or group get the ones that were
    /// requested.
    pub async fn properties(
        &self,
        contract: &str,
        group: &str,
    ) -> Result<ApiAnswer<Vec<Property>>, Error> {
        let call = Call::Properties {
            contract: contract.to_owned(),
            group: group.to_owned(),
        };
        let listed = self.list(&call, ListKind::Properties, |json| {
            let mut property = Property::parse(json)?;
            if property.contract.is_empty() {
                property.contract = shared(contract);
            }
            if property.group.is_empty() {
                property.group = shared(group);
            }
            Ok(property)
        });
        let listed = listed.await?;
        let account = listed
            .value
            .iter()
            .find_map(|property| property.account.as_deref());
        self.record_account(account.map(str::to_owned));
        let ids = listed.value.iter().map(|property| property.id.clone());
        self.placed.lock().extend(ids);
        Ok(listed)
    }

    /// Returns the properties modified on a network within `since`, an ISO 8601 duration such as `PT15M`.
    pub async fn modified_properties(
        &self,
        since: &str,
    ) -> Result<ApiAnswer<Vec<Property>>, Error> {
        let call = Call::ModifiedProperties {
            since: since.to_owned(),
        };
        self.list(&call, ListKind::Properties, Property::parse)
            .await
    }

    /// Returns one property. If it is not found in its group and contract, it is requested once more without them. An
    /// empty response is [`Error::NotFound`], and a response about another property is [`Error::Malformed`]. A
    /// recording without this call may still list the property.
    pub async fn property(&self, property: &PropertyRef) -> Result<ApiAnswer<Property>, Error> {
        let id = with_prefix("prp_", &property.id);
        // It may have moved since.
        self.placed.lock().remove(&property.id);
        let found = self.retry_without_group(property, async |at| {
            let call = Call::Property(at);
            let found = self
                .list(&call, ListKind::Properties, Property::parse)
                .await;
            found.map(|found| (call, found))
        });
        let (call, found) = match found.await {
            Err(error @ Error::NotRecorded { .. }) => return self.listed(&id).ok_or(error),
            found => found?,
        };
        let (date, item_errors) = (found.date, found.item_errors);
        let call = call.to_string();
        match found.value.into_iter().next() {
            None => Err(Error::NotFound {
                call,
                customer: Some(self.customer().to_owned()),
            }),
            Some(value) if *value.id != id => Err(Error::Malformed {
                call,
                detail: format!("it is about `{}`", quote(value.id.as_bytes())),
            }),
            Some(value) => {
                self.record_account(value.account.as_deref().map(str::to_owned));
                self.moved.lock().remove(&property.id);
                self.placed.lock().insert(value.id.clone());
                Ok(ApiAnswer {
                    value,
                    date,
                    item_errors,
                })
            }
        }
    }

    /// Returns the account's active hostnames.
    pub fn hostnames(&self) -> Pages<'_> {
        Pages::new(self, HostnameList::Account(HostnameFilter::All))
    }

    /// Returns the active hostnames that match a name; `*` matches anything.
    pub fn hostnames_named(&self, name: &str) -> Pages<'_> {
        let only = HostnameFilter::Named(name.to_owned());
        Pages::new(self, HostnameList::Account(only))
    }

    /// Returns the active hostnames of the properties in a contract and group.
    pub fn hostnames_within(&self, contract: &str, group: &str) -> Pages<'_> {
        let only = HostnameFilter::Within(contract.to_owned(), group.to_owned());
        Pages::new(self, HostnameList::Account(only))
    }

    /// Returns the hostnames in the bucket of one property.
    pub fn bucket_hostnames(&self, property: &PropertyRef) -> Pages<'_> {
        Pages::new(self, HostnameList::Bucket(property.clone()))
    }

    /// Requests one page of the account's active hostnames.
    pub async fn hostname_page(
        &self,
        offset: u64,
        limit: u64,
    ) -> Result<ApiAnswer<HostnamePage>, Error> {
        self.hostname_page_of(HostnameFilter::All, offset, limit)
            .await
    }

    /// Requests one page of the active hostnames that match `only`.
    pub(super) async fn hostname_page_of(
        &self,
        only: HostnameFilter,
        offset: u64,
        limit: u64,
    ) -> Result<ApiAnswer<HostnamePage>, Error> {
        let call = Call::Hostnames {
            only,
            offset,
            limit,
        };
        self.ask(&call, |body| pages::page(body, ActiveHostname::parse))
            .await
    }

    /// Requests one page of the hostnames in a property's bucket.
    pub async fn bucket_hostname_page(
        &self,
        property: &PropertyRef,
        offset: u64,
        limit: u64,
    ) -> Result<ApiAnswer<HostnamePage>, Error> {
        let parse = |json: &str| ActiveHostname::parse_of(&property.id, json);
        self.retry_without_group(property, async |property| {
            let call = Call::BucketHostnames {
                property,
                offset,
                limit,
            };
            self.ask(&call, |body| pages::page(body, parse)).await
        })
        .await
    }

    /// Returns the number of active hostnames, by a page of one item. A recording has only full pages, so the first
    /// of them is used.
    pub async fn hostname_total(&self) -> Result<u64, Error> {
        let page = match self.hostname_page(0, 1).await {
            Err(Error::NotRecorded { .. }) => self.hostname_page(0, PAGE).await?,
            page => page?,
        };
        let given = page.value.items.len() as u64;
        Ok(page.value.total.unwrap_or(given))
    }

    pub async fn version_hostnames(
        &self,
        property: &PropertyRef,
        version: u32,
    ) -> Result<ApiAnswer<Vec<VersionHostname>>, Error> {
        self.retry_without_group(property, async |property| {
            let call = Call::VersionHostnames { property, version };
            self.list(&call, ListKind::Hostnames, VersionHostname::parse)
                .await
        })
        .await
    }

    /// Returns the rule tree of one version: the API's whole response as compact JSON.
    pub async fn rules(
        &self,
        property: &PropertyRef,
        version: u32,
    ) -> Result<ApiAnswer<String>, Error> {
        self.retry_without_group(property, async |property| {
            let call = Call::Rules { property, version };
            self.ask(&call, |body| body.whole("rules")).await
        })
        .await
    }

    pub async fn activations(
        &self,
        property: &PropertyRef,
    ) -> Result<ApiAnswer<Vec<Activation>>, Error> {
        self.retry_without_group(property, async |property| {
            let call = Call::Activations(property);
            self.list(&call, ListKind::Activations, Activation::parse)
                .await
        })
        .await
    }

    /// Returns the CP codes in a contract and group.
    pub async fn cpcodes(
        &self,
        contract: &str,
        group: &str,
    ) -> Result<ApiAnswer<Vec<CpCode>>, Error> {
        let call = Call::CpCodes {
            contract: contract.to_owned(),
            group: group.to_owned(),
        };
        self.list(&call, ListKind::CpCodes, CpCode::parse).await
    }

    /// Returns the CP codes of the whole account in one call, in the form of PAPI's items. Fails with
    /// [`Error::Forbidden`] if the credentials lack the grant.
    pub async fn all_cpcodes(&self) -> Result<ApiAnswer<Vec<CpCode>>, Error> {
        let call = Call::AllCpCodes;
        let answer = self.ask(&call, |body| body.flat(CpCode::parse_of_account));
        Ok(items_of(&call, answer.await?))
    }

    /// Calls the API's search. It returns one item for each property version found, in the form of a property.
    pub async fn search(&self, by: FindBy) -> Result<ApiAnswer<Vec<Property>>, Error> {
        self.list(&Call::Search(by), ListKind::Versions, Property::parse)
            .await
    }

    /// Makes a call about a property. If the property is not found in the group and contract that the cache has for it,
    /// the call is repeated without them, and later calls omit them at once: it may have moved to another group.
    async fn retry_without_group<T>(
        &self,
        property: &PropertyRef,
        ask: impl AsyncFn(PropertyRef) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let anywhere = PropertyRef::new(property.id.clone());
        if property.within.is_none() || self.is_replay() || self.has_moved(&property.id) {
            let at = if self.is_replay() {
                property.clone()
            } else {
                anywhere
            };
            return ask(at).await;
        }
        // Of a continued run, the lists that name the group may be old.
        let placed = self.resumed().is_none() && self.placed.lock().contains(&property.id);
        match ask(property.clone()).await {
            Err(Error::Forbidden { .. } | Error::NotFound { .. }) if !placed => {
                let answer = ask(anywhere).await?;
                self.moved.lock().insert(property.id.clone());
                Ok(answer)
            }
            answer => answer,
        }
    }

    /// Finds a property in the recorded lists.
    fn listed(&self, id: &str) -> Option<ApiAnswer<Property>> {
        self.recorded_property_lists()?.find_map(|list| {
            let body = Body::read(&list.body);
            let items = body.items(ListKind::Properties, Property::parse).ok()?;
            let value = items.read.into_iter().find(|item| *item.id == *id)?;
            Some(ApiAnswer {
                value,
                date: list.date,
                item_errors: Vec::new(),
            })
        })
    }

    async fn list<T>(
        &self,
        call: &Call,
        kind: ListKind,
        parse: impl Fn(&str) -> Result<T, ItemError>,
    ) -> Result<ApiAnswer<Vec<T>>, Error> {
        let answer = self.ask(call, |body| body.items(kind, parse)).await?;
        Ok(items_of(call, answer))
    }
}

/// Returns the readable items, and logs and returns the errors of the others.
fn items_of<T>(call: &Call, answer: ApiAnswer<Items<T>>) -> ApiAnswer<Vec<T>> {
    let Items { read, item_errors } = answer.value;
    for problem in &item_errors {
        log::info!("`{call}`: {problem}");
    }
    ApiAnswer {
        value: read,
        date: answer.date,
        item_errors,
    }
}
