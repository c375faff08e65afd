//! A large account kept warm for hours of simulated time: the number of calls, and how long keys that the ALECS
//! server reads were missing.

use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::akamai::Rate;
use crate::support::keep_process::KeepProcess;
use crate::support::stage::Stage;
use crate::warm_since::{pass, values};
use jiff::Timestamp;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Default time between two cycles.
const EVERY: Duration = Duration::from_mins(3);

/// Calls per hour that the API allows an account.
const QUOTA: f64 = 6_000.0;

/// Returns the number of properties, pairs and hours: from `ALECS_CACHE_SIMULATION`, such as `10000,200,24` for a day
/// of a large account, otherwise `usual`.
fn size(usual: [usize; 3]) -> [usize; 3] {
    let named = std::env::var("ALECS_CACHE_SIMULATION").unwrap_or_default();
    let numbers: Vec<usize> = named.split(',').flat_map(str::parse).collect();
    numbers.try_into().unwrap_or(usual)
}

/// An account with its cache, and the totals of what happened.
struct World {
    stage: Stage,
    properties: usize,
    /// Properties and hostnames that should be cached.
    expected: (usize, usize),
    /// Fraction of a change that is still to come.
    pending: f64,
    random: u64,
    seen: Totals,
}

/// Totals of the cycles after the first.
#[derive(Default)]
struct Totals {
    cycles: u64,
    calls: u64,
    busiest: u64,
    /// Cycles without changes before them and without an interval that ended: their number, and the calls of the
    /// busiest one.
    idle: u64,
    idle_busiest: u64,
    /// Crawls of the account, and lists of all hostnames.
    crawls: u64,
    listings: u64,
    changes: u64,
    /// Changes that were not in the cache after the next cycle.
    unseen: u64,
    /// Total time, and the parts of it in which a key that the server reads was missing or past the threshold at
    /// which the server would refresh it.
    time: Duration,
    absent: Duration,
    late: Duration,
    took: Duration,
}

/// Remaining time of the keys that the server reads.
struct Left {
    whole: bool,
    /// Time until the first key expires, and until the first one crosses its threshold.
    life: Duration,
    slack: Duration,
}

impl World {
    fn new(properties: usize, pairs: usize) -> Self {
        let account = Account::new(7)
            .regular()
            .groups(pairs)
            .contracts(1)
            .properties(properties)
            .hostnames(properties);
        let stage = Stage::new(account);
        stage.api.set_clock(Timestamp::now());
        stage.api.rate(Rate::AKAMAI);
        Self {
            stage,
            properties,
            expected: (properties, properties),
            pending: 0.0,
            random: 7,
            seen: Totals::default(),
        }
    }

    fn random(&mut self, below: usize) -> usize {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.random >> 33).unwrap() % below
    }

    /// Activates one percent of the properties per hour, in half of the cycles. Every fourth of them serves a new
    /// hostname.
    fn change(&mut self, span: Duration) -> Vec<(String, Option<String>)> {
        let properties = f64::from(u32::try_from(self.properties).unwrap());
        self.pending += properties / 100.0 * span.as_secs_f64() / 3_600.0;
        let mut changed = Vec::new();
        if self.random(2) == 0 {
            return changed;
        }
        while self.pending >= 1.0 {
            self.pending -= 1.0;
            let id = format!("prp_{}", 100_000 + self.random(self.properties));
            let number = self.seen.changes;
            self.seen.changes += 1;
            let host = number
                .is_multiple_of(4)
                .then(|| format!("new-{number}.example.com"));
            self.stage.api.change(|account, now| {
                let version = account.draft(&id, now);
                account.activate(&id, Network::Staging, version, now);
                account.activate(&id, Network::Production, version, now);
                if let Some(host) = &host {
                    account.add_hostname(host, &id);
                }
            });
            changed.push((id, host));
        }
        changed
    }

    /// Returns the remaining time of the keys that the server reads: the list, each property, its hostnames, and the
    /// property of each hostname.
    fn left(&self) -> Left {
        const SCRIPT: &str = "
            local n, h, life, slack = 0, 0, 1e12, 1e12
            for _, key in ipairs(redis.call('KEYS', 'akamai:acme:*')) do
                local least = nil
                if string.find(key, ':hostname:', 12, true) then h, least = h + 1, 360
                elseif string.find(key, ':property:', 12, true) then
                    n, least = n + 1, 270
                    if string.sub(key, -10) == ':hostnames' then least = 360 end
                elseif string.sub(key, -15) == ':properties:all' then n, least = n + 1, 60 end
                if least then
                    local left = redis.call('PTTL', key)
                    life, slack = math.min(life, left), math.min(slack, left - 1000 * least)
                end
            end
            return {n, h, math.max(0, life), math.max(0, slack)}";
        let [keys, hosts, life, slack]: [u64; 4] = self.stage.server.ask(&["EVAL", SCRIPT, "0"]);
        let (properties, names) = self.expected;
        Left {
            whole: (keys, hosts) == (2 * properties as u64 + 1, names as u64),
            life: Duration::from_millis(life),
            slack: Duration::from_millis(slack),
        }
    }

    /// Makes changes, lets time pass, runs a cycle and records the result.
    fn cycle(&mut self, span: Duration, run: impl FnOnce(&Stage) -> Value) {
        let changed = self.change(span);
        let left = self.left();
        let seen = &mut self.seen;
        let over = |rest: Duration| {
            if left.whole {
                span.saturating_sub(rest)
            } else {
                span
            }
        };
        seen.time += span;
        seen.absent += over(left.life);
        seen.late += over(left.slack);
        pass(&self.stage, span);
        let began = Instant::now();
        let report = run(&self.stage);
        assert_eq!(report["complete"], true, "{report}");
        let calls = report["api_calls"].as_u64().unwrap();
        seen.cycles += 1;
        seen.calls += calls;
        seen.took += began.elapsed();
        seen.busiest = seen.busiest.max(calls);
        let asked = self.stage.api.take_seen();
        let crawled = asked.iter().any(|call| {
            call.path_and_query.contains("groupId=") && call.path_and_query.contains("/properties?")
        });
        let listed = asked
            .iter()
            .any(|call| call.path_and_query.starts_with("/papi/v1/hostnames?"));
        seen.crawls += u64::from(crawled);
        seen.listings += u64::from(listed);
        // Contracts and groups live for a day.
        let daily = asked
            .iter()
            .any(|call| call.path_and_query.ends_with("/groups"));
        if changed.is_empty() && !crawled && !listed && !daily {
            seen.idle += 1;
            seen.idle_busiest = seen.idle_busiest.max(calls);
        }
        for (id, host) in changed {
            self.expected.1 += usize::from(host.is_some());
            self.seen.unseen += u64::from(!self.shows(&id, host.as_deref()));
        }
    }

    /// True if the cache has the activated version and the new hostname.
    fn shows(&self, id: &str, host: Option<&str>) -> bool {
        let json =
            |key: String| -> Option<Value> { serde_json::from_str(&self.stage.get(&key)?).ok() };
        let mut latest = 0;
        self.stage
            .api
            .edit(|account| latest = account.property(id).unwrap().latest);
        let own = json(format!("akamai:acme:property:{id}"));
        let serves = |host: &str| {
            let host = json(format!("akamai:acme:hostname:{host}"));
            host.map(|host| host["property"].clone()) == own
        };
        own.as_ref()
            .is_some_and(|own| own["productionVersion"] == latest)
            && host.is_none_or(serves)
    }

    fn tell(&self, what: &str) {
        println!("{}", self.seen.line(what));
    }

    /// Checks that the cache equals that of a warm run from empty.
    fn equals_the_api(&self) {
        let mut account = None;
        self.stage.api.edit(|now| account = Some(now.clone()));
        let fresh = Stage::new(account.unwrap());
        fresh.warm("");
        assert_eq!(values(&self.stage), values(&fresh));
    }
}

fn whole(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

fn percent(part: Duration, of: Duration) -> f64 {
    100.0 * part.as_secs_f64() / of.as_secs_f64()
}

impl Totals {
    fn calls_an_hour(&self) -> f64 {
        whole(self.calls) / self.time.as_secs_f64() * 3_600.0
    }

    fn line(&self, what: &str) -> String {
        format!(
            "| {what} | {:.1} | {:.2}% | {:.1}% | {:.1}% | {} s | {} cycles in {:.1} h, {} changes, {} not seen by the next; {} idle, of at most {} calls; {} crawls, {} lists of host names; the busiest made {} calls; {:.2} s each |",
            self.calls_an_hour(),
            100.0 * self.calls_an_hour() / QUOTA,
            percent(self.absent, self.time),
            percent(self.late, self.time),
            self.time.as_secs() / self.cycles,
            self.cycles,
            self.time.as_secs_f64() / 3_600.0,
            self.changes,
            self.unseen,
            self.idle,
            self.idle_busiest,
            self.crawls,
            self.listings,
            self.busiest,
            self.took.as_secs_f64() / whole(self.cycles),
        )
    }
}

#[test]
fn an_account_that_changes_is_kept_warm_within_a_twentieth_of_the_quota() {
    let [properties, pairs, hours] = size([300, 25, 7]);
    let mut world = World::new(properties, pairs);
    let mut process = KeepProcess::start(&world.stage, "");
    let first = process.next();
    assert_eq!(first["complete"], true, "{first}");
    world.stage.api.take_seen();
    for _ in 0..hours * 20 {
        world.cycle(EVERY, |_| process.cycle());
    }
    process.end();
    world.tell(&format!(
        "`warm --keep`: {properties} properties, {pairs} pairs, first run {} calls",
        first["api_calls"]
    ));
    let seen = &world.seen;
    assert_eq!((seen.absent, seen.late), Default::default());
    assert_eq!(seen.unseen, 0);
    assert!(seen.idle > 0 && seen.idle_busiest <= 2, "{}", seen.line(""));
    assert!(seen.crawls > 0 || hours < 7, "{}", seen.line(""));
    assert!(seen.calls_an_hour() <= QUOTA / 20.0, "{}", seen.line(""));
    world.equals_the_api();
}

/// The behavior before incremental runs: every run is a crawl.
fn crawling(span: Duration, hours: usize, [properties, pairs, _]: [usize; 3]) -> World {
    let mut world = World::new(properties, pairs);
    let config = "[incremental]\nfull = '1s'\nhostnames = '1s'\n";
    world.stage.home.config(config);
    let line = format!("--every {}s", span.as_secs());
    world.stage.warm(&line);
    world.stage.api.take_seen();
    let cycles = hours * 3_600 / usize::try_from(span.as_secs()).unwrap();
    for _ in 0..cycles {
        world.cycle(span, |stage| stage.warm(&line));
    }
    world
}

#[test]
fn runs_that_crawl_cost_most_of_the_quota_or_leave_the_list_missing() {
    // The runs repeat themselves: two hours stand for a day.
    let size = size([60, 20, 1]);
    let hours = size[2].min(2);
    let three = crawling(EVERY, hours, size);
    three.tell("`warm --every 3m`, each a crawl");
    let pairs = whole(size[1] as u64);
    assert!(three.seen.calls_an_hour() >= 20.0 * pairs);
    assert_eq!(three.seen.absent, Duration::ZERO);
    let ten = crawling(Duration::from_mins(10), hours, size);
    ten.tell("`warm --every 10m`, each a crawl");
    // The list lives for half of the time between two runs.
    assert!(percent(ten.seen.absent, ten.seen.time) > 49.0);

    // A call for each property, in batches of ten, can be computed: once the burst is used up, each call takes 0.6 s.
    let calls = 2 + size[0] + size[1];
    let round = Duration::from_millis(600) * u32::try_from(calls).unwrap();
    let missing = |ttl| percent(round.saturating_sub(Duration::from_secs(ttl)), round);
    println!(
        "| a call a property, without a pause | {QUOTA:.0} | 100% | {:.1}% (the list), {:.1}% (each property) | | {} s | {calls} calls a round |",
        missing(300),
        missing(900),
        round.as_secs(),
    );
}
