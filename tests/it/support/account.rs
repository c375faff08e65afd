//! Accounts made from a seed, answering as the property API answers: the stand-in API serves them
//! and the demo's recording is made of them. The same seed and numbers give the same account.

#[path = "account_answers.rs"]
mod answers;

pub use answers::problem;

use serde_json::{Value, json};

/// What the API gives at once, at most.
pub const PAGE: usize = 999;

/// An account. Edit it through its public fields, also while it is served.
#[derive(Debug, Clone)]
pub struct Account {
    seed: u64,
    odd: bool,
    counts: Counts,
    pub groups: Vec<Group>,
    pub contracts: Vec<String>,
    pub properties: Vec<Property>,
    pub hostnames: Vec<Hostname>,
    /// Groups that these credentials may not see into: 403.
    pub forbidden: Vec<String>,
    /// Whether pages link to the next one; the API's text and its examples disagree.
    pub next_links: bool,
    /// A `totalItems` that is not true.
    pub claimed_total: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    groups: usize,
    contracts: usize,
    properties: usize,
    hostnames: usize,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub id: String,
    pub name: String,
    pub parent: Option<String>,
    pub contracts: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Property {
    pub id: String,
    pub name: String,
    pub contract: String,
    pub group: String,
    /// Further groups whose list shows it.
    pub also_in: Vec<String>,
    pub latest: u32,
    pub staging: Option<u32>,
    pub production: Option<u32>,
    pub bucket: bool,
    /// Leave out what the API may leave out, rather than say `null`.
    pub terse: bool,
    /// Changed in the time that any `modifiedSince` asks for.
    pub modified: bool,
}

#[derive(Debug, Clone)]
pub struct Hostname {
    pub name: String,
    pub property: String,
    pub staging: bool,
    pub production: bool,
}

/// An answer: status and body.
pub type Reply = (u16, Value);

/// A question: the method, the path, the query's pairs, the body.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a [(String, String)],
    pub body: &'a str,
}

impl Account {
    /// An empty account; the four numbers follow.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            odd: true,
            counts: Counts::default(),
            groups: Vec::new(),
            contracts: Vec::new(),
            properties: Vec::new(),
            hostnames: Vec::new(),
            forbidden: Vec::new(),
            next_links: true,
            claimed_total: None,
        }
    }

    /// Without the edge cases: every group has one contract, every property one group, one name of
    /// plain letters and is active on both networks.
    pub fn regular(mut self) -> Self {
        self.odd = false;
        self.made()
    }

    pub fn groups(mut self, count: usize) -> Self {
        self.counts.groups = count;
        self.made()
    }

    pub fn contracts(mut self, count: usize) -> Self {
        self.counts.contracts = count;
        self.made()
    }

    pub fn properties(mut self, count: usize) -> Self {
        self.counts.properties = count;
        self.made()
    }

    /// Active hostnames; there are none without a property.
    pub fn hostnames(mut self, count: usize) -> Self {
        self.counts.hostnames = count;
        self.made()
    }

    /// Pairs of a group and a contract: as many lists of properties there are.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let pairs = |group: &Group| {
            let id = group.id.clone();
            let contracts = group.contracts.clone();
            contracts
                .into_iter()
                .map(move |contract| (id.clone(), contract))
        };
        self.groups.iter().flat_map(pairs).collect()
    }

    /// Calls that a crawl with the account-wide list of hostnames costs.
    pub fn crawl_calls(&self) -> usize {
        2 + self.pairs().len() + self.hostnames.len().div_ceil(PAGE).max(1)
    }

    pub fn property(&self, id: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.id == id)
    }

    pub fn property_mut(&mut self, id: &str) -> Option<&mut Property> {
        self.properties
            .iter_mut()
            .find(|property| property.id == id)
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
            modified: true,
        });
    }

    /// Removes a property with its hostnames.
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
        });
    }

    pub fn remove_hostname(&mut self, name: &str) {
        self.hostnames.retain(|hostname| hostname.name != name);
    }

    fn made(mut self) -> Self {
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
            modified: false,
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
        }
    }
}

/// Well mixed bits of a number (splitmix64).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Recordings.
impl Account {
    /// The lines of a recording of everything that a crawl asks; with `deep` also of what is asked
    /// about each single property.
    pub fn recording<'a>(
        &'a self,
        customer: &'a str,
        deep: bool,
    ) -> impl Iterator<Item = String> + 'a {
        let mut calls = vec![
            "/papi/v1/groups".to_owned(),
            "/papi/v1/contracts".to_owned(),
        ];
        for (group, contract) in self.pairs() {
            let within = format!("contractId={contract}&groupId={group}");
            calls.push(format!("/papi/v1/properties?{within}"));
            if deep {
                calls.push(format!("/papi/v1/cpcodes?{within}"));
            }
        }
        for page in 0..self.hostnames.len().div_ceil(PAGE).max(1) {
            calls.push(format!(
                "/papi/v1/hostnames?offset={}&limit={PAGE}",
                page * PAGE
            ));
        }
        let properties = if deep {
            self.properties.as_slice()
        } else {
            &[]
        };
        for property in properties {
            let within = format!(
                "contractId={}&groupId={}",
                property.contract, property.group
            );
            let base = format!("/papi/v1/properties/{}", property.id);
            calls.push(format!("{base}?{within}"));
            calls.push(format!("{base}/versions?{within}&limit=10"));
            calls.push(format!("{base}/activations?{within}"));
            if property.bucket {
                calls.push(format!("{base}/hostnames?{within}&offset=0&limit={PAGE}"));
            }
            let mut versions = vec![property.latest];
            versions.extend(
                property
                    .production
                    .filter(|version| *version != property.latest),
            );
            for version in versions {
                calls.push(format!(
                    "{base}/versions/{version}/rules?{within}&validateRules=false"
                ));
                calls.push(format!(
                    "{base}/versions/{version}/hostnames?{within}&validateHostnames=false"
                ));
            }
        }
        calls.into_iter().map(move |call| {
            let (path, query) = call.split_once('?').unwrap_or((&call, ""));
            let query = pairs(query);
            let (status, body) = self.reply(&Question {
                method: "GET",
                path,
                query: &query,
                body: "",
            });
            let line = json!({
                "version": 1, "customer": customer, "call": format!("GET {call}"), "status": status,
                "date": "2026-11-23T08:00:00Z", "body": body,
            });
            line.to_string()
        })
    }
}

impl<'a> Question<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut of = self.query.iter().filter(|(known, _)| known == name);
        of.next().map(|(_, value)| value.as_str())
    }
}

/// The pairs of a query, decoded.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// A percent-encoded text as it was meant.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
