//! The writes that put values in their place.

use super::Fill;
use super::ledger::Ledger;
use super::writer::{Closed, Writer};
use crate::cache::answers::{Host, array, host_value};
use crate::domain::account::Property;
use crate::domain::key::{Entry, Fqdn, Id, KeyError};
use crate::domain::ttl::Resource;
use crate::store::Write;

impl Fill<'_> {
    /// A write of a whole value with the time to live of its resource.
    pub(super) fn set(&self, entry: &Entry, resource: Resource, value: Vec<u8>) -> Write {
        Write::Set {
            key: self.key(entry),
            value,
            ttl: Some(self.ttl(resource)),
        }
    }

    /// Hands over a property itself.
    pub(super) async fn put_property(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        property: &Property,
    ) -> Result<(), Closed> {
        let Some(id) = self.id(ledger, Resource::Details, &property.id) else {
            return Ok(());
        };
        let value = property.json.clone().into_bytes();
        writer
            .put(
                Resource::Details,
                self.set(&Entry::Property(id), Resource::Details, value),
            )
            .await
    }

    /// Hands over the list of a property's host names.
    pub(super) async fn put_hostnames(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        property: &Property,
        hosts: &[Host],
    ) -> Result<(), Closed> {
        let Some(id) = self.id(ledger, Resource::Hostnames, &property.id) else {
            return Ok(());
        };
        let value = array(hosts.iter().map(|host| host.item.as_str()));
        let write = self.set(&Entry::PropertyHostnames(id), Resource::Hostnames, value);
        writer.put(Resource::Hostnames, write).await
    }

    /// Hands over the key of one host name.
    pub(super) async fn put_host(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        property: &Property,
        host: &Host,
    ) -> Result<(), Closed> {
        let Some(name) = self.fqdn(ledger, &host.name) else {
            return Ok(());
        };
        let value = host_value(property, host).into_bytes();
        let write = self.set(&Entry::Hostname(name), Resource::Hostnames, value);
        writer.put(Resource::Hostnames, write).await
    }

    /// An identifier from the API as part of a key; one that cannot be is entered as a failure.
    pub(super) fn id(&self, ledger: &Ledger, resource: Resource, text: &str) -> Option<Id> {
        self.part(ledger, resource, text, Id::new(text))
    }

    /// A host name from the API as part of a key; one that cannot be is entered as a failure.
    pub(super) fn fqdn(&self, ledger: &Ledger, name: &str) -> Option<Fqdn> {
        self.part(ledger, Resource::Hostnames, name, Fqdn::new(name))
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    fn part<T>(
        &self,
        ledger: &Ledger,
        resource: Resource,
        text: &str,
        made: Result<T, KeyError>,
    ) -> Option<T> {
        made.map_err(|error| {
            ledger.lacks(resource, None);
            ledger.failed(resource, text.to_owned(), "name", error.to_string());
        })
        .ok()
    }
}
