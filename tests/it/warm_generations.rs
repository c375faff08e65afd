//! Warm runs are numbered, and an index says which of them wrote or kept a key last.

use crate::support::account::Account;
use crate::support::stage::{Stage, small};
use std::collections::BTreeMap;

const NUMBER: &str = "akamai:acme:generation";
const INDEX: &str = "akamai:acme:generations";

impl Stage {
    /// The index: each key with the run that it names.
    fn index(&self) -> BTreeMap<String, u64> {
        let all: Vec<(String, String)> =
            self.server.ask(&["ZRANGE", INDEX, "0", "-1", "WITHSCORES"]);
        let score = |score: String| score.parse().unwrap();
        all.into_iter()
            .map(|(key, run)| (key, score(run)))
            .collect()
    }
}

#[test]
fn each_run_takes_a_number_and_every_key_names_the_run_that_wrote_or_kept_it() {
    let stage = Stage::new(small());
    let report = stage.warm("--all");
    assert_eq!(report["generation"], 1, "{report}");
    assert_eq!(stage.get(NUMBER).as_deref(), Some("1"));
    let index = stage.index();
    assert_eq!(index.keys().cloned().collect::<Vec<_>>(), stage.data());
    assert!(index.values().all(|run| *run == 1), "{index:?}");

    // A run that keeps everything is a run as well.
    let calls = stage.api.seen().len();
    assert_eq!(stage.warm("--all")["generation"], 2);
    assert_eq!(stage.api.seen().len(), calls);
    let index = stage.index();
    assert_eq!(index.keys().cloned().collect::<Vec<_>>(), stage.data());
    assert!(index.values().all(|run| *run == 2), "{index:?}");

    assert_eq!(stage.warm("prp_100001 --only details")["generation"], 3);
    let own = "akamai:acme:property:prp_100001";
    let list = "akamai:acme:properties:all";
    for (key, run) in stage.index() {
        let expected = if key == own || key == list { 3 } else { 2 };
        assert_eq!(run, expected, "{key}");
    }
    for (key, run) in [(own, 3), ("akamai:acme:property:prp_100002", 2)] {
        let seen = stage.run(&format!("inspect {key} -o json")).with(0).json();
        assert_eq!(seen["generation"], run, "{seen}");
    }
    let shown = stage.run("warm").with(0).stdout;
    assert!(shown.contains("generation 4"), "{shown}");
}

#[test]
fn a_key_that_the_server_alone_wrote_does_not_enter_the_index_by_being_kept() {
    let stage = Stage::new(small());
    stage.warm("--only properties,contracts");
    let theirs = "akamai:acme:property:prp_100000";
    stage.api.edit(|account| account.properties.truncate(1));
    let _: i64 = stage.server.ask(&["DEL", "akamai:acme:properties:all"]);
    stage.warm("--only properties");
    let list = stage.json("akamai:acme:properties:all");
    let _: String = stage
        .server
        .ask(&["SET", theirs, &list[0].to_string(), "EX", "800"]);
    let report = stage.warm("--only properties,details,contracts");
    assert_eq!(report["generation"], 3);
    let index = stage.index();
    assert_eq!(index.get(theirs), None, "{index:?}");
    assert_eq!(index["akamai:acme:properties:all"], 3);
    assert_eq!(index["akamai:acme:account:contracts"], 3);
}

#[test]
fn what_cannot_be_counted_on_is_replaced_and_numbers_only_grow() {
    let stage = Stage::new(small());
    for (found, next) in [
        ("41", 42),
        ("nonsense", 43),
        ("-7", 44),
        ("9223372036854775807", 45),
        ("9007199254740993", 46),
    ] {
        let _: String = stage.server.ask(&["SET", NUMBER, found]);
        assert_eq!(stage.warm("")["generation"], next, "after {found}");
        assert_eq!(stage.get(NUMBER), Some(next.to_string()));
    }
    // A number that was removed does not begin below the runs of the index.
    let _: i64 = stage.server.ask(&["DEL", NUMBER]);
    assert_eq!(stage.warm("")["generation"], 47);
    // Another type in the place of either.
    let _: i64 = stage.server.ask(&["DEL", NUMBER, INDEX]);
    let _: i64 = stage.server.ask(&["RPUSH", NUMBER, "x"]);
    let _: i64 = stage.server.ask(&["HSET", INDEX, "x", "y"]);
    let report = stage.warm("--force");
    assert_eq!(report["generation"], 1, "{report}");
    assert_eq!(report["complete"], true, "{report}");
    let index = stage.index();
    assert_eq!(index.keys().cloned().collect::<Vec<_>>(), stage.data());
    // Scores that no run has counted to are passed over.
    let _: i64 = stage.server.ask(&["ZADD", INDEX, "1e300", "a", "inf", "b"]);
    assert_eq!(stage.warm("")["generation"], 2);
}

#[test]
fn a_bad_warm_can_be_taken_back_in_one_command() {
    let stage = Stage::new(small());
    stage.warm("");
    let before = stage.data();
    stage.api.edit(|account| {
        account.property_mut("prp_100001").unwrap().name = "a mistake".into();
    });
    let bad = stage.warm("prp_100001");
    assert_eq!(bad["generation"], 2);
    let wrong = |stage: &Stage| {
        let mut keys = stage.data();
        keys.retain(|key| {
            let value: Option<String> = if key == "akamai:acme:hostnames" {
                let all: Vec<String> = stage.server.ask(&["HVALS", key]);
                Some(all.concat())
            } else {
                stage.get(key)
            };
            value.is_some_and(|value| value.contains("a mistake"))
        });
        keys
    };
    let mistaken = wrong(&stage);
    assert!(mistaken.len() >= 3, "{mistaken:?}");
    let removed = stage
        .run("invalidate --generation 2 --yes -o json")
        .with(0)
        .json();
    assert!(
        removed["removed"].as_u64().unwrap() >= mistaken.len() as u64,
        "{removed}"
    );
    assert_eq!(wrong(&stage), Vec::<String>::new());
    let left = stage.data();
    assert!(left.iter().all(|key| before.contains(key)), "{left:?}");
    assert!(left.contains(&"akamai:acme:property:prp_100002".to_owned()));

    // What no run since has written or kept goes the same way.
    let third = stage.warm("--only properties,details --force");
    assert_eq!(third["generation"], 3);
    let older = stage
        .run("invalidate --before-generation 3 --yes -o json")
        .with(0)
        .json();
    assert!(older["removed"].as_u64().unwrap() > 0, "{older}");
    for key in stage.data() {
        let of_third = key == "akamai:acme:properties:all" || key.contains(":property:");
        let groups = key == "akamai:acme:account:groups";
        assert!(of_third || groups, "{key}");
    }
}

#[test]
fn several_customers_are_numbered_one_by_one() {
    let stage = Stage::new(small());
    stage
        .api
        .serve("beta", Account::new(2).regular().groups(1).contracts(1));
    stage.warm("");
    let report = stage.run("warm --all-customers -o json").with(0).json();
    assert_eq!(report["generation"], serde_json::Value::Null);
    assert_eq!(report["generations"][0]["customer"], "acme");
    assert_eq!(report["generations"][0]["generation"], 2);
    assert_eq!(report["generations"][1]["customer"], "beta");
    assert_eq!(report["generations"][1]["generation"], 1);
}
