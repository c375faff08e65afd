//! Accounts made from a seed, which answer like the property API. The stand-in API serves them, and the demo's
//! recording is made from them. The same seed and numbers give the same account.

// With paths, because an example includes this file too.
#[path = "account/answers.rs"]
mod answers;
#[path = "account/changes.rs"]
pub mod changes;
#[path = "account/hostnames.rs"]
mod hostnames;
#[path = "account/making.rs"]
mod making;
#[path = "account/property.rs"]
mod property;
#[path = "account/recording.rs"]
mod recording;

pub use answers::problem;

use jiff::Timestamp;
use serde_json::Value;

/// Largest page that the API returns.
pub const PAGE: usize = 999;

/// An account. Its public fields may be edited while it is served.
#[derive(Debug, Clone)]
pub struct Account {
    /// `act_…`, as in every response and property.
    pub id: String,
    seed: u64,
    odd: bool,
    counts: Counts,
    pub groups: Vec<Group>,
    pub contracts: Vec<String>,
    pub properties: Vec<Property>,
    pub hostnames: Vec<Hostname>,
    /// Groups that the list of groups lacks, although they can be read.
    pub hidden: Vec<String>,
    /// Groups that the credentials may not access: 403.
    pub forbidden: Vec<String>,
    /// Status for a property in a group that it is not in: 403 or 404.
    pub misplaced: u16,
    pub links: Links,
    /// A false `totalItems`.
    pub claimed_total: Option<usize>,
    /// Whether `modifiedSince` also lists drafts; the real API may omit them.
    pub modified_drafts: bool,
    /// The credentials may read `/cprg/v1/cpcodes`.
    pub cpcode_grant: bool,
}

/// How a page links to the next one; the API's documentation and its examples disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// No link.
    None,
    /// The offset only: no limit, no filter.
    Bare,
    Whole,
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
    /// Further groups that list the property.
    pub also_in: Vec<String>,
    pub latest: u32,
    pub staging: Option<u32>,
    pub production: Option<u32>,
    pub bucket: bool,
    /// Omit fields that the API may omit, instead of setting them to `null`.
    pub terse: bool,
    /// Times of the last activation on each network and of the newest version.
    pub modified: Modified,
}

/// The times that `modifiedSince` compares; `None` is long ago.
#[derive(Debug, Clone, Copy, Default)]
pub struct Modified {
    pub staging: Option<Timestamp>,
    pub production: Option<Timestamp>,
    pub draft: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct Hostname {
    pub name: String,
    pub property: String,
    pub staging: bool,
    pub production: bool,
    /// Listed in two rows, one for each network.
    pub split: bool,
}

/// A response: status and body.
pub type Reply = (u16, Value);

/// A request: method, path, query pairs, body, and the API's clock.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a [(String, String)],
    pub body: &'a str,
    pub now: Timestamp,
}

impl Account {
    /// An empty account; the four numbers follow.
    pub fn new(seed: u64) -> Self {
        Self {
            id: format!("act_A-CCT{seed}"),
            seed,
            odd: true,
            counts: Counts::default(),
            groups: Vec::new(),
            contracts: Vec::new(),
            properties: Vec::new(),
            hostnames: Vec::new(),
            hidden: Vec::new(),
            forbidden: Vec::new(),
            misplaced: 403,
            links: Links::Whole,
            claimed_total: None,
            modified_drafts: false,
            cpcode_grant: true,
        }
    }

    /// Leaves out the edge cases: every group has one contract, and every property has one group, a name of plain
    /// letters, and is active on both networks.
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

    /// Active hostnames; none without a property.
    pub fn hostnames(mut self, count: usize) -> Self {
        self.counts.hostnames = count;
        self.made()
    }

    /// Pairs of a group and a contract, one for each list of properties.
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

    /// Number of calls for a crawl with the account-wide list of hostnames.
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
}

/// Mixes the bits of a number (splitmix64).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl<'a> Question<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut of = self.query.iter().filter(|(known, _)| known == name);
        of.next().map(|(_, value)| value.as_str())
    }
}

/// Decodes the pairs of a query.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// Decodes a percent-encoded text.
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
