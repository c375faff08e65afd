//! Random sequences of changes to an account and its cache: cached values are never older than an invalidation, and
//! after a full run they equal the API's.

use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::Stage;
use crate::warm_since::{pass, values};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const PROPERTIES: usize = 8;

fn id(number: u64) -> String {
    format!("prp_{}", 100_000 + number % PROPERTIES as u64)
}

/// A pseudo-random sequence of numbers.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// One step of other processes.
fn step(stage: &Stage, numbers: &mut Numbers, invalidated: &mut Invalidated) {
    let id = id(numbers.next());
    let there = |account: &Account| account.property(&id).is_some();
    let mut latest = 0;
    stage
        .api
        .edit(|account| latest = account.property(&id).map_or(0, |one| one.latest));
    let key = format!("akamai:acme:property:{id}");
    match numbers.next() % 9 {
        0 | 1 => stage.api.change(|account, now| {
            if there(account) {
                let version = account.draft(&id, now);
                account.activate(&id, Network::Production, version, now);
            }
        }),
        2 => stage.api.change(|account, now| {
            if there(account) {
                let version = account.draft(&id, now);
                account.add_hostname(&format!("v{version}.{id}.example.com"), &id);
                account.activate(&id, Network::Staging, version, now);
            }
        }),
        3 => {
            // A reader that had the value before writes it back.
            let old = stage.get(&key);
            stage
                .run(&format!("invalidate {id} --cascade --yes"))
                .with(0);
            invalidated.enter(id, latest);
            if let Some(old) = old {
                stage.server_writes(&key, &old);
            }
        }
        4 => {
            let name = stage
                .keys()
                .into_iter()
                .find(|key| key.contains(":hostname:") && !key.ends_with(":map"));
            let removed = name.map(|name| stage.server.ask::<i64>(&["DEL", &name]));
            assert_ne!(removed, Some(0));
        }
        5 => stage.api.edit(|account| {
            if account.properties.len() > 5 {
                account.remove_property(&id);
            }
        }),
        // The operator wants it back as it was.
        6 => {
            let ended = stage.run("undo");
            assert!([0, 2, 5, 7].contains(&ended.code()), "{}", ended.stderr);
            invalidated.take_back();
        }
        // Removes what a run wrote.
        7 => {
            let run = stage.get("akamai:acme:generation").unwrap_or_default();
            stage
                .run(&format!("invalidate --generation {run} --yes"))
                .with(0);
            invalidated.order.push(None);
        }
        // Several run concurrently.
        _ => {
            let runs = [
                "warm --every 3m".to_owned(),
                format!("warm {id} --wait 10s"),
                format!("invalidate {id} --cascade --yes"),
                "warm --every 3m --wait 10s".to_owned(),
            ];
            let runs = runs.map(|line| stage.command(&line).spawn());
            for run in runs {
                let ended = run.wait();
                // Another run is in progress, or the property, or that of a hostname, is gone.
                assert!([0, 5, 7, 8].contains(&ended.code()), "{}", ended.stderr);
            }
            invalidated.enter(id, latest);
        }
    }
}

/// What was invalidated.
#[derive(Default)]
struct Invalidated {
    /// The lowest version that may be cached since.
    least: BTreeMap<String, u32>,
    /// All invalidations in order; one of a run names no property.
    order: Vec<Option<String>>,
}

impl Invalidated {
    fn enter(&mut self, id: String, latest: u32) {
        self.order.push(Some(id.clone()));
        self.least.insert(id, latest);
    }

    fn take_back(&mut self) {
        if let Some(Some(id)) = self.order.pop() {
            self.least.remove(&id);
        }
    }
}

/// After a complete run the cache equals the API, except for what no call shows.
fn is_of_today(stage: &Stage) {
    let mut account = None;
    stage.api.edit(|now| account = Some(now.clone()));
    let list = stage.json("akamai:acme:properties:all");
    for property in account.unwrap().properties {
        let own = stage.json(&format!("akamai:acme:property:{}", property.id));
        assert_eq!(own["latestVersion"], property.latest, "{own}");
        assert_eq!(
            own["productionVersion"],
            json!(property.production),
            "{own}"
        );
        assert!(list.as_array().unwrap().contains(&own), "{own} in {list}");
    }
}

/// Checks that nothing invalidated is cached in its former version.
fn none_is_older(stage: &Stage, invalidated: &Invalidated) {
    let list = stage.get("akamai:acme:properties:all");
    let list: Vec<Value> = list.map_or_else(Vec::new, |json| serde_json::from_str(&json).unwrap());
    for (id, latest) in &invalidated.least {
        let own = stage.get(&format!("akamai:acme:property:{id}"));
        let own = own.map(|json| serde_json::from_str(&json).unwrap());
        let listed = list.iter().filter(|item| item["propertyId"] == id.as_str());
        for item in own.iter().chain(listed) {
            assert!(
                item["latestVersion"].as_u64().unwrap() >= u64::from(*latest),
                "{item}"
            );
        }
    }
}

fn refused() -> Fault {
    Fault::Status(501, vec![], "{}".into())
}

/// Kills the process between any two commands to the cache; it may end before.
fn killed(stage: &Stage, numbers: &mut Numbers) {
    let commands = stage.proxy().commands().len();
    let least = commands + usize::try_from(numbers.next() % 50).unwrap();
    let run = stage.command("warm --every 3m").spawn();
    wait_for("it has come so far", || {
        let proxy = stage.proxy();
        (proxy.commands().len() >= least || run.is_over()).then_some(())
    });
    run.kill();
    run.wait();
    stage.delete("akamai:acme:warm:lock");
}

#[test]
fn cached_values_are_never_older_than_an_invalidation_and_a_full_run_equals_the_api() {
    let mut incremental = 0;
    for seed in 1..=4 {
        let account = Account::new(seed)
            .regular()
            .groups(6)
            .contracts(1)
            .properties(PROPERTIES)
            .hostnames(10);
        let stage = Stage::new(account).behind_proxy();
        stage.api.set_clock(Timestamp::now());
        stage.warm("");
        let mut numbers = Numbers(seed);
        let mut invalidated = Invalidated::default();
        for _ in 0..12 {
            for _ in 0..numbers.next() % 3 {
                step(&stage, &mut numbers, &mut invalidated);
            }
            pass(&stage, Duration::from_mins(2 + numbers.next() % 4));
            match numbers.next() % 6 {
                0 | 1 => {
                    killed(&stage, &mut numbers);
                    none_is_older(&stage, &invalidated);
                }
                2 => stage.api.fault("/hostnames", 1, refused()),
                3 => stage.api.fault("/properties?", 1, refused()),
                _ => {}
            }
            let run = stage.run("warm -o json --every 3m");
            // A hostname whose property is gone is reported as a failure.
            assert!([0, 7].contains(&run.code()), "{}", run.stderr);
            incremental += u64::from(run.json()["incremental"] == true);
            none_is_older(&stage, &invalidated);
            if run.json()["complete"] == true {
                is_of_today(&stage);
            }
            stage.api.heal();
        }
        stage.run("warm --force").with(0);
        let mut account = None;
        stage.api.edit(|now| account = Some(now.clone()));
        let fresh = Stage::new(account.unwrap());
        fresh.warm("");
        let (found, expected) = (values(&stage), values(&fresh));
        let ghost = |key: &str| !expected.iter().any(|(known, _)| known == key);
        let found: Vec<_> = found.into_iter().filter(|(key, _)| !ghost(key)).collect();
        assert_eq!(found, expected, "seed {seed}");
    }
    assert!(incremental > 0, "{incremental}");
}
