//! `invalidate`: which keys are removed, and which stay.

use crate::support::server::Server;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

pub const HASH: &str = "akamai:acme:hostnames";

/// A cache with these keys, each with a value and half an hour to live.
pub fn filled(keys: &[&str]) -> Stage {
    let stage = Stage::new(small());
    fill(&stage, keys);
    stage
}

pub fn fill(stage: &Stage, keys: &[&str]) {
    for key in keys {
        let _: String = stage.server.ask(&["SET", key, "[]", "EX", "1800"]);
    }
}

/// Stores 40 properties of 100,000 bytes each.
pub fn fill_with_large_values(stage: &Stage) {
    let value = "x".repeat(100_000);
    for number in 0..40 {
        stage.server_writes(&format!("akamai:acme:property:prp_{number}"), &value);
    }
}

/// Returns the report of an invalidation that must succeed.
#[track_caller]
pub fn report(stage: &Stage, words: &[&str]) -> Value {
    let run = words
        .iter()
        .fold(stage.command("invalidate -o json"), |run, word| {
            run.arg(word)
        });
    run.run().with(0).json()
}

/// Returns all keys except bookkeeping.
pub fn data(stage: &Stage) -> Vec<String> {
    let own = |key: &String| !key.ends_with(":invalidated") && !key.ends_with(":audit");
    stage.keys().into_iter().filter(own).collect()
}

pub fn hosts_of(stage: &Stage, id: &str) -> Vec<String> {
    let value = stage.json(&format!("akamai:acme:property:{id}:hostnames"));
    let items = value.as_array().unwrap();
    items
        .iter()
        .map(|item| item["cnameFrom"].as_str().unwrap().to_lowercase())
        .collect()
}

#[test]
fn a_property_is_removed_with_what_is_below_it_and_its_neighbours_stay() {
    let stays = [
        "akamai:acme:property:prp_12",
        "akamai:acme:property:prp_12:hostnames",
        "akamai:acme:property:prp_1:lock",
        "akamai:acme:properties:tree",
        "akamai:acme:hostname:www.example.com",
        "akamai:acme:search:prp_1",
        "akamai:acme:contracts:all",
        "akamai:acme2:property:prp_1",
        "akamai:acme2:properties:all",
        "akamai:acme.eu:property:prp_1",
        "akamai:stats:2026-01-02:hits",
        "session:prp_1",
    ];
    let goes = [
        "akamai:acme:property:prp_1",
        "akamai:acme:property:prp_1:details",
        "akamai:acme:property:prp_1:hostnames",
        "akamai:acme:property:prp_1:rules:v5",
        "akamai:acme:properties:all",
        "akamai:acme:properties:all:all:100",
        "akamai:acme:properties:ctr_1:grp_1:all",
        "akamai:acme:hostname:map",
    ];
    let stage = filled(&[&stays[..], &goes[..]].concat());
    let dry = report(&stage, &["prp_1", "--dry-run"]);
    assert_eq!((&dry["matched"], &dry["removed"]), (&json!(8), &json!(0)));
    assert_eq!(
        stage.keys().len(),
        stays.len() + goes.len(),
        "a dry run writes nothing"
    );

    let done = report(&stage, &["prp_1"]);
    assert_eq!((&done["matched"], &done["removed"]), (&json!(8), &json!(8)));
    assert_eq!(
        done["by_target"],
        json!([{"target": "prp_1", "matched": 8, "removed": 8}])
    );
    assert_eq!(done["coverage"]["slots_scanned"], 16384);
    assert_eq!(done["coverage"]["topology_changed"], false);
    assert_eq!(done["replicas_acked"], 0);
    assert!(done["bytes"].as_u64().unwrap() > 0);
    assert!(done["undo_id"].is_string());
    let mut expected = stays.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(data(&stage), expected);
    let marked: Vec<String> = stage
        .server
        .ask(&["ZRANGE", "akamai:acme:invalidated", "0", "-1"]);
    assert_eq!(marked, ["prp_1"]);
    assert!(stage.left("akamai:acme:invalidated") > 3500);
}

#[test]
fn with_cascade_the_host_names_searches_and_the_tree_are_removed_too() {
    let stage = Stage::new(small());
    stage.warm("--all");
    fill(
        &stage,
        &["akamai:acme:search:www", "akamai:beta:search:www"],
    );
    let hosts = hosts_of(&stage, "prp_100001");
    assert!(!hosts.is_empty());
    let fields: i64 = stage.server.ask(&["HLEN", HASH]);
    let done = report(&stage, &["prp_100001", "--cascade", "--explain"]);
    let left = data(&stage);
    for host in &hosts {
        assert!(
            !left.contains(&format!("akamai:acme:hostname:{host}")),
            "{host}"
        );
        let field: Option<String> = stage.server.ask(&["HGET", HASH, host]);
        assert_eq!(field, None, "{host}");
    }
    let after: i64 = stage.server.ask(&["HLEN", HASH]);
    assert_eq!(after, fields - i64::try_from(hosts.len()).unwrap());
    assert_eq!(done["fields"], hosts.len());
    let own = |name: &str| done[name].as_array().unwrap().clone();
    assert_eq!(own("keys").len() as u64, done["matched"].as_u64().unwrap());
    assert!(
        own("keys")
            .iter()
            .all(|line| !left.contains(&line["key"].as_str().unwrap().to_owned()))
    );
    let mut named: Vec<String> = (own("hash_fields").iter())
        .map(|line| line["field"].as_str().unwrap().to_owned())
        .collect();
    named.sort();
    let mut expected = hosts.clone();
    expected.sort();
    assert_eq!(named, expected);
    for key in [
        "properties:all",
        "properties:tree",
        "hostname:map",
        "search:www",
        "property:prp_100001",
    ] {
        assert!(!left.contains(&format!("akamai:acme:{key}")), "{key}");
    }
    assert!(left.contains(&"akamai:acme:property:prp_100002".to_owned()));
    assert!(left.contains(&"akamai:beta:search:www".to_owned()));

    let because = |key: &str| {
        let keys = done["keys"].as_array().unwrap();
        let found = keys
            .iter()
            .find(|line| line["key"] == key && line["field"].is_null());
        found.unwrap_or_else(|| panic!("{key} in {done}"))["because"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(because("akamai:acme:property:prp_100001"), "prp_100001");
    let host = format!("akamai:acme:hostname:{}", hosts[0]);
    assert_eq!(because(&host), "akamai:acme:property:prp_100001:hostnames");
    assert_eq!(
        because("akamai:acme:property:prp_100001:hostnames"),
        "akamai:acme:property:prp_100001"
    );
    assert!(because("akamai:acme:properties:all").contains("prp_100001"));
}

#[test]
fn a_host_name_is_removed_alone_and_with_cascade_with_its_property() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let host = &hosts_of(&stage, "prp_100001")[0];
    let before = data(&stage);
    let done = report(&stage, &[&host.to_uppercase()]);
    assert_eq!((&done["removed"], &done["fields"]), (&json!(2), &json!(1)));
    let gone = [
        format!("akamai:acme:hostname:{host}"),
        "akamai:acme:hostname:map".into(),
    ];
    let expected: Vec<String> = before
        .into_iter()
        .filter(|key| !gone.contains(key))
        .collect();
    assert_eq!(data(&stage), expected);

    stage.warm("--all --force");
    report(&stage, &[host, "--cascade"]);
    let left = data(&stage);
    assert!(
        !left.iter().any(|key| key.contains("prp_100001")),
        "{left:?}"
    );
    assert!(!left.contains(&"akamai:acme:properties:all".to_owned()));
    assert!(left.iter().any(|key| key.contains("prp_100002")));
}

#[test]
fn ids_and_host_names_with_glob_characters_are_literal() {
    let ids = ["prp_*", "prp_?", "prp_[12]", "prp_^1", "prp_\\1", "prp_a-b"];
    for id in ids {
        let own = format!("akamai:acme:property:{id}:rules:v1");
        let stage = filled(&[
            &own,
            "akamai:acme:property:prp_1",
            "akamai:acme:property:prp_12:hostnames",
        ]);
        let done = report(&stage, &[id]);
        assert_eq!(done["removed"], 1, "{id}");
        assert_eq!(
            data(&stage),
            [
                "akamai:acme:property:prp_1",
                "akamai:acme:property:prp_12:hostnames"
            ],
            "{id}"
        );
    }
    for host in [
        "*.example.com",
        "[a].example.com",
        "a^b.example.com",
        "a?.example.com",
    ] {
        let own = format!("akamai:acme:hostname:{host}");
        let stage = filled(&[&own, "akamai:acme:hostname:a.example.com"]);
        assert_eq!(report(&stage, &[host])["removed"], 1, "{host}");
        assert_eq!(
            data(&stage),
            ["akamai:acme:hostname:a.example.com"],
            "{host}"
        );
    }
}

#[test]
fn a_literal_glob_without_a_match_gets_a_hint_about_pattern() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    for typed in ["prp_*", "property:*", "*.example.com"] {
        let warning = format!(
            "warning: nothing is named `{typed}`, taken literally; pass a pattern with --pattern\n"
        );
        let ended = stage.run(&format!("invalidate {typed} --yes")).with(0);
        assert_eq!(ended.stderr, warning, "{typed}");
    }
    assert_eq!(data(&stage), ["akamai:acme:property:prp_1"]);
}

#[test]
fn whole_keys_are_removed_alone_also_those_of_searches_with_free_text() {
    let long = "x".repeat(10_000);
    for text in ["a:b: c", "*", "[a-z]", "two\nlines", "🚀", &long] {
        let key = format!("akamai:acme:search:{text}");
        let stage = filled(&[
            &key,
            "akamai:acme:search:other",
            "akamai:acme:properties:all",
        ]);
        assert_eq!(report(&stage, &[&key])["removed"], 1);
        assert_eq!(
            data(&stage),
            ["akamai:acme:properties:all", "akamai:acme:search:other"]
        );
    }
    let stage = filled(&[
        "akamai:acme:property:prp_1",
        "akamai:acme:property:prp_1:hostnames",
    ]);
    assert_eq!(report(&stage, &["acme:property:prp_1"])["removed"], 1);
    assert_eq!(data(&stage), ["akamai:acme:property:prp_1:hostnames"]);
}

#[test]
fn an_invalid_target_is_refused_and_nothing_is_removed() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:beta:property:prp_1"]);
    let before = stage.keys();
    for words in [
        &["nonsense"][..],
        &[""],
        &["prp_1", "*"],
        &["prp_1,prp_2"],
        &["a.b,c.d"],
        &["akamai:beta:property:prp_1"],
        &["beta:property:prp_1"],
        &["akamai:acme:property:prp_1:lock"],
        &["akamai:acme:invalidated"],
        &["akamai:stats:2026-01-02:hits"],
        &["grp_1"],
        &["session:1"],
        &[],
        &["--pattern", ""],
        &["--pattern", "akamai:*", "--yes"],
        &["--pattern", "akamai:beta:*", "--yes"],
        &["--pattern", "stats:*", "--yes"],
        &["--tag", "colour:red"],
        &["--everything", "prp_1"],
        &["-c", "a*", "prp_1"],
        &["-c", "acme:x", "prp_1"],
        &["-c", "[a-z]", "prp_1"],
        &["-c", "stats", "prp_1"],
        &["-c", "", "prp_1"],
        &["-"],
    ] {
        let run = words
            .iter()
            .fold(stage.command("invalidate"), crate::support::run::Run::arg);
        let ended = run.run();
        assert_eq!(ended.code(), 2, "{words:?}: {}", ended.stderr);
        assert_eq!(stage.keys(), before, "{words:?}");
    }
}

#[test]
fn an_unknown_id_removes_nothing_not_even_the_list() {
    let stage = Stage::new(small());
    stage.warm("");
    let before = data(&stage);
    let done = report(
        &stage,
        &[
            "prp_999999",
            "www.unknown.example",
            "ctr_unknown",
            "--cascade",
        ],
    );
    assert_eq!(
        (&done["matched"], &done["removed"], &done["undo_id"]),
        (&json!(0), &json!(0), &json!(null))
    );
    assert_eq!(data(&stage), before);
    stage.run("invalidate prp_999999 --expect 1").with(6);
}

#[test]
fn what_many_unknown_ids_would_cost_to_fetch_is_planned_and_ends() {
    let stage = Stage::new(small());
    stage.warm("");
    let ids: Vec<String> = (0..40).map(|at| format!("prp_9{at}")).collect();
    let line = format!("invalidate {} -n -o json", ids.join(" "));
    let ended = stage.command(&line).limited("-v 2000000").run().with(0);
    assert_eq!(ended.json()["matched"], 0);
}

#[test]
fn a_property_that_only_the_list_knows_takes_the_list() {
    let stage = Stage::new(small());
    let list = r#"[{"propertyId":"prp_12"},{"propertyId":"prp_1","propertyName":"a"}]"#;
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:properties:all", list, "EX", "300"]);
    assert_eq!(report(&stage, &["prp_2"])["removed"], 0);
    assert_eq!(report(&stage, &["prp_1"])["removed"], 1);
}

#[test]
fn soft_leaves_to_the_server_what_it_refreshes() {
    let stage = filled(&[
        "akamai:acme:property:prp_1",
        "akamai:acme:property:prp_1:hostnames",
        "akamai:acme:property:prp_1:details",
        "akamai:acme:properties:all",
        "akamai:acme:hostname:map",
        "akamai:acme:contracts:all",
        "akamai:acme:groups:all",
        "akamai:acme:search:x",
    ]);
    stage.expire("akamai:acme:groups:all", 20);
    let _: i64 = stage.server.ask(&["PERSIST", "akamai:acme:contracts:all"]);
    let planned = stage
        .run("invalidate --everything --soft --dry-run")
        .with(0);
    let early = ", 4 of them by an early expiry, of acme";
    assert!(planned.stdout.contains(early), "{}", planned.stdout);
    let done = report(&stage, &["--everything", "--soft", "--yes"]);
    assert_eq!(
        (&done["matched"], &done["softened"], &done["removed"]),
        (&json!(8), &json!(3), &json!(4)),
        "{done}"
    );
    for (key, from, to) in [
        ("property:prp_1", 50, 60),
        ("properties:all", 20, 30),
        ("contracts:all", 590, 600),
        ("groups:all", 10, 20),
    ] {
        let left = stage.left(&format!("akamai:acme:{key}"));
        assert!((from..=to).contains(&left), "{key} has {left}");
    }
    // The groups expire as early by themselves: there is nothing to undo.
    let undone = stage.run("undo -o json").with(0).json();
    assert_eq!(
        (&undone["restored"], &undone["skipped_newer"]),
        (&json!(7), &json!(0)),
        "{undone}"
    );
}

#[test]
fn an_early_expiry_counts_once_however_often_its_key_is_found() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:search:x"]);
    // With a threshold, keys are searched before and after the marks.
    let done = report(
        &stage,
        &["--everything", "--soft", "--yes", "--expect", "2"],
    );
    assert_eq!(
        (&done["softened"], &done["removed"]),
        (&json!(1), &json!(1))
    );
    let done = report(&stage, &["--everything", "--soft", "--yes", "--no-undo"]);
    assert_eq!(
        (&done["matched"], &done["softened"]),
        (&json!(1), &json!(0))
    );
    let log = stage.run("log -o json").with(0).json();
    assert_eq!(log["entries"][0]["softened"], 0);
    assert_eq!(log["entries"][1]["softened"], 1);
    let line = "invalidate --everything --soft --yes --no-undo";
    let told = stage.run(line).with(0).stdout;
    assert!(told.starts_with("Nothing of acme was removed"), "{told}");
}

#[test]
fn the_property_of_a_host_name_is_found_where_only_its_list_or_the_map_names_it() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_12"]);
    let set = |key: &str, value: &str| {
        stage.server_writes(key, value);
    };
    set(
        "akamai:acme:property:prp_1:hostnames",
        r#"[{"cnameFrom":"a.b"}]"#,
    );
    set(
        "akamai:acme:hostname:map",
        r#"{"c.d":{"property":{"propertyId":"prp_12"},"hostname":{}}}"#,
    );
    let unknown = stage.run("invalidate x.y --cascade -o json").with(0);
    assert_eq!(unknown.json()["removed"], 0);
    let warned = "the cache does not show which property `x.y` belongs to";
    unknown.says(warned);
    assert_eq!(report(&stage, &["c.d", "--cascade"])["removed"], 2);
    assert_eq!(data(&stage).len(), 2);
    let known = stage.run("invalidate A.B --cascade").with(0);
    assert!(
        !known.stderr.contains("does not show which"),
        "{}",
        known.stderr
    );
    assert!(data(&stage).is_empty());
}

#[test]
fn a_host_name_is_removed_with_its_property_although_no_list_names_it_any_more() {
    // The server writes it later than the list, which expires first.
    let stage = filled(&["akamai:acme:hostname:map", "akamai:acme:properties:all"]);
    let value = |id: &str| json!({"property": {"propertyId": id}, "hostname": {}}).to_string();
    for (name, id) in [("a.b", "prp_1"), ("c.d", "prp_12"), ("e.f", "prp_1")] {
        let key = format!("akamai:acme:hostname:{name}");
        stage.server_writes(&key, &value(id));
    }
    stage.server_writes("akamai:acme:hostname:g.h", "no JSON");
    assert_eq!(
        report(&stage, &["prp_1", "--dry-run"])["matched"],
        2,
        "without cascade names stay"
    );
    let done = report(&stage, &["prp_1", "--cascade", "--explain"]);
    assert_eq!(
        (&done["matched"], &done["removed"]),
        (&json!(4), &json!(4)),
        "{done}"
    );
    assert_eq!(
        data(&stage),
        ["akamai:acme:hostname:c.d", "akamai:acme:hostname:g.h"]
    );
    let keys = done["keys"].as_array().unwrap();
    let name = keys
        .iter()
        .find(|line| line["key"] == "akamai:acme:hostname:a.b")
        .unwrap();
    assert_eq!(name["because"], "akamai:acme:property:prp_1");
    assert_eq!(stage.run("undo -o json").with(0).json()["restored"], 4);
}

#[test]
fn keys_of_another_type_than_the_scheme_says_do_not_stop_it() {
    let stage = Stage::on(Server::redis(), small());
    let _: i64 = stage
        .server
        .ask(&["LPUSH", "akamai:acme:property:prp_1:hostnames", "x"]);
    let _: String = stage.server.ask(&["SET", HASH, "x"]);
    fill(&stage, &["akamai:acme:property:prp_1"]);
    let done = report(&stage, &["prp_1", "--cascade"]);
    assert_eq!(done["removed"], 2, "{done}");
    assert_eq!(data(&stage), [HASH]);
}
