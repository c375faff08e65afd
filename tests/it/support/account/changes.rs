//! Changes of an account while it is served.

use super::{Account, Hostname, Modified, Property};
use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Staging,
    Production,
}

impl Account {
    pub fn with_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// Adds a group like the first one, with a property of its own.
    pub fn add_group(&mut self, id: &str, property: &str) {
        let mut group = self.groups[0].clone();
        group.id = id.into();
        self.groups.push(group);
        self.add_property(property, "new");
        if let Some(own) = self.property_mut(property) {
            own.group = id.into();
        }
    }

    /// Adds a property to the first group, active on both networks.
    pub fn add_property(&mut self, id: &str, name: &str) {
        let (group, contract) = self.pairs().into_iter().next().unwrap_or_default();
        self.properties.push(Property {
            id: id.to_owned(),
            name: name.to_owned(),
            contract,
            group,
            also_in: Vec::new(),
            latest: 1,
            staging: Some(1),
            production: Some(1),
            bucket: false,
            terse: false,
            modified: Modified::default(),
        });
    }

    /// Removes a property and its hostnames.
    pub fn remove_property(&mut self, id: &str) {
        self.properties.retain(|property| property.id != id);
        self.hostnames.retain(|hostname| hostname.property != id);
    }

    /// Adds a hostname that is active on both networks.
    pub fn add_hostname(&mut self, name: &str, property: &str) {
        self.hostnames.push(Hostname {
            name: name.to_owned(),
            property: property.to_owned(),
            staging: true,
            production: true,
            split: false,
        });
    }

    pub fn remove_hostname(&mut self, name: &str) {
        self.hostnames.retain(|hostname| hostname.name != name);
    }

    /// Lists a hostname in two rows: one for staging, one for production.
    pub fn split_hostname(&mut self, name: &str) {
        let mut of = self.hostnames.iter_mut();
        let found = of.find(|hostname| hostname.name == name);
        found.unwrap_or_else(|| panic!("no {name}")).split = true;
    }

    fn known(&mut self, id: &str) -> &mut Property {
        let property = self.property_mut(id);
        property.unwrap_or_else(|| panic!("no {id}"))
    }

    /// Creates a new version, active on no network.
    pub fn draft(&mut self, id: &str, now: Timestamp) -> u32 {
        let property = self.known(id);
        property.latest += 1;
        property.modified.draft = Some(now);
        property.latest
    }

    pub fn activate(&mut self, id: &str, network: Network, version: u32, now: Timestamp) {
        let property = self.known(id);
        assert!(version <= property.latest, "a known version");
        match network {
            Network::Staging => {
                property.staging = Some(version);
                property.modified.staging = Some(now);
            }
            Network::Production => {
                property.production = Some(version);
                property.modified.production = Some(now);
            }
        }
    }

    /// Moves a property. Its former group and contract now give 403.
    pub fn move_property(&mut self, id: &str, contract: &str, group: &str) {
        let property = self.known(id);
        contract.clone_into(&mut property.contract);
        group.clone_into(&mut property.group);
        property.also_in.clear();
    }
}
