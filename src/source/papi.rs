//! The calls about an account, with typed answers.

use super::Error;
use super::call::{Call, FindBy, HostnameFilter, PAGE, PropertyRef};
use super::envelope::{Items, ListKind, account, flat, items, whole};
use super::origin::{ApiAnswer, Source};
use super::pages::{self, HostnameList, HostnamePage, Pages};
use super::quote::quote;
use crate::domain::papi::{
    Activation, ActiveHostname, Contract, CpCode, Group, ItemError, Property, VersionHostname,
    shared, with_prefix,
};

/// The groups of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountGroups {
    /// `act_…`, where the answer names it.
    pub account: Option<String>,
    pub groups: Vec<Group>,
}

impl Source {
    pub async fn groups(&self) -> Result<ApiAnswer<Vec<Group>>, Error> {
        self.list(&Call::Groups, ListKind::Groups, Group::parse)
            .await
    }

    /// All groups, with the account that they belong to (`act_…`), where the API says so.
    pub async fn groups_of_account(&self) -> Result<ApiAnswer<AccountGroups>, Error> {
        let read = |body: &str| {
            let groups = items(body, ListKind::Groups, Group::parse)?;
            Ok((account(body), groups))
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

    /// The properties of a contract in a group. Items that do not say where they are, are there.
    pub async fn properties(
        &self,
        contract: &str,
        group: &str,
    ) -> Result<ApiAnswer<Vec<Property>>, Error> {
        let call = Call::Properties {
            contract: contract.to_owned(),
            group: group.to_owned(),
        };
        self.list(&call, ListKind::Properties, |json| {
            let mut property = Property::parse(json)?;
            if property.contract.is_empty() {
                property.contract = shared(contract);
            }
            if property.group.is_empty() {
                property.group = shared(group);
            }
            Ok(property)
        })
        .await
    }

    /// The properties modified on a network in a time, an ISO 8601 duration such as `PT15M`.
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

    /// One property. Where the ids of its group and contract lead nowhere, it is asked for once more
    /// without them. An answer about none, or about another one, is [`Error::NotFound`] or
    /// [`Error::Malformed`]. A recording that was not asked for it may still list it.
    pub async fn property(&self, property: &PropertyRef) -> Result<ApiAnswer<Property>, Error> {
        let id = with_prefix("prp_", &property.id);
        let found = self.wherever(property, async |at| {
            let call = Call::Property(at);
            let found = self
                .list(&call, ListKind::Properties, Property::parse)
                .await;
            found.map(|found| (call, found))
        });
        let (call, found) = match found.await {
            Err(error @ Error::Recording(_)) => return self.listed(&id).ok_or(error),
            found => found?,
        };
        let (date, item_errors) = (found.date, found.item_errors);
        let call = call.to_string();
        match found.value.into_iter().next() {
            None => Err(Error::NotFound {
                call,
                customer: Some(self.customer().to_owned()),
            }),
            Some(value) if value.id != id => Err(Error::Malformed {
                call,
                detail: format!("it is about `{}`", quote(value.id.as_bytes())),
            }),
            Some(value) => {
                self.saw_account(value.account.as_deref().map(str::to_owned));
                self.moved_ones().remove(&property.id);
                Ok(ApiAnswer {
                    value,
                    date,
                    item_errors,
                })
            }
        }
    }

    /// The account's active hostnames, page by page to the end.
    pub fn hostnames(&self) -> Pages<'_> {
        Pages::new(self, HostnameList::Account(HostnameFilter::All))
    }

    /// Where hostnames of this name are active; `*` in it matches anything.
    pub fn hostnames_named(&self, name: &str) -> Pages<'_> {
        let only = HostnameFilter::Named(name.to_owned());
        Pages::new(self, HostnameList::Account(only))
    }

    /// The active hostnames of the properties of a contract in a group.
    pub fn hostnames_within(&self, contract: &str, group: &str) -> Pages<'_> {
        let only = HostnameFilter::Within(contract.to_owned(), group.to_owned());
        Pages::new(self, HostnameList::Account(only))
    }

    /// The hostnames in the bucket of one property, page by page to the end.
    pub fn bucket_hostnames(&self, property: &PropertyRef) -> Pages<'_> {
        Pages::new(self, HostnameList::Bucket(property.clone()))
    }

    /// One page of the account's active hostnames.
    pub async fn hostname_page(
        &self,
        offset: u64,
        limit: u64,
    ) -> Result<ApiAnswer<HostnamePage>, Error> {
        self.hostname_page_of(HostnameFilter::All, offset, limit)
            .await
    }

    /// One page of these of the account's active hostnames.
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

    /// One page of the hostnames in the bucket of a property.
    pub async fn bucket_hostname_page(
        &self,
        property: &PropertyRef,
        offset: u64,
        limit: u64,
    ) -> Result<ApiAnswer<HostnamePage>, Error> {
        let parse = |json: &str| ActiveHostname::parse_of(&property.id, json);
        self.wherever(property, async |property| {
            let call = Call::BucketHostnames {
                property,
                offset,
                limit,
            };
            self.ask(&call, |body| pages::page(body, parse)).await
        })
        .await
    }

    /// How many active hostnames the account has, as a page of one item says. A recording has no such page,
    /// but the first one.
    pub async fn hostname_total(&self) -> Result<u64, Error> {
        let page = match self.hostname_page(0, 1).await {
            Err(Error::Recording(_)) => self.hostname_page(0, PAGE).await?,
            page => page?,
        };
        let given = page.value.items.len() as u64;
        Ok(page.value.total.unwrap_or(given))
    }

    /// The hostnames of one version.
    pub async fn version_hostnames(
        &self,
        property: &PropertyRef,
        version: u32,
    ) -> Result<ApiAnswer<Vec<VersionHostname>>, Error> {
        self.wherever(property, async |property| {
            let call = Call::VersionHostnames { property, version };
            self.list(&call, ListKind::Hostnames, VersionHostname::parse)
                .await
        })
        .await
    }

    /// The rule tree of one version: the API's whole answer, compact.
    pub async fn rules(
        &self,
        property: &PropertyRef,
        version: u32,
    ) -> Result<ApiAnswer<String>, Error> {
        self.wherever(property, async |property| {
            let call = Call::Rules { property, version };
            self.ask(&call, |body| whole(body, "rules")).await
        })
        .await
    }

    /// The activations of a property.
    pub async fn activations(
        &self,
        property: &PropertyRef,
    ) -> Result<ApiAnswer<Vec<Activation>>, Error> {
        self.wherever(property, async |property| {
            let call = Call::Activations(property);
            self.list(&call, ListKind::Activations, Activation::parse)
                .await
        })
        .await
    }

    /// The content provider codes of a contract in a group.
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

    /// The content provider codes of the whole account in one call, in the form of PAPI's items.
    /// [`Error::Forbidden`] where the credentials lack the grant for it.
    pub async fn all_cpcodes(&self) -> Result<ApiAnswer<Vec<CpCode>>, Error> {
        let call = Call::AllCpCodes;
        let answer = self.ask(&call, |body| flat(body, CpCode::parse_of_account));
        Ok(items_of(&call, answer.await?))
    }

    /// The API's own search: one item for each property version found, in the form of a property.
    pub async fn search(&self, by: FindBy) -> Result<ApiAnswer<Vec<Property>>, Error> {
        self.list(&Call::Search(by), ListKind::Versions, Property::parse)
            .await
    }

    /// Asks about a property. Where the ids of its group and contract lead nowhere, it is asked once more
    /// without them, and the next time at once: it may have moved to another group since they were read.
    async fn wherever<T>(
        &self,
        property: &PropertyRef,
        ask: impl AsyncFn(PropertyRef) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let anywhere = PropertyRef::new(&property.id);
        if property.within.is_none() || self.is_replay() || self.has_moved(&property.id) {
            let at = if self.is_replay() {
                property.clone()
            } else {
                anywhere
            };
            return ask(at).await;
        }
        match ask(property.clone()).await {
            Err(Error::Forbidden { .. } | Error::NotFound { .. }) => {
                let answer = ask(anywhere).await?;
                self.moved_ones().insert(property.id.clone());
                Ok(answer)
            }
            answer => answer,
        }
    }

    /// A property out of the recorded lists.
    fn listed(&self, id: &str) -> Option<ApiAnswer<Property>> {
        self.recorded_property_lists()?.find_map(|list| {
            let items = items(&list.body, ListKind::Properties, Property::parse).ok()?;
            let value = items.read.into_iter().find(|item| item.id == id)?;
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
        let answer = self.ask(call, |body| items(body, kind, parse)).await?;
        Ok(items_of(call, answer))
    }
}

/// The items of an answer, with what is wrong with the others beside them.
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
