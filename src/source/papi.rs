//! The questions about an account, with typed answers.

use super::attempt::refusal;
use super::call::{Call, FindBy, PropertyRef};
use super::client::{Client, Raw};
use super::edgerc::Credentials;
use super::envelope::{Kind, items, whole};
use super::options::{Limits, Options, Tuning};
use super::pages::{HostnamePage, Pages, Walk};
use super::quote::quote;
use super::recorder::Recorder;
use super::recording::Recording;
use super::{Error, pages};
use crate::domain::account::{
    Activation, ActiveHostname, Contract, CpCode, Flaw, Group, Property, Version, VersionHostname,
    with_prefix,
};
use crate::stop::Stop;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One customer's account, asked through the API or in a recording.
pub struct Source {
    customer: String,
    origin: Origin,
    recorder: Option<Arc<Recorder>>,
    answers: AtomicU64,
}

enum Origin {
    Api(Box<Client>),
    Replay(Arc<Recording>),
}

/// An answer and the API's clock when it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was answered.
    pub value: T,
    /// The answer's `Date`.
    pub date: Option<Timestamp>,
}

impl Source {
    /// The API itself. Nothing is done before the first call, but the address is checked: another
    /// host than the credentials' own must be a loopback address.
    pub fn api(
        customer: impl Into<String>,
        credentials: Credentials,
        options: &Options,
        limits: Limits,
        stop: Stop,
    ) -> Result<Self, Error> {
        Self::api_tuned(
            customer,
            credentials,
            options,
            limits,
            Tuning::default(),
            stop,
        )
    }

    /// As [`Source::api`], with other times than those that suit the real API.
    #[doc(hidden)]
    pub fn api_tuned(
        customer: impl Into<String>,
        mut credentials: Credentials,
        options: &Options,
        limits: Limits,
        tuning: Tuning,
        stop: Stop,
    ) -> Result<Self, Error> {
        if let Some(key) = &options.account_key {
            credentials.account_key = Some(key.clone());
        }
        let host = options.host.as_deref();
        let client = Client::new(credentials, host, options.timeout, limits, tuning, stop)?;
        Ok(Self::of(customer.into(), Origin::Api(Box::new(client))))
    }

    /// A recording in the API's place; it must hold answers of this customer.
    pub fn replay(customer: impl Into<String>, recording: Arc<Recording>) -> Result<Self, Error> {
        let customer = customer.into();
        recording.require(&customer)?;
        Ok(Self::of(customer, Origin::Replay(recording)))
    }

    /// Also writes each answer to a recording.
    #[must_use]
    pub fn recording_to(mut self, recorder: Arc<Recorder>) -> Self {
        self.recorder = Some(recorder);
        self
    }

    fn of(customer: String, origin: Origin) -> Self {
        Self {
            customer,
            origin,
            recorder: None,
            answers: AtomicU64::new(0),
        }
    }

    /// Whose account it is.
    #[must_use]
    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// Attempts sent to the API, retries included; a recording costs none.
    #[must_use]
    pub fn calls_made(&self) -> u64 {
        self.client().map_or(0, |client| client.pacer().sent())
    }

    /// Requests left in the account's current minute, as the API last said.
    #[must_use]
    pub fn calls_remaining(&self) -> Option<u64> {
        self.client()?.pacer().told_left()
    }

    /// Requests that the account may make a minute, as the API last said.
    #[must_use]
    pub fn calls_per_minute(&self) -> Option<u64> {
        self.client()?.pacer().told_limit()
    }

    /// Attempts that were made because an earlier one failed.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.client().map_or(0, Client::retries)
    }

    /// The time spent waiting for the rate limit, all calls together.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.client()
            .map_or(Duration::ZERO, |client| client.pacer().waited())
    }

    /// Questions that were answered, by the API or by a recording.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// All groups.
    pub async fn groups(&self) -> Result<Answer<Vec<Group>>, Error> {
        self.list(&Call::Groups, Kind::Groups, Group::parse).await
    }

    /// All contracts.
    pub async fn contracts(&self) -> Result<Answer<Vec<Contract>>, Error> {
        self.list(&Call::Contracts, Kind::Contracts, Contract::parse)
            .await
    }

    /// The properties of a contract in a group. Items that do not say where they are, are there.
    pub async fn properties(
        &self,
        contract: &str,
        group: &str,
    ) -> Result<Answer<Vec<Property>>, Error> {
        let call = Call::Properties {
            contract: contract.to_owned(),
            group: group.to_owned(),
        };
        self.list(&call, Kind::Properties, |json| {
            let mut property = Property::parse(json)?;
            if property.contract.is_empty() {
                contract.clone_into(&mut property.contract);
            }
            if property.group.is_empty() {
                group.clone_into(&mut property.group);
            }
            Ok(property)
        })
        .await
    }

    /// The properties modified on a network in a time, an ISO 8601 duration such as `PT15M`.
    pub async fn modified_properties(&self, since: &str) -> Result<Answer<Vec<Property>>, Error> {
        let call = Call::ModifiedProperties {
            since: since.to_owned(),
        };
        self.list(&call, Kind::Properties, Property::parse).await
    }

    /// One property; an answer about none, or about another one, is [`Error::NotFound`] or
    /// [`Error::Malformed`].
    pub async fn property(&self, property: &PropertyRef) -> Result<Answer<Property>, Error> {
        let call = Call::Property(property.clone());
        let found = self.list(&call, Kind::Properties, Property::parse).await?;
        let date = found.date;
        let call = call.to_string();
        match found.value.into_iter().next() {
            None => Err(Error::NotFound { call }),
            Some(value) if value.id != with_prefix("prp_", &property.id) => Err(Error::Malformed {
                call,
                detail: format!("it is about `{}`", quote(value.id.as_bytes())),
            }),
            Some(value) => Ok(Answer { value, date }),
        }
    }

    /// The account's active hostnames, page by page to the end.
    #[must_use]
    pub fn hostnames(&self) -> Pages<'_> {
        Pages::new(self, Walk::Account)
    }

    /// The hostnames in the bucket of one property, page by page to the end.
    #[must_use]
    pub fn bucket_hostnames(&self, property: &PropertyRef) -> Pages<'_> {
        Pages::new(self, Walk::Bucket(property.clone()))
    }

    /// One page of the account's active hostnames.
    pub async fn hostname_page(
        &self,
        offset: u64,
        limit: u64,
    ) -> Result<Answer<HostnamePage>, Error> {
        let call = Call::Hostnames { offset, limit };
        self.ask(&call, |body| pages::page(body, ActiveHostname::parse))
            .await
    }

    /// One page of the hostnames in the bucket of a property.
    pub async fn bucket_hostname_page(
        &self,
        property: &PropertyRef,
        offset: u64,
        limit: u64,
    ) -> Result<Answer<HostnamePage>, Error> {
        let call = Call::BucketHostnames {
            property: property.clone(),
            offset,
            limit,
        };
        let parse = |json: &str| ActiveHostname::parse_of(&property.id, json);
        self.ask(&call, |body| pages::page(body, parse)).await
    }

    /// The hostnames of one version.
    pub async fn version_hostnames(
        &self,
        property: &PropertyRef,
        version: u32,
    ) -> Result<Answer<Vec<VersionHostname>>, Error> {
        let call = Call::VersionHostnames {
            property: property.clone(),
            version,
        };
        self.list(&call, Kind::Hostnames, VersionHostname::parse)
            .await
    }

    /// The newest versions of a property.
    pub async fn versions(
        &self,
        property: &PropertyRef,
        limit: u32,
    ) -> Result<Answer<Vec<Version>>, Error> {
        let call = Call::Versions {
            property: property.clone(),
            limit,
        };
        self.list(&call, Kind::Versions, Version::parse).await
    }

    /// The rule tree of one version: the API's whole answer, compact.
    pub async fn rules(
        &self,
        property: &PropertyRef,
        version: u32,
    ) -> Result<Answer<String>, Error> {
        let call = Call::Rules {
            property: property.clone(),
            version,
        };
        self.ask(&call, |body| whole(body, "rules")).await
    }

    /// The activations of a property.
    pub async fn activations(
        &self,
        property: &PropertyRef,
    ) -> Result<Answer<Vec<Activation>>, Error> {
        let call = Call::Activations(property.clone());
        self.list(&call, Kind::Activations, Activation::parse).await
    }

    /// The content provider codes of a contract in a group.
    pub async fn cpcodes(&self, contract: &str, group: &str) -> Result<Answer<Vec<CpCode>>, Error> {
        let call = Call::CpCodes {
            contract: contract.to_owned(),
            group: group.to_owned(),
        };
        self.list(&call, Kind::CpCodes, CpCode::parse).await
    }

    /// The API's own search: one item for each property version found, in the form of a property.
    pub async fn search(&self, by: FindBy) -> Result<Answer<Vec<Property>>, Error> {
        self.list(&Call::Search(by), Kind::Versions, Property::parse)
            .await
    }

    async fn list<T>(
        &self,
        call: &Call,
        kind: Kind,
        parse: impl Fn(&str) -> Result<T, Flaw>,
    ) -> Result<Answer<Vec<T>>, Error> {
        self.ask(call, |body| items(body, kind, parse)).await
    }

    async fn ask<T>(
        &self,
        call: &Call,
        read: impl FnOnce(&str) -> Result<T, Flaw>,
    ) -> Result<Answer<T>, Error> {
        let outcome = self.answer(call, read).await;
        if let Some(client) = self.client() {
            client.settled(&outcome);
        }
        if outcome.is_ok() {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    async fn answer<T>(
        &self,
        call: &Call,
        read: impl FnOnce(&str) -> Result<T, Flaw>,
    ) -> Result<Answer<T>, Error> {
        let raw = match &self.origin {
            Origin::Api(client) => client.ask(call).await?,
            Origin::Replay(recording) => replayed(recording, &self.customer, call)?,
        };
        let (text, flaw) = match String::from_utf8(raw.body) {
            Ok(text) => (text, None),
            Err(error) => (
                String::from_utf8_lossy(error.as_bytes()).into_owned(),
                Some(Flaw("it is not UTF-8".into())),
            ),
        };
        let clean = match self.client() {
            Some(client) => client.credentials().scrub(&text),
            None => text.as_str().into(),
        };
        if let Some(recorder) = &self.recorder {
            recorder.write(
                &self.customer,
                &call.to_string(),
                raw.status,
                raw.date,
                &clean,
            )?;
        }
        if let Some(error) = raw.refusal {
            return Err(error);
        }
        let value = flaw
            .map_or_else(|| read(&text), Err)
            .map_err(|flaw| Error::Malformed {
                call: call.to_string(),
                detail: format!("{flaw}; it begins with `{}`", quote(clean.as_bytes())),
            })?;
        Ok(Answer {
            value,
            date: raw.date,
        })
    }

    fn client(&self) -> Option<&Client> {
        match &self.origin {
            Origin::Api(client) => Some(client),
            Origin::Replay(_) => None,
        }
    }
}

fn replayed(recording: &Recording, customer: &str, call: &Call) -> Result<Raw, Error> {
    let replayed = recording.answer(customer, &call.to_string())?;
    let success = (200..300).contains(&replayed.status);
    Ok(Raw {
        refusal: (!success).then(|| {
            refusal(
                replayed.status,
                None,
                &replayed.body,
                call,
                Timestamp::now(),
            )
            .into_error(call)
        }),
        status: replayed.status,
        date: replayed.date,
        body: replayed.body.into_bytes(),
    })
}
