//! Random schedules of concurrent commands that change the cache, two or more of each, with a writer that behaves
//! like the ALECS server and an account that changes meanwhile. The cache must end in a state that some serial order
//! allows: nothing is older than an invalidation, and a complete run equals the API. `PROPTEST_CASES` sets the number
//! of schedules.

use crate::support::account::changes::Network;
use crate::support::account::{Account, Question};
use crate::support::akamai::Fault;
use crate::support::run::Running;
use crate::support::server::wait_for;
use crate::support::stage::Stage;
use crate::warm_since::{pass, values};
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

const PROPERTIES: usize = 4;
const LIST: &str = "akamai:acme:properties:all";

fn schedules() -> u64 {
    let cases = std::env::var("PROPTEST_CASES").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(6)
}

fn account(seed: u64) -> Account {
    let account = Account::new(seed).regular().groups(2).contracts(1);
    account.properties(PROPERTIES).hostnames(6)
}

fn id(dice: &mut Rng) -> String {
    format!("prp_{}", 100_000 + dice.usize(..PROPERTIES))
}

/// A command and its property.
struct Move {
    line: String,
    id: String,
}

impl Move {
    fn random(dice: &mut Rng) -> Self {
        let id = id(dice);
        let line = match dice.u8(..9) {
            0 => "warm --wait 20s -o json".to_owned(),
            1 => format!("warm {id} --wait 20s"),
            2 => format!("invalidate {id} --yes"),
            3 => format!("invalidate {id} --cascade --yes"),
            4 => format!("invalidate {id} --soft --yes"),
            5 => format!("invalidate {id} --cascade --refill --yes"),
            6 => "undo".to_owned(),
            7 => format!("get property {id}"),
            _ => "get properties".to_owned(),
        };
        Self { line, id }
    }

    fn is(&self, word: &str) -> bool {
        self.line.split(' ').any(|found| found == word)
    }

    /// True if the property must be current or absent afterwards.
    fn removes(&self) -> bool {
        self.is("invalidate") && !self.is("--soft")
    }
}

/// Reads like the ALECS server: a miss is fetched under the server's own lock, which it overwrites without waiting
/// for anybody.
fn server_reads(stage: &Stage, id: &str) {
    let key = format!("akamai:acme:property:{id}");
    if stage.get(&key).is_some() {
        return;
    }
    let lock = format!("{key}:lock");
    let _: String = stage.server.ask(&["SETEX", &lock, "30", "1"]);
    let item = item_of_today(stage, id);
    let _: String = stage.server.ask(&["SETEX", &key, "900", &item]);
    stage.delete(&lock);
}

/// Returns the API's current item.
fn item_of_today(stage: &Stage, id: &str) -> String {
    let mut item = Value::Null;
    let path = format!("/papi/v1/properties/{id}");
    stage.api.change(|account, now| {
        let question = Question {
            method: "GET",
            path: &path,
            query: &[],
            body: "",
            now,
        };
        let (status, body) = account.reply(&question);
        assert_eq!(status, 200, "{body}");
        item = body["properties"]["items"][0].clone();
    });
    item.to_string()
}

/// The lowest version that each property may have in the cache.
type Least = BTreeMap<String, u64>;

fn latest(stage: &Stage, id: &str) -> u64 {
    let mut latest = 0;
    stage
        .api
        .edit(|account| latest = u64::from(account.property(id).unwrap().latest));
    latest
}

/// One round: half of the commands start, the account changes, the others start, and all end.
fn round(stage: &Stage, dice: &mut Rng, least: &mut Least) {
    for pattern in ["/properties", "/hostnames"] {
        let slow = Fault::Slow(Duration::from_millis(dice.u64(1..120)));
        stage.api.fault(pattern, dice.usize(..3), slow);
    }
    let mut moves: Vec<Move> = (0..2 + dice.usize(..3))
        .map(|_| Move::random(dice))
        .collect();
    // Sometimes two equal commands.
    if dice.bool() {
        let Move { line, id } = &moves[0];
        moves.push(Move {
            line: line.clone(),
            id: id.clone(),
        });
    }
    let (first, second) = moves.split_at(moves.len() / 2);
    let begin = |moves: &[Move]| -> Vec<Running> {
        moves
            .iter()
            .map(|one| stage.command(&one.line).spawn())
            .collect()
    };
    let asked = stage.api.seen().len();
    let mut running = begin(first);
    wait_for("one asks, or all have ended", || {
        let asks = stage.api.seen().len() > asked;
        (asks || running.iter().all(Running::is_over)).then_some(())
    });
    let changed = id(dice);
    stage.api.change(|account, now| {
        let version = account.draft(&changed, now);
        account.activate(&changed, Network::Production, version, now);
    });
    running.extend(begin(second));
    for _ in 0..dice.usize(..3) {
        server_reads(stage, &id(dice));
    }
    for (one, run) in moves.iter().zip(running) {
        let ended = run.wait();
        // Success, nothing to undo, partial, or another run in progress.
        assert!(
            [0, 2, 5, 7, 8].contains(&ended.code()),
            "{}: {}",
            one.line,
            ended.stderr
        );
    }
    // The command started after the change, so what it removed is not older than that.
    for one in second.iter().filter(|one| one.removes()) {
        least.insert(one.id.clone(), latest(stage, &one.id));
    }
    if moves.iter().any(|one| one.is("undo")) {
        // The operator wants the restored values.
        least.clear();
    }
    stage.api.heal();
}

/// Checks that nothing is older than an invalidation, outlives its policy, or is locked by a process that is gone.
fn holds(stage: &Stage, least: &Least, moment: &str) {
    let list = stage.get(LIST);
    let list: Vec<Value> = list.map_or_else(Vec::new, |json| serde_json::from_str(&json).unwrap());
    for (id, version) in least {
        let own = stage.get(&format!("akamai:acme:property:{id}"));
        let own = own.map(|json| serde_json::from_str(&json).unwrap());
        let listed = list.iter().filter(|item| item["propertyId"] == id.as_str());
        for item in own.iter().chain(listed) {
            let found = item["latestVersion"].as_u64().unwrap();
            assert!(
                found >= *version,
                "{moment}: {id} is of {found}, not {version}"
            );
        }
    }
    for key in stage.data() {
        assert!(!key.ends_with(":lock"), "{moment}: {key} is left");
        let left = stage.left(&key);
        let counts = key.contains(":metrics:") || key.starts_with("akamai:stats:");
        assert!(
            counts || (-2..=86_400).contains(&left) && left != -1,
            "{moment}: {key} {left}"
        );
    }
}

fn schedule(seed: u64) {
    let mut dice = Rng::with_seed(seed);
    let stage = Stage::new(account(seed));
    stage.api.set_clock(Timestamp::now());
    stage.warm("");
    let mut least = Least::new();
    for number in 0..3 {
        // Some cached keys are about to expire.
        pass(&stage, Duration::from_secs(dice.u64(..800)));
        round(&stage, &mut dice, &mut least);
        holds(&stage, &least, &format!("seed {seed}, round {number}"));
    }
    stage.run("warm --force --wait 20s").with(0);
    let mut account = None;
    stage.api.edit(|now| account = Some(now.clone()));
    let fresh = Stage::new(account.unwrap());
    fresh.warm("");
    let (found, expected) = (values(&stage), values(&fresh));
    assert_eq!(
        found, expected,
        "seed {seed}: a complete run equals the API"
    );
}

#[test]
fn concurrent_commands_and_the_server_end_in_a_state_of_some_serial_order() {
    for seed in 0..schedules() {
        schedule(seed);
    }
}
