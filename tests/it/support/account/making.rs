//! Content of an account made from a seed, including edge cases.

use super::{Account, Counts, Group, Hostname, Modified, Property, mix};

impl Account {
    pub(super) fn made(mut self) -> Self {
        let Counts {
            groups,
            contracts,
            properties,
            hostnames,
        } = self.counts;
        self.contracts = (0..contracts)
            .map(|at| format!("ctr_C-{:X}", 0xA000 + at))
            .collect();
        self.groups = (0..groups).map(|at| self.group(at)).collect();
        let homes: Vec<_> = self
            .pairs()
            .into_iter()
            .enumerate()
            // One list in nine is empty.
            .filter(|(at, _)| !self.odd || at % 9 != 4)
            .map(|(_, pair)| pair)
            .collect();
        self.properties = match homes.len() {
            0 => Vec::new(),
            count => (0..properties)
                .map(|at| self.make_property(at, &homes[at % count], &homes[(at + 1) % count]))
                .collect(),
        };
        let active: Vec<_> = self
            .properties
            .iter()
            .filter(|property| property.staging.or(property.production).is_some())
            .cloned()
            .collect();
        self.hostnames = match active.len() {
            0 => Vec::new(),
            count => (0..hostnames)
                .map(|at| self.make_hostname(at, &active[at % count]))
                .collect(),
        };
        self
    }

    fn group(&self, at: usize) -> Group {
        let count = self.contracts.len();
        let mut contracts = Vec::new();
        if count > 0 {
            contracts.push(self.contracts[at % count].clone());
        }
        if self.odd && count > 1 && at % 7 == 3 {
            contracts.push(self.contracts[(at + 1) % count].clone());
        }
        if self.odd && at % 13 == 6 {
            contracts.clear();
        }
        Group {
            id: format!("grp_{}", 10_000 + at),
            name: if self.odd && at % 5 == 2 {
                format!("Gruppe «{at}» \"quoted\"")
            } else {
                format!("Group {at}")
            },
            parent: (at > 0).then(|| format!("grp_{}", 10_000 + at / 3)),
            contracts,
        }
    }

    fn make_property(
        &self,
        at: usize,
        (group, contract): &(String, String),
        (other_group, _): &(String, String),
    ) -> Property {
        let random = mix(self.seed ^ mix(at as u64));
        let kind = if self.odd { at % 20 } else { 0 };
        let latest = 2 + u32::try_from(random % 8).unwrap_or(0);
        Property {
            id: format!("prp_{}", 100_000 + at),
            name: match kind {
                5 => format!("shop \"{at}\"\nof 'Łódź' 🛒"),
                15 => format!("<b>{at}</b>,=cmd()"),
                _ => format!("site-{at}.example.com"),
            },
            contract: contract.clone(),
            group: group.clone(),
            also_in: if matches!(kind, 1 | 11) && other_group != group {
                vec![other_group.clone()]
            } else {
                Vec::new()
            },
            latest,
            staging: (!matches!(kind, 2 | 12)).then_some(latest - u32::from(kind % 3 == 1)),
            production: (!matches!(kind, 2 | 12 | 3 | 13))
                .then_some(latest - u32::from(kind % 2 == 1)),
            bucket: kind == 4,
            terse: matches!(kind, 6 | 12),
            modified: Modified::default(),
        }
    }

    fn make_hostname(&self, at: usize, property: &Property) -> Hostname {
        let (seed, kind) = (self.seed, if self.odd { at % 50 } else { 0 });
        Hostname {
            name: match kind {
                7 => format!("WWW-{at}.S{seed}.Example.COM"),
                8 => format!("bücher-{at}.s{seed}.example"),
                9 => format!("*.wild-{at}.s{seed}.example.com"),
                10 => format!(
                    "a-{at}.{}.s{seed}.example.com",
                    "long-label-of-a-host-name.".repeat(5).trim_end_matches('.')
                ),
                _ => format!("www-{at}.s{seed}.example.com"),
            },
            property: property.id.clone(),
            staging: property.staging.is_some() && kind != 12,
            production: property.production.is_some() && kind != 11 || property.staging.is_none(),
            split: false,
        }
    }
}
