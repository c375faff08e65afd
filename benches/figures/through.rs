//! Reads through the cache: many reads in one process, cold reads with a slow API, and an hour of requests that favor
//! a few items.

use crate::account::Account;
use crate::crawl::{self, PROPERTIES};
use crate::figure::{Goal, Table};
use crate::process::{Home, measured, median, timed};
use crate::server::Server;
use crate::support::akamai::{Akamai, Fault};
use crate::{Failed, wire};
use alecs_cache::testing::cache::read::{Reader, ReaderOptions, ServedFrom};
use alecs_cache::testing::domain::freshness::Lifetimes;
use alecs_cache::testing::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use alecs_cache::testing::domain::read::ReadItem;
use alecs_cache::testing::domain::search::SearchTerm;
use alecs_cache::testing::domain::ttl::Policy;
use alecs_cache::testing::source::{self, ApiLimits, Source, SourceOptions, find_credentials};
use alecs_cache::testing::stop::Stop;
use alecs_cache::testing::store;
use std::process::Command;
use std::time::{Duration, Instant};

/// Reads in one process.
const READS: usize = 10_000;

/// Time of an API call.
const CALL: Duration = Duration::from_millis(300);

/// Cold reads of each kind.
const COLD: usize = 5;

/// Requests in an hour.
const REQUESTS: usize = 10_000;

const MINUTES: usize = 60;

/// Minutes between two warm runs, as in the README: for a server that must always find the list of properties, and
/// for an account where that would cost too much. The plan's goals are for the second.
const EVERY: [(usize, bool); 2] = [(3, false), (10, true)];

/// State shared by a customer's readers.
struct Reading {
    scheme: Scheme,
    customer: Customer,
    policy: Policy,
    stop: Stop,
}

impl Reading {
    fn new() -> Result<Self, Failed> {
        Ok(Self {
            scheme: Scheme::default(),
            customer: Customer::new("acme")?,
            policy: Policy::default(),
            stop: Stop::never(),
        })
    }

    fn about<'a>(&'a self, required: bool, warn: &'a dyn Fn(&str)) -> ReaderOptions<'a> {
        ReaderOptions {
            scheme: &self.scheme,
            customer: &self.customer,
            lifetimes: Lifetimes {
                policy: &self.policy,
                stale_for: Duration::ZERO,
            },
            required,
            stop: &self.stop,
            warn,
        }
    }
}

/// Reads property after property of the warm cache over one connection.
pub fn reads(table: &mut Table, server: &Server) -> Result<(), Failed> {
    table.group(&format!("{READS} reads of properties in one process"));
    let reading = Reading::new()?;
    let mut times = runtime()?.block_on(async {
        let nobody = |_: ApiLimits| -> Result<Source, source::Error> {
            Err(source::Error::Credentials("the cache is warm".into()))
        };
        let about = reading.about(true, &|_| {});
        let reader = Reader::open(&server.options(), about, &nobody).await?;
        let mut times = Vec::with_capacity(READS);
        for number in 0..READS {
            // Spread over the account.
            let id = Id::new(&property(number * 7_919 % PROPERTIES))?;
            let item = ReadItem::Entry(Entry::Property(id));
            let began = Instant::now();
            let answers = reader.read(std::slice::from_ref(&item)).await?;
            times.push(began.elapsed());
            let answer = answers.into_iter().next().ok_or("no answer")?;
            if answer.served?.origin != ServedFrom::Cache {
                return Err(format!("{} is not in the cache", item.name()).into());
            }
        }
        reader.close().await?;
        Ok::<_, Failed>(times)
    })?;
    times.sort_unstable();
    for (name, share, goal) in [
        ("p50", 50, Goal::None),
        ("p95", 95, Goal::None),
        ("p99", 99, Goal::Under(20.0)),
    ] {
        let place = (times.len() * share / 100).min(times.len().saturating_sub(1));
        let time = times.get(place).copied().unwrap_or_default();
        table.wait(name, time, goal);
    }
    Ok(())
}

/// Measures reading uncached items with whole processes.
pub fn cold(table: &mut Table, home: &Home) -> Result<(), Failed> {
    let (server, api) = (Server::valkey(), Akamai::start(crawl::account(PROPERTIES)));
    api.fault("/papi", usize::MAX, Fault::Slow(CALL));
    let name = crawl::account(PROPERTIES).hostnames;
    table.group(&format!(
        "a cold cache, as a whole process, {} ms a call: median of {COLD}",
        CALL.as_millis()
    ));
    let run = |words: &[&str]| timed(live(home, &server, &api, words));
    let (mut properties, mut searches) = (Vec::new(), Vec::new());
    for number in 0..COLD {
        properties.push(run(&["get", "property", &property(number)])?);
        let name = name.get(number + COLD).ok_or("too few host names")?;
        searches.push(run(&["search", &name.name])?);
    }
    table.wait("get property ID", median(&mut properties), Goal::None);
    table.wait("search HOSTNAME", median(&mut searches), Goal::None);
    let whole = run(&["get", "properties"])?;
    table.time("get properties, once", whole, Goal::None);
    table.count(
        "calls for all this",
        u64::try_from(api.seen().len())?,
        Goal::None,
    );
    Ok(())
}

/// Result of an hour of requests.
struct Hour {
    calls: usize,
    /// Percentage of reads that the cache answered.
    hits: f64,
}

impl Hour {
    /// The hits are the readers' own counts.
    fn of(calls: usize, server: &Server) -> Result<Self, Failed> {
        let count = |tally: &str| -> Result<usize, Failed> {
            let key = format!("akamai:acme:metrics:cache:{tally}");
            let count: Option<usize> = server.try_ask(&["GET", &key])?;
            Ok(count.unwrap_or_default())
        };
        let (hits, misses) = (count("hits")?, count("misses")?);
        if hits + misses != REQUESTS {
            let counted = format!("{hits} hits and {misses} misses");
            return Err(format!("{counted} are not {REQUESTS} requests").into());
        }
        let hits = percent(hits, REQUESTS);
        Ok(Self { calls, hits })
    }
}

/// Makes the same requests without a cache, through a cache that they fill themselves, and through one that is kept
/// warm.
pub fn hours(table: &mut Table, home: &Home) -> Result<(), Failed> {
    table.group(&format!(
        "an hour of {REQUESTS} requests, Zipf over {PROPERTIES} properties: 7 of 10 a property, 2 a search, 1 host names"
    ));
    let account = crawl::account(PROPERTIES);
    let requests = requests(&account)?;
    let api = Akamai::start(account);

    let gone = Server::valkey();
    let nowhere = gone.options();
    drop(gone);
    let without = hour(home, &api, &nowhere, &requests, |_| Ok(()))?;
    table.count("calls without a cache", u64::try_from(without)?, Goal::None);

    let server = Server::valkey();
    let alone = hour(home, &api, &server.options(), &requests, |_| age(&server))?;
    let alone = Hour::of(alone, &server)?;
    tell(table, "a cache that they fill", &alone, without, false)?;
    drop(server);

    for (every, goals) in EVERY {
        let server = Server::valkey();
        let time = format!("{every}m");
        let kept = hour(home, &api, &server.options(), &requests, |minute| {
            age(&server)?;
            if minute % every == 0 {
                let words = ["warm", "-o", "json", "--every", &time];
                let report = measured(live(home, &server, &api, &words))?.json()?;
                if report["complete"] != true {
                    return Err(format!("warm is not complete: {}", report["errors"]).into());
                }
            }
            Ok(())
        })?;
        let kept = Hour::of(kept, &server)?;
        let name = format!("warm every {every} minutes");
        tell(table, &name, &kept, without, goals)?;
    }
    Ok(())
}

/// Adds the figures of an hour; goals come from the plan.
fn tell(
    table: &mut Table,
    name: &str,
    hour: &Hour,
    without: usize,
    goals: bool,
) -> Result<(), Failed> {
    let goal = |goal| if goals { goal } else { Goal::None };
    let calls = u64::try_from(hour.calls)?;
    table.count(format!("{name}: calls"), calls, goal(Goal::AtMost(2_000.0)));
    let saved = 100.0 - percent(hour.calls, without);
    let least = goal(Goal::AtLeast(80.0));
    table.share(format!("{name}: calls saved"), saved, least);
    let least = goal(Goal::AtLeast(85.0));
    table.share(format!("{name}: hits"), hour.hits, least);
    Ok(())
}

/// Returns the calls of one hour, minute by minute, with each request made like a process: it connects, reads,
/// refreshes and counts. Nobody waits for the minutes: `minute` ages the cache.
fn hour(
    home: &Home,
    api: &Akamai,
    cache: &store::Options,
    requests: &[Request],
    mut minute: impl FnMut(usize) -> Result<(), Failed>,
) -> Result<usize, Failed> {
    let before = api.seen().len();
    let reading = Reading::new()?;
    let options = SourceOptions {
        edgerc: Akamai::edgerc(home.path(), &["acme"]),
        section: None,
        section_from_environment: false,
        account_key: None,
        host: Some(api.url()),
        timeout: Duration::from_secs(10),
    };
    let make = |limits: ApiLimits| {
        let found = find_credentials(&options.edgerc, "acme", &|_| None)?;
        Source::api("acme", found.credentials, &options, limits, Stop::never())
    };
    let runtime = runtime()?;
    for (number, requests) in requests.chunks(REQUESTS.div_ceil(MINUTES)).enumerate() {
        minute(number)?;
        runtime.block_on(async {
            for request in requests {
                let about = reading.about(false, &|_| {});
                let reader = Reader::open(cache, about, &make).await?;
                match request {
                    Request::Item(item) => {
                        for answer in reader.read(std::slice::from_ref(item)).await? {
                            answer.served?;
                        }
                    }
                    Request::Search(wanted) => {
                        reader.search(wanted, 100).await?;
                    }
                }
                reader.finish(true, true).await;
                reader.close().await?;
            }
            Ok::<_, Failed>(())
        })?;
    }
    Ok(api.seen().len() - before)
}

/// Ages everything in the cache by a minute.
fn age(server: &Server) -> Result<(), Failed> {
    const OLDER: &str = "\
for _, key in ipairs(KEYS) do local left = redis.call('PTTL', key) \
if left > 60000 then redis.call('PEXPIRE', key, left - 60000) \
elseif left >= 0 then redis.call('UNLINK', key) end end return 0";
    let keys = wire::keys(server.port)?;
    let commands = keys.chunks(1_000).map(|keys| {
        let mut command = redis::cmd("EVAL");
        command.arg(OLDER).arg(keys.len()).arg(keys);
        command
    });
    wire::send(server.port, commands)
}

enum Request {
    Item(ReadItem),
    Search(SearchTerm),
}

/// Returns the requests of an hour: the item of rank n is requested 1/n as often as the first.
fn requests(account: &Account) -> Result<Vec<Request>, Failed> {
    let mut sum = 0.0;
    let mut sums = Vec::with_capacity(PROPERTIES);
    for place in 1..=u32::try_from(PROPERTIES)? {
        sum += 1.0 / f64::from(place);
        sums.push(sum);
    }
    let mut chance = fastrand::Rng::with_seed(7);
    let mut requests = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let point = chance.f64() * sum;
        let place = sums.partition_point(|sum| *sum < point);
        // Neighbors in rank are no neighbors in the account.
        let number = place * 7_919 % PROPERTIES;
        let id = Id::new(&property(number))?;
        requests.push(match chance.u8(..10) {
            0..7 => Request::Item(ReadItem::Entry(Entry::Property(id))),
            7 => Request::Item(ReadItem::Entry(Entry::PropertyHostnames(id))),
            _ => {
                let host = account.hostnames.get(number).ok_or("too few host names")?;
                Request::Search(SearchTerm::new(Fqdn::new(&host.name)?.as_str())?)
            }
        });
    }
    Ok(requests)
}

/// Prepares our binary with this cache and this API.
fn live(home: &Home, server: &Server, api: &Akamai, words: &[&str]) -> Command {
    let mut command = home.ours(server.port, words);
    command
        .args(["-c", "acme"])
        .env("AKAMAI_EDGERC", Akamai::edgerc(home.path(), &["acme"]))
        .env("ALECS_CACHE_AKAMAI_HOST", api.url());
    command
}

fn property(number: usize) -> String {
    format!("prp_{}", 100_000 + number)
}

#[expect(clippy::cast_precision_loss, reason = "counts of an hour are small")]
fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
