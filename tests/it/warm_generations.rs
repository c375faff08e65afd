//! Generations: warm runs are numbered, and an index records which run last wrote or kept each key.

use crate::stale_embeds::Embedding;
use crate::support::account::Account;
use crate::support::stage::{Stage, small};
use std::collections::BTreeMap;

const NUMBER: &str = "akamai:acme:generation";
const INDEX: &str = "akamai:acme:generations";

impl Stage {
    /// The index: each key with its run.
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

    // A run that keeps everything counts too.
    let calls = stage.api.seen().len();
    assert_eq!(stage.warm("--all")["generation"], 2);
    assert_eq!(stage.api.seen().len(), calls);
    let index = stage.index();
    assert_eq!(index.keys().cloned().collect::<Vec<_>>(), stage.data());
    assert!(index.values().all(|run| *run == 2), "{index:?}");

    assert_eq!(stage.warm("prp_100001 --only details")["generation"], 3);
    let own = "akamai:acme:property:prp_100001";
    // The list already contains it unchanged.
    for (key, run) in stage.index() {
        let expected = if key == own { 3 } else { 2 };
        assert_eq!(run, expected, "{key}");
    }
    for (key, run) in [(own, 3), ("akamai:acme:property:prp_100002", 2)] {
        let seen = stage.run(&format!("inspect {key} -o json")).with(0).json();
        assert_eq!(seen["generation"], run, "{seen}");
    }
    assert_eq!(stage.warm("--force")["generation"], 4);
}

#[test]
fn a_lost_answer_leaves_out_a_number() {
    let stage = Stage::new(small()).behind_proxy();
    stage
        .proxy()
        .on("INCRBY")
        .with(NUMBER)
        .times(1)
        .close_after();
    assert_eq!(stage.warm("")["generation"], 2);
}

#[test]
fn a_key_that_the_server_alone_wrote_does_not_enter_the_index_by_being_kept() {
    let stage = Stage::new(small());
    stage.warm("--only properties,contracts");
    let theirs = "akamai:acme:property:prp_100000";
    stage.api.edit(|account| account.properties.truncate(1));
    stage.delete("akamai:acme:properties:all");
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
fn a_wrong_type_is_replaced_and_generations_only_grow() {
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
    // After its removal, the number does not restart below the runs of the index.
    stage.delete(NUMBER);
    assert_eq!(stage.warm("")["generation"], 47);
    // Another type in place of either.
    let _: i64 = stage.server.ask(&["DEL", NUMBER, INDEX]);
    let _: i64 = stage.server.ask(&["RPUSH", NUMBER, "x"]);
    let _: i64 = stage.server.ask(&["HSET", INDEX, "x", "y"]);
    let report = stage.warm("--force");
    assert_eq!(report["generation"], 1, "{report}");
    assert_eq!(report["complete"], true, "{report}");
    let index = stage.index();
    assert_eq!(index.keys().cloned().collect::<Vec<_>>(), stage.data());
    // Scores that no run has reached are ignored.
    let _: i64 = stage.server.ask(&["ZADD", INDEX, "1e300", "a", "inf", "b"]);
    assert_eq!(stage.warm("")["generation"], 2);
}

#[test]
fn a_bad_warm_run_can_be_removed_with_one_command() {
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

    // What no run since has written or kept is removed the same way.
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

/// Returns the cached keys of one property and its hostnames.
fn of(stage: &Stage, id: &str, hosts: &[String]) -> Vec<String> {
    let mut keys = stage.data();
    keys.retain(|key| {
        key.contains(&format!(":property:{id}"))
            || hosts
                .iter()
                .any(|host| key.ends_with(&format!(":hostname:{host}")))
    });
    for host in hosts {
        let there: i64 = stage
            .server
            .ask(&["HEXISTS", "akamai:acme:hostnames", host]);
        if there == 1 {
            keys.push(format!("field {host}"));
        }
    }
    keys
}

/// Removes a property from the account with its hostnames, and returns those.
fn lose(stage: &Stage, id: &str) -> Vec<String> {
    let mut hosts = Vec::new();
    stage.api.edit(|account| {
        account.properties.retain(|property| property.id != id);
        let lost = account.hostnames.extract_if(.., |host| host.property == id);
        hosts = lost.map(|host| host.name).collect();
    });
    hosts
}

#[test]
fn what_a_complete_run_no_longer_sees_is_removed_and_never_after_a_partial_one() {
    for (first, later) in [("--all", "--all --force"), ("", ""), ("--all", "")] {
        let stage = Stage::new(small());
        stage.warm(first);
        let id = "prp_100001";
        let mut single = String::new();
        stage.api.edit(|account| {
            let other = account
                .hostnames
                .iter()
                .position(|host| host.property != id);
            single = account.hostnames.remove(other.unwrap()).name;
        });
        let hosts = lose(&stage, id);
        let ghosts = of(&stage, id, &hosts);
        let own = if first.is_empty() { 2 } else { 5 };
        assert_eq!(ghosts.len(), own + 2 * hosts.len(), "{ghosts:?}");
        assert!(!hosts.is_empty());
        // A group that was readable and no longer is makes a run partial.
        stage.delete("akamai:acme:properties:all");
        let mut groups = Vec::new();
        stage.api.edit(|account| {
            groups.push(account.groups[0].id.clone());
            account.forbidden = groups.clone();
        });
        let partial = stage.run(&format!("warm {later} -o json")).with(7).json();
        assert_eq!(partial["complete"], false);
        assert_eq!(of(&stage, id, &hosts), ghosts, "{first} {later}: {partial}");

        stage.api.edit(|account| account.forbidden.clear());
        let whole = stage.warm(later);
        assert_eq!(whole["generation"], 3);
        assert_eq!(
            of(&stage, id, &hosts),
            Vec::<String>::new(),
            "{first} {later}: {whole}"
        );
        if later.contains("--force") {
            assert_eq!(of(&stage, "none", &[single]), Vec::<String>::new());
        }
        // Everything else is cached, and after the next run the index lists exactly that.
        stage.warm("");
        let index: Vec<String> = stage.index().into_keys().collect();
        assert_eq!(index, stage.data());
        assert!(index.contains(&"akamai:acme:property:prp_100002".to_owned()));
        let removed: u64 = whole["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["removed"].as_u64().unwrap())
            .sum();
        assert!(removed >= ghosts.len() as u64, "{whole}");
    }
}

#[test]
fn what_embeds_a_property_that_is_swept_is_removed_with_it() {
    let id = "prp_100001";
    for line in ["--skip groups", "--only properties,map"] {
        let stage = Stage::new(small());
        stage.warm("--only contracts,groups,properties,details,hostnames,map,tree");
        let server = Embedding::asked(&stage);
        // Nothing but the index of runs shows that the property was cached.
        stage.delete("akamai:acme:properties:all");
        lose(&stage, id);
        let report = stage.warm(&format!("{line} --force"));
        assert_eq!(server.cached(), Vec::<String>::new(), "{report}");
        let mut said = server.says(id);
        said.retain(|key| !key.ends_with(":warm:state"));
        assert_eq!(said, Vec::<String>::new(), "{report}");
        let map = stage.get("akamai:acme:hostname:map").is_some();
        assert_eq!(map, line.contains("map"), "what the run has made stays");
    }
}

#[test]
fn without_scan_a_property_that_is_swept_is_removed_as_far_as_its_keys_can_be_named() {
    for refusal in [
        "ERR unknown command 'SCAN'",
        "NOPERM User default has no permissions to run the 'scan' command",
    ] {
        let stage = Stage::new(small()).behind_proxy();
        stage.warm("--all");
        stage.delete("akamai:acme:properties:all");
        let hosts = lose(&stage, "prp_100001");
        stage.proxy().on("SCAN").refuse(refusal);
        let report = stage.warm("--force");
        assert_eq!(
            of(&stage, "prp_100001", &hosts),
            Vec::<String>::new(),
            "{report}"
        );
    }
}

#[test]
fn nothing_is_swept_that_only_the_server_wrote_or_that_is_another_customers() {
    let stage = Stage::new(small());
    stage.warm("");
    let theirs = [
        "akamai:acme:property:prp_777",
        "akamai:acme:hostname:theirs.example.com",
        "akamai:acme:property:777:details",
    ];
    let others = [
        "akamai:beta:property:prp_1",
        "akamai:acme:property:prp_1:lock",
        "session:1",
        "akamai:stats:2026-01-01:hits",
        "akamai:acme:nonsense",
        "akamai:acme:audit",
    ];
    for key in theirs.iter().chain(&others) {
        stage.server_writes(key, "1");
    }
    for key in others {
        let _: i64 = stage.server.ask(&["ZADD", INDEX, "1", key]);
    }
    let report = stage.warm("--force");
    assert_eq!(report["complete"], true);
    for key in theirs.iter().chain(&others) {
        assert_eq!(stage.get(key).as_deref(), Some("1"), "{key}");
    }
    let index = stage.index();
    assert!(
        others.iter().all(|key| !index.contains_key(*key)),
        "{index:?}"
    );
    // A foreign number does not make other keys outdated.
    let before = stage.data();
    let _: String = stage.server.ask(&["SET", NUMBER, "1000000"]);
    stage.warm("");
    assert_eq!(stage.data(), before);
    assert!(stage.index().values().all(|run| *run == 1_000_001));
}

#[test]
fn a_run_for_fewer_resources_leaves_the_others_and_rules_of_former_versions_are_removed() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let before = stage.data();
    let contracts = stage.warm("--only properties,details --force");
    assert_eq!(contracts["complete"], true);
    assert_eq!(stage.data(), before);
    stage.api.edit(|account| {
        let property = account.property_mut("prp_100002").unwrap();
        property.latest += 1;
        property.staging = Some(property.latest);
        property.production = Some(property.latest);
    });
    let rules = |stage: &Stage| {
        let mut keys = stage.data();
        keys.retain(|key| key.contains("prp_100002:rules"));
        keys
    };
    let former = rules(&stage);
    stage.warm("--force");
    assert_eq!(rules(&stage), former, "rules were not asked for");
    stage.warm("--all --force");
    assert_eq!(rules(&stage).len(), 1);
    assert_ne!(rules(&stage), former);
}

#[test]
fn keys_that_are_not_there_any_more_leave_the_index() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let rules = stage.data().into_iter().find(|key| key.contains(":rules:"));
    stage.delete(&rules.clone().unwrap());
    stage.warm("");
    assert!(!stage.index().contains_key(&rules.unwrap()));
    assert_eq!(stage.index().into_keys().collect::<Vec<_>>(), stage.data());
}

#[test]
fn every_member_of_a_large_index_is_looked_at_in_one_run() {
    let stage = Stage::new(small().hostnames(1100));
    let id = "prp_100001";
    stage.api.edit(|account| {
        let hostnames = account.hostnames.iter_mut();
        hostnames.for_each(|host| id.clone_into(&mut host.property));
    });
    stage.warm("");
    // More than a page behind the host names and the properties.
    let mut ghosts = redis::pipe();
    for number in 0..1_500 {
        let key = format!("akamai:acme:property:prp_9{number:05}");
        ghosts.cmd("SET").arg(&key).arg("{}").arg("EX").arg(900);
        ghosts.cmd("ZADD").arg(INDEX).arg(1).arg(&key);
    }
    let _: Vec<redis::Value> = stage.server.pipeline(&ghosts);
    lose(&stage, id);
    // Only its list of host names shows that this property was there.
    for key in ["properties:all", "property:prp_100001", "warm:state"] {
        stage.delete(&format!("akamai:acme:{key}"));
    }
    let report = stage.warm("--only properties,details --force");
    assert_eq!(report["complete"], true, "{report}");
    let left = |part: &str| {
        let keys = stage.data().into_iter();
        keys.filter(|key| key.contains(part)).count()
    };
    assert_eq!(left(":property:prp_9"), 0);
    assert_eq!(left("acme:hostname:"), 0);
    assert_eq!(left("prp_100001"), 0);
    stage.warm("");
    assert_eq!(stage.index().into_keys().collect::<Vec<_>>(), stage.data());
}
