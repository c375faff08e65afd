//! Number and size of each customer's keys, from every key or a sample.

use super::StatsQuery;
use crate::cache::customers::{REFUSED_MAX, not_manageable};
use crate::cache::name_set::NameSet;
use crate::domain::glob;
use crate::domain::hit_rate::HitRate;
use crate::domain::key::{Customer, Entry, Key, Scheme};
use crate::domain::stats::sample::{KeyCensus, KeyClass, KeySample, SampledKey, Usage, allot};
use crate::domain::stats::{Amount, CustomerUse, LOCK, ResourceUse};
use crate::domain::ttl::Ttl;
use crate::store::{Error, KeyMemory, NodeConnection, Store};
use futures_util::future::join_all;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Number of keys of each kind that are read to measure the latency.
const EXAMPLES: usize = 10;

/// Kinds that may have many keys. They are estimated for every customer, even if the sample contains none of them.
const MANY: [&str; 5] = ["property", "hostname", "search", "contract", "absent"];

#[derive(Debug, Default)]
pub(super) struct CustomerKeys {
    pub customers: Vec<CustomerUse>,
    /// Names in the customer position that this program refuses.
    pub not_manageable: BTreeSet<String>,
    /// Number of keys examined.
    pub examined: u64,
    /// A customer with no more keys than this may be missing, if all customers were sampled.
    pub unseen: Option<u64>,
    /// Why keys are missing: a server was lost.
    pub lost: Option<Error>,
    /// Example keys of property lists.
    pub lists: Vec<String>,
    /// Example keys that a hostname search reads.
    pub hostnames: Vec<String>,
    /// Example keys of properties.
    pub properties: Vec<String>,
}

impl CustomerKeys {
    /// Returns the megabytes of the largest customer, if all sizes are known. A customer of whom the sample has no key
    /// is not the largest.
    #[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
    pub(super) fn largest_customer(&self) -> Option<f64> {
        let met = self.customers.iter().map(|one| one.amount);
        let met = met.filter(|amount| amount.keys > 0 || amount.keys_high == 0);
        let bytes = met.map(|amount| amount.memory_bytes);
        let all = bytes.collect::<Option<Vec<u64>>>()?;
        all.into_iter().max().map(|bytes| bytes as f64 / 1e6)
    }
}

/// State of the count.
struct CensusWalk<'a> {
    ask: &'a StatsQuery<'a>,
    census: KeyCensus,
    examined: u64,
    examples: CustomerKeys,
}

/// Counts or estimates. Few keys are always counted. A lost server is left out.
pub(super) async fn count(
    reader: &Store,
    ask: &StatsQuery<'_>,
    counts: &HitRate,
) -> Result<CustomerKeys, Error> {
    let mut lost = None;
    let connected = reader.each_node().await.into_iter();
    let connected = connected.map(|node| present(node, &mut lost));
    let connected: Vec<NodeConnection> = connected
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    let sizes = join_all(connected.iter().map(|node| node.keys(reader.db()))).await;
    let (mut nodes, mut keys) = (Vec::new(), Vec::new());
    for (node, size) in connected.into_iter().zip(sizes) {
        if let Some(size) = present(size, &mut lost)? {
            nodes.push(node);
            keys.push(size);
        }
    }
    if let Some(error) = lost.take_if(|_| nodes.is_empty()) {
        return Err(error);
    }
    // A sample says nothing if the number of keys is unknown.
    let keys: Option<Vec<u64>> = keys.into_iter().collect();
    let few = |keys: &Vec<u64>| keys.iter().sum::<u64>() <= ask.samples.saturating_mul(2);
    let keys = keys.filter(|keys| !(ask.full || few(keys)));
    let mut counting = CensusWalk {
        ask,
        census: KeyCensus::default(),
        examined: 0,
        examples: CustomerKeys {
            lost,
            ..CustomerKeys::default()
        },
    };
    let sampled = keys.is_some();
    if let Some(keys) = keys {
        counting.estimate(reader, &nodes, &keys, counts).await?;
    } else {
        counting = walk(&nodes, counting).await?;
    }
    Ok(counting.finish(sampled))
}

/// Returns a server's answer; `None` if the server is lost, whose first error is kept in `lost`.
fn present<T>(answer: Result<T, Error>, lost: &mut Option<Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_unreachable() => {
            lost.get_or_insert(error);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Examines every key once, even if a scan returns it twice.
async fn walk<'a>(
    nodes: &[NodeConnection],
    counting: CensusWalk<'a>,
) -> Result<CensusWalk<'a>, Error> {
    let scheme = counting.ask.scheme;
    let pattern = match counting.ask.customers {
        Some([one]) => scheme.pattern(one, "*"),
        _ => format!("{}*", glob::escape(scheme.prefix())),
    };
    let met = RefCell::new((NameSet::default(), counting));
    let walks = nodes.iter().map(|node| {
        node.walk(
            pattern.as_bytes(),
            |key| is_collection(scheme, key),
            |page| {
                let (known, counting) = &mut *met.borrow_mut();
                for (key, size) in page {
                    if known.insert(&key) {
                        counting.examined += 1;
                        if let Some(seen) = counting.look(&key, size) {
                            counting.census.count(seen);
                        }
                    }
                }
            },
        )
    });
    let walked = join_all(walks).await;
    let mut counting = met.into_inner().1;
    for walked in walked {
        present(walked, &mut counting.examples.lost)?;
    }
    Ok(counting)
}

impl CensusWalk<'_> {
    /// Samples keys, and measures each customer's single large keys by name.
    async fn estimate(
        &mut self,
        reader: &Store,
        nodes: &[NodeConnection],
        keys: &[u64],
        counts: &HitRate,
    ) -> Result<(), Error> {
        let scheme = self.ask.scheme;
        let mut sample = KeySample::default();
        let shares = allot(self.ask.samples, keys);
        let drawn = nodes.iter().zip(&shares).map(async |(node, share)| {
            let keys = node
                .draw(usize::try_from(*share).unwrap_or(usize::MAX))
                .await?;
            let sizes = node
                .measure(&keys, |key| is_collection(scheme, key))
                .await?;
            Ok::<_, Error>(keys.into_iter().zip(sizes).collect::<Vec<_>>())
        });
        for (drawn, keys) in join_all(drawn).await.into_iter().zip(keys) {
            let Some(drawn) = present(drawn, &mut self.examples.lost)? else {
                continue;
            };
            let node = sample.node(*keys);
            for (key, size) in drawn {
                self.examined += 1;
                // Keys that are measured by name must not count in the sample too.
                let seen = size
                    .and_then(|size| self.look(&key, size))
                    .filter(|_| !is_single(scheme, &key));
                sample.draw(node, seen);
            }
        }
        self.examples.unseen = self.ask.customers.is_none().then(|| sample.unseen());
        for customer in self.customers(&sample, counts) {
            let names: Vec<(String, &'static str)> = Entry::SINGLES
                .iter()
                .map(|entry| (scheme.key(&customer, entry), entry.parts().0))
                .collect();
            let keys: Vec<String> = names.iter().map(|(key, _)| key.clone()).collect();
            for ((key, _), size) in names.iter().zip(reader.measure_named(&keys).await) {
                if let Some(size) = present(size, &mut self.examples.lost)?.flatten()
                    && let Some(seen) = self.look(key.as_bytes(), size)
                {
                    self.examined += 1;
                    self.census.count(seen);
                }
            }
            for kind in MANY {
                let group = (customer.to_string(), kind);
                let usage = sample.usage(&group);
                self.census.add(group, usage);
            }
        }
        let rest: BTreeSet<KeyClass> = sample
            .groups()
            .filter(|(_, kind)| !MANY.contains(kind))
            .cloned()
            .collect();
        for group in rest {
            let usage = sample.usage(&group);
            self.census.add(group, usage);
        }
        Ok(())
    }

    /// Returns the requested customers, otherwise those found in the sample or the counts.
    fn customers(&self, sample: &KeySample, counts: &HitRate) -> BTreeSet<Customer> {
        if let Some(asked) = self.ask.customers {
            return asked.iter().cloned().collect();
        }
        let met = sample.groups().map(|(name, _)| name);
        met.chain(&counts.customers)
            .filter_map(|name| Customer::new(name).ok())
            .collect()
    }

    /// Classifies a key; `None` if it belongs to no requested customer.
    fn look(&mut self, key: &[u8], size: KeyMemory) -> Option<SampledKey> {
        let scheme = self.ask.scheme;
        let Some((customer, rest)) = scheme.split(key) else {
            if self.ask.customers.is_none() {
                let refused = &mut self.examples.not_manageable;
                refused.extend(not_manageable(scheme, key).filter(|_| refused.len() < REFUSED_MAX));
            }
            return None;
        };
        if self
            .ask
            .customers
            .is_some_and(|asked| !asked.contains(&customer))
        {
            return None;
        }
        let entry = std::str::from_utf8(rest).ok().and_then(Scheme::parse_entry);
        let examples = match &entry {
            Some(Entry::Properties) => Some(&mut self.examples.lists),
            Some(Entry::Hostname(_)) => Some(&mut self.examples.hostnames),
            Some(Entry::Property(_)) => Some(&mut self.examples.properties),
            _ => None,
        };
        if let Some(examples) = examples.filter(|examples| examples.len() < EXAMPLES) {
            examples.push(String::from_utf8_lossy(key).into_owned());
        }
        let kind = match &entry {
            Some(Entry::Lock(_) | Entry::WarmLock) => LOCK,
            Some(entry) => entry.parts().0,
            None => "other",
        };
        Some(SampledKey {
            group: (customer.to_string(), kind),
            bytes: size.bytes,
            no_ttl: size.ttl == Ttl::Forever && !entry.is_some_and(|entry| lives_for_ever(&entry)),
        })
    }

    fn finish(self, sampled: bool) -> CustomerKeys {
        let mut customers: BTreeMap<String, (Usage, Vec<ResourceUse>)> = BTreeMap::new();
        let partial = self.examples.lost.is_some();
        // Only if all servers answered: a customer without keys may have some on the others.
        let asked = self.ask.customers.filter(|_| !partial);
        for asked in asked.unwrap_or_default() {
            customers.entry(asked.to_string()).or_default();
        }
        for ((customer, kind), usage) in self.census.iter() {
            let (sum, kinds) = customers.entry(customer.clone()).or_default();
            *sum += *usage;
            kinds.push(ResourceUse {
                resource: kind,
                amount: Amount::from(*usage),
            });
        }
        let customers = customers
            .into_iter()
            .map(|(customer, (sum, resources))| CustomerUse {
                customer,
                amount: Amount::from(sum),
                sampled,
                partial,
                resources,
            });
        CustomerKeys {
            customers: customers.collect(),
            examined: self.examined,
            ..self.examples
        }
    }
}

fn is_single(scheme: &Scheme, key: &[u8]) -> bool {
    matches!(scheme.parse(key), Some(Key::Of(_, entry)) if Entry::SINGLES.contains(&entry))
}

/// True if the scheme makes the key a collection. All members are then measured.
fn is_collection(scheme: &Scheme, key: &[u8]) -> bool {
    matches!(scheme.parse(key), Some(Key::Of(_, entry)) if entry.is_collection())
}

/// True for counters, state and history, which have no TTL by design.
fn lives_for_ever(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Metric(_) | Entry::WarmState | Entry::Generation | Entry::Generations | Entry::Audit
    )
}
