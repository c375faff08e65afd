//! `get`: what it returns, where that comes from, and what it stores.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::run::Ended;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};
use std::time::Duration;

impl Stage {
    #[track_caller]
    pub fn get_json(&self, line: &str) -> Value {
        self.run(&format!("get -o json {line}")).with(0).json()
    }

    /// Returns the count of a key of acme in a day's hash.
    pub fn counted(&self, tally: &str, rest: &str) -> Option<u64> {
        let key = self
            .keys()
            .into_iter()
            .find(|key| key.starts_with("akamai:stats:") && key.ends_with(&format!(":{tally}")))?;
        self.server.ask(&["HGET", &key, &format!("acme:{rest}")])
    }
}

pub fn sources(report: &Value) -> Vec<&str> {
    let items = report["items"].as_array().unwrap().iter();
    items.map(|item| item["source"].as_str().unwrap()).collect()
}

#[test]
fn the_first_read_calls_akamai_and_the_second_makes_no_call() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let stage = Stage::on(Server::start(kind, &[]), small());
        let first = stage.get_json("property prp_100000");
        assert_eq!(first["schema"], "alecs-cache/get/1");
        assert_eq!(first["customer"], "acme");
        assert_eq!(first["endpoint"], stage.url());
        assert_eq!(first["api_calls"], 1);
        assert_eq!(sources(&first), ["akamai"]);
        assert_eq!(first["items"][0]["id"], "prp_100000");
        assert_eq!(first["items"][0]["value"]["propertyId"], "prp_100000");
        assert_eq!(
            stage.json("akamai:acme:property:prp_100000"),
            first["items"][0]["value"]
        );
        let left = stage.left("akamai:acme:property:prp_100000");
        assert!((880..=900).contains(&left), "{left}");

        let second = stage.get_json("property prp_100000");
        assert_eq!(sources(&second), ["cache"]);
        assert_eq!(second["items"][0]["value"], first["items"][0]["value"]);
        assert_eq!(second["api_calls"], 0);
        assert_eq!(stage.api.seen().len(), 1);
        assert!(!stage.keys().iter().any(|key| key.ends_with(":lock")));

        assert_eq!(stage.counted("misses", "property:prp_100000"), Some(1));
        assert_eq!(stage.counted("hits", "property:prp_100000"), Some(1));
        assert_eq!(
            stage.get("akamai:acme:metrics:cache:hits").as_deref(),
            Some("1")
        );
        assert_eq!(
            stage.get("akamai:acme:metrics:cache:misses").as_deref(),
            Some("1")
        );
        for key in stage.keys().iter().filter(|key| key.contains(":stats:")) {
            let left = stage.left(key);
            assert!((604_700..=604_800).contains(&left), "{key}: {left}");
        }
    }
}

#[test]
fn every_resource_is_stored_as_a_warm_run_stores_it() {
    let account = small();
    let warmed = Stage::new(account.clone());
    warmed.warm("--all");
    let read = Stage::new(account.clone());
    let property = account.properties[0].id.clone();
    let name = account.hostnames[0].name.clone();
    let contract = format!("ctr_{}", account.contracts[0].trim_start_matches("ctr_"));
    let lists = ["properties", "contracts", "groups", "cpcodes", "tree"];
    let mut lines: Vec<String> = lists.map(String::from).into();
    for resource in ["property", "hostnames", "rules", "versions", "activations"] {
        lines.push(format!("{resource} {property}"));
    }
    lines.push(format!("hostname {name}"));
    lines.push(format!("contract {contract}"));
    for line in &lines {
        let report = read.get_json(line);
        let again = read.get_json(line);
        assert_eq!(sources(&again), ["cache"], "{line}");
        assert_eq!(
            again["items"][0]["value"], report["items"][0]["value"],
            "{line}"
        );
        assert_eq!(again["items"][0]["id"], report["items"][0]["id"], "{line}");
    }
    let mut compared = 0;
    for key in read.keys() {
        if [":stats:", ":metrics:", ":warm:"]
            .iter()
            .any(|word| key.contains(word))
        {
            continue;
        }
        let kind: String = warmed.server.ask(&["TYPE", &key]);
        let value = |stage: &Stage| -> Value {
            match kind.as_str() {
                "string" => stage.json(&key),
                "list" => stage
                    .server
                    .ask::<Vec<String>>(&["LRANGE", &key, "0", "-1"])
                    .into(),
                other => panic!("{key} is a {other} in the warmed cache"),
            }
        };
        assert_eq!(value(&read), value(&warmed), "{key}");
        let (ours, theirs) = (read.left(&key), warmed.left(&key));
        assert!((ours - theirs).abs() < 30, "{key}: {ours} {theirs}");
        compared += 1;
    }
    assert!(compared >= lines.len(), "{compared}");
}

#[test]
fn many_ids_are_read_at_once_and_only_missing_ones_are_fetched() {
    let account = Account::new(2)
        .regular()
        .groups(2)
        .contracts(1)
        .properties(300);
    let stage = Stage::new(account.clone());
    stage.warm("");
    let gone = ["prp_100007", "prp_100123", "prp_100299"];
    for id in gone {
        stage.delete(&format!("akamai:acme:property:{id}"));
    }
    let calls = stage.api.seen().len();
    let ids: Vec<&str> = account.properties.iter().map(|p| p.id.as_str()).collect();
    let run = stage
        .command("get -o json property -")
        .stdin(format!("{}\n\n", ids.join("\r\n")));
    let report = run.run().with(0).json();
    let items = report["items"].as_array().unwrap();
    let order: Vec<&str> = items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(order, ids, "in the order in which they were asked for");
    let fetched: Vec<&str> = items
        .iter()
        .filter(|item| item["source"] == "akamai")
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(fetched, gone);
    // They are in one group, whose list contains them all.
    assert_eq!(stage.api.seen().len() - calls, 1);

    let reads = || {
        stage
            .server
            .info("total_reads_processed")
            .parse::<u64>()
            .unwrap()
    };
    let before = reads();
    let line = format!("get -o json --no-record property {}", ids.join(" "));
    assert_eq!(
        sources(&stage.run(&line).with(0).json()),
        vec!["cache"; 300]
    );
    let trips = reads() - before;
    // A large pipeline may arrive in a few pieces, but far fewer than one per id.
    assert!(trips < 30, "{trips}");
}

#[test]
fn an_id_named_twice_is_read_once() {
    let stage = Stage::new(small());
    let report = stage.get_json("property prp_100000 prp_100001 prp_100000");
    assert_eq!(report["items"].as_array().unwrap().len(), 2);
    assert_eq!(stage.api.seen().len(), 2);
}

#[test]
fn what_does_not_exist_is_5_and_remembered_for_a_minute() {
    let stage = Stage::new(small());
    let ended = stage.run("get -o json property prp_1").with(5);
    assert_eq!(ended.error()["code"], "not_found");
    assert_eq!(ended.json()["items"], json!([]));
    assert_eq!(ended.json()["errors"][0]["id"], "prp_1");
    assert_eq!(ended.json()["errors"][0]["code"], "not_found");
    assert_eq!(
        stage.get("akamai:acme:absent:property:prp_1").as_deref(),
        Some("404")
    );
    let left = stage.left("akamai:acme:absent:property:prp_1");
    assert!((50..=60).contains(&left), "{left}");
    assert_eq!(stage.api.seen().len(), 1);

    stage.run("get property prp_1").with(5);
    stage.run("get hostnames prp_1").with(5);
    assert_eq!(stage.api.seen().len(), 1, "nobody is asked again");
    assert_eq!(stage.counted("misses", "property:prp_1"), Some(2));
    assert_eq!(stage.counted("hits", "property:prp_1"), None);

    for (line, what) in [
        ("get property prp_2", "property prp_2"),
        ("get activations prp_3", "property prp_3"),
        (
            "get rules prp_100000:v99",
            "version 99 of property prp_100000",
        ),
        ("get contract ctr_9", "contract ctr_9"),
        ("get hostname no.example.com", "host name no.example.com"),
    ] {
        let told = format!(
            "error: {what} does not exist in account acme, or its credentials may not see it\n"
        );
        for time in ["told by the API", "remembered"] {
            let ended = stage.run(line).with(5);
            assert!(ended.stderr.starts_with(&told), "{time}: {}", ended.stderr);
        }
    }

    let part = stage.run("get -o json property prp_1 prp_100000").with(7);
    assert_eq!(part.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(part.error()["exit"], 7);
}

#[test]
fn an_unknown_host_name_is_5_and_a_known_one_costs_a_search_and_no_crawl() {
    let account = small();
    let stage = Stage::new(account.clone());
    stage.run("get hostname nobody.example.com").with(5);
    stage.run("get hostname nobody.example.com").with(5);
    assert_eq!(stage.api.seen().len(), 1);
    let name = &account.hostnames[0].name;
    let report = stage.get_json(&format!("hostname {}.", name.to_uppercase()));
    let value = &report["items"][0]["value"];
    assert_eq!(value["hostname"]["cnameFrom"], *name);
    assert_eq!(
        value["property"]["propertyId"],
        account.hostnames[0].property
    );
    assert_eq!(stage.api.calls("/groups"), 0);
    assert_eq!(stage.api.seen().len(), 4, "search, property, host names");
}

#[test]
fn a_host_name_may_be_asked_for_in_either_form() {
    let mut account = small();
    account.hostnames.clear();
    account.add_hostname("xn--bcher-kva.example", "prp_100000");
    account.add_hostname("grün.example", "prp_100001");
    let stage = Stage::new(account);
    let report = stage.get_json("hostname BÜCHER.example");
    assert_eq!(report["items"][0]["id"], "xn--bcher-kva.example");
    assert!(stage.left("akamai:acme:hostname:xn--bcher-kva.example") > 0);
    assert_eq!(
        sources(&stage.get_json("hostname bücher.example.")),
        ["cache"]
    );
    stage.warm("");
    let calls = stage.api.seen().len();
    let report = stage.get_json("hostname grün.example bücher.example");
    assert_eq!(sources(&report), ["cache", "cache"]);
    assert_eq!(
        report["items"][0]["value"]["property"]["propertyId"],
        "prp_100001"
    );
    assert_eq!(stage.api.seen().len(), calls);
}

#[test]
fn a_corrupt_or_wrong_typed_value_is_a_miss_that_is_repaired_and_reported() {
    let stage = Stage::new(small());
    let key = "akamai:acme:property:prp_100000";
    let breakages: [&[&str]; 5] = [
        &["SET", key, "{\"propertyId\":"],
        &["SET", key, "[]"],
        &["SET", key, "{\"propertyId\":\"prp_2\"}"],
        &["SET", key, ""],
        &["LPUSH", key, "x"],
    ];
    for (count, breakage) in (1..).zip(breakages) {
        stage.delete(key);
        let _: redis::Value = stage.server.ask(breakage);
        let ended = stage.run("get -o json property prp_100000").with(0);
        let report = ended.json();
        assert_eq!(sources(&report), ["akamai"], "{breakage:?}");
        assert_eq!(report["repaired"], json!([key]));
        ended.says(key);
        assert_eq!(stage.json(key)["propertyId"], "prp_100000");
        assert_eq!(stage.counted("misses", "property:prp_100000"), Some(count));
    }
    let mut name = String::new();
    stage
        .api
        .edit(|account| name.clone_from(&account.hostnames[0].name));
    let host = format!("akamai:acme:hostname:{name}");
    let _: String = stage.server.ask(&["SET", &host, "{\"property\":{}}"]);
    let report = stage.get_json(&format!("hostname {name}"));
    assert_eq!(report["repaired"], json!([host]));
    assert_eq!(stage.json(&host)["hostname"]["cnameFrom"], name);
    let list = "akamai:acme:property:prp_100000:versions";
    let _: String = stage.server.ask(&["SET", list, "x"]);
    stage.get_json("versions prp_100000");
    assert_eq!(stage.server.ask::<String>(&["TYPE", list]), "list");
}

#[test]
fn nothing_is_counted_with_no_record() {
    let stage = Stage::new(small());
    stage.get_json("--no-record property prp_100000");
    stage.get_json("--no-record property prp_100000");
    assert_eq!(stage.keys(), ["akamai:acme:property:prp_100000"]);
}

#[test]
fn failed_counting_does_not_fail_the_read() {
    let stage = Stage::new(small());
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:metrics:cache:misses", "no number"]);
    let ended = stage.run("get -o json property prp_100000").with(0);
    assert_eq!(sources(&ended.json()), ["akamai"]);
}

#[test]
fn invalid_arguments_exit_with_2_without_a_call() {
    let stage = Stage::new(small());
    for line in [
        "get",
        "get nonsense",
        "get property",
        "get property 12a",
        "get property prp_*",
        "get property prp_1:lock",
        "get properties prp_1",
        "get hostname localhost",
        "get rules prp_1:5",
        "get contract prp_1",
        "get property prp_1 -c acme -c beta",
        "get property - -",
        "get --raw -o json property prp_1",
        "get -o csv property prp_1",
        "search",
        "search www.example.com -c acme,beta",
    ] {
        stage.run(line).with(2);
    }
    let empty = stage.command("get property -").stdin("\n \n").run();
    empty.with(2);
    assert!(stage.api.seen().is_empty());
}

#[test]
fn a_warm_cache_needs_no_credentials_and_a_cold_one_says_what_is_missing() {
    let stage = Stage::new(small());
    stage.get_json("property prp_100000");
    let without = |line: &str| -> Ended {
        stage
            .command(line)
            .env("AKAMAI_EDGERC", "/nowhere/edgerc")
            .run()
    };
    without("get property prp_100000").with(0);
    let ended = without("get -o json property prp_100001").with(3);
    ended.says("/nowhere/edgerc");
}

#[test]
fn a_rule_tree_is_read_of_the_latest_version_or_of_the_one_named() {
    let stage = Stage::new(small());
    let mut latest = 0;
    stage
        .api
        .edit(|account| latest = account.properties[0].latest);
    let report = stage.get_json("rules prp_100000");
    assert_eq!(report["items"][0]["id"], format!("prp_100000:v{latest}"));
    assert_eq!(report["items"][0]["value"]["propertyVersion"], latest);
    let report = stage.get_json("rules prp_100000:v1");
    assert_eq!(report["items"][0]["value"]["propertyVersion"], 1);
    let left = stage.left("akamai:acme:property:prp_100000:rules:v1");
    assert!((7_180..=7_200).contains(&left), "{left}");
    stage.run("get rules prp_100000:v999").with(5);
}

#[test]
fn people_see_a_table_and_scripts_may_take_the_bytes() {
    let stage = Stage::new(small());
    let shown = stage.run("get property prp_100000").with(0);
    assert!(shown.stdout.starts_with("PROPERTY"), "{}", shown.stdout);
    assert!(shown.stdout.contains("prp_100000"));
    let raw = stage
        .run("get --raw property prp_100000 prp_100001")
        .with(0);
    let lines: Vec<&str> = raw.stdout.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        Some(lines[0]),
        stage.get("akamai:acme:property:prp_100000").as_deref()
    );
    let rules = stage.run("get rules prp_100000").with(0);
    let parsed: Value = serde_json::from_str(&rules.stdout).unwrap();
    assert_eq!(parsed["propertyId"], "prp_100000");
}

#[test]
fn what_was_invalidated_during_the_fetch_is_fetched_again() {
    let stage = Stage::new(small());
    let slow = Fault::Slow(Duration::from_millis(700));
    stage.api.fault("/properties/prp_100000", 1, slow);
    let run = stage.command("get -o json property prp_100000").spawn();
    wait_for("the call", || (stage.api.seen().len() == 1).then_some(()));
    // The response to the first call has the former name.
    stage
        .api
        .edit(|account| account.property_mut("prp_100000").unwrap().name = "renamed".into());
    let (seconds, micros): (u64, u64) = stage.server.ask(&["TIME"]);
    let now = (seconds * 1000 + micros / 1000).to_string();
    let marks = "akamai:acme:invalidated";
    let _: i64 = stage.server.ask(&["ZADD", marks, &now, "prp_100000"]);
    run.wait().with(0);
    assert_eq!(stage.api.calls("/properties/prp_100000"), 2);
    let cached = stage.json("akamai:acme:property:prp_100000");
    assert_eq!(cached["propertyName"], "renamed");
}

#[test]
fn what_was_invalidated_and_cannot_be_fetched_again_is_removed() {
    let stage = Stage::new(small());
    let slow = Fault::Slow(Duration::from_millis(700));
    stage.api.fault("/properties/prp_100000", 1, slow);
    stage.api.fault(
        "/properties/prp_100000",
        9,
        Fault::Status(403, vec![], "{}".into()),
    );
    let run = stage.command("get -o json property prp_100000").spawn();
    wait_for("the call", || (stage.api.seen().len() == 1).then_some(()));
    let (seconds, micros): (u64, u64) = stage.server.ask(&["TIME"]);
    let now = (seconds * 1000 + micros / 1000).to_string();
    let _: i64 = stage
        .server
        .ask(&["ZADD", "akamai:acme:invalidated", &now, "*"]);
    run.wait().with(4);
    assert_eq!(stage.get("akamai:acme:property:prp_100000"), None);
}

#[test]
fn an_earlier_invalidation_is_no_reason_to_fetch_twice() {
    let stage = Stage::new(small());
    let (seconds, _): (u64, u64) = stage.server.ask(&["TIME"]);
    let before = ((seconds - 5) * 1000).to_string();
    let _: i64 = stage
        .server
        .ask(&["ZADD", "akamai:acme:invalidated", &before, "*"]);
    stage.get_json("property prp_100000");
    assert_eq!(stage.api.seen().len(), 1);
}

#[test]
fn many_cold_ids_come_from_the_list_where_that_is_cheaper() {
    let account = Account::new(2)
        .regular()
        .groups(3)
        .contracts(1)
        .properties(50);
    let stage = Stage::new(account.clone());
    let ids: Vec<&str> = account.properties.iter().map(|p| p.id.as_str()).collect();
    let line = format!("property {}", ids.join(" "));
    let report = stage.get_json(&line);
    assert_eq!(sources(&report), vec!["akamai"; 50]);
    assert_eq!(
        report["api_calls"], 4,
        "the groups, and a list for each pair"
    );
    for (id, item) in ids.iter().zip(report["items"].as_array().unwrap()) {
        assert_eq!(item["value"]["propertyId"], *id);
        assert_eq!(
            stage.json(&format!("akamai:acme:property:{id}")),
            item["value"]
        );
    }
    assert!(stage.get("akamai:acme:properties:all").is_some());
    assert_eq!(sources(&stage.get_json(&line)), vec!["cache"; 50]);
    assert_eq!(stage.api.seen().len(), 4);
}

#[test]
fn an_id_or_a_host_name_alone_reads_what_it_names() {
    let stage = Stage::new(small());
    stage.warm("");
    for (typed, resource, id) in [
        ("prp_100000 prp_100001", "property", "prp_100000"),
        ("100000", "property", "prp_100000"),
        ("ctr_C-A000", "contract", "ctr_C-A000"),
        ("www-0.s1.example.com", "hostname", "www-0.s1.example.com"),
    ] {
        let read = stage.get_json(typed);
        assert_eq!(read["resource"], resource, "{typed}");
        assert_eq!(read["items"][0]["id"], id, "{typed}");
    }
    stage.run("get grp_10000").with(2);
}

#[test]
fn a_name_in_place_of_an_id_leads_to_the_command_that_takes_it() {
    let stage = Stage::new(small());
    for (line, hint) in [
        (
            "get property www.example.com",
            "a property name? `alecs-cache search www.example.com`",
        ),
        (
            "get property Shop",
            "a property name? `alecs-cache search Shop`",
        ),
        (
            "get rules www.example.com",
            "a host name is read by `alecs-cache get hostname www.example.com`",
        ),
    ] {
        let ended = stage.run(&format!("{line} -o json")).with(2);
        assert_eq!(ended.error()["hint"], hint, "{line}");
    }
}

#[test]
fn an_empty_list_is_a_sentence_and_not_a_table_without_rows() {
    let stage = Stage::new(small());
    stage.server_writes("akamai:acme:property:prp_1:hostnames", "[]");
    stage.server_writes("akamai:acme:property:prp_2:activations", "[]");
    stage.server_writes("akamai:acme:cpcodes:all", "[]");
    stage.server_writes(
        "akamai:acme:property:prp_3:hostnames",
        r#"[{"cnameFrom":"a.example.com"}]"#,
    );
    let shown = |line: &str| stage.run(&format!("get {line}")).with(0).stdout;
    assert_eq!(shown("hostnames prp_1"), "no host names of prp_1\n");
    assert_eq!(shown("activations prp_2"), "no activations of prp_2\n");
    assert_eq!(shown("cpcodes"), "no CP codes\n");
    let both = shown("hostnames prp_1 prp_3");
    assert!(both.starts_with("PROPERTY"), "{both}");
    assert!(both.ends_with("\nno host names of prp_1\n"), "{both}");
}
