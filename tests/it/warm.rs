//! `warm` of the whole account.

use crate::support::account::{Account, Links};
use crate::support::akamai::Fault;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, row, small};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn a_cold_cache_is_filled_with_the_fewest_calls_under_the_exact_keys() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let account = small();
        let stage = Stage::on(Server::start(kind, &[]), account.clone());
        let report = stage.warm("");
        assert_eq!(report["schema"], "alecs-cache/warm/1");
        assert_eq!(report["customer"], "acme");
        assert_eq!(report["endpoint"], stage.url());
        assert_eq!(report["complete"], true);
        assert_eq!(report["errors"], json!([]));
        assert_eq!(report["api_calls"], account.crawl_calls());
        assert_eq!(stage.api.seen().len(), account.crawl_calls());

        let mut expected: BTreeSet<String> = [
            "account:contracts",
            "account:groups",
            "hostnames",
            "properties:all",
        ]
        .map(String::from)
        .into();
        expected.extend(
            account
                .contracts
                .iter()
                .map(|id| format!("contract:{}", prefixed(id))),
        );
        for property in &account.properties {
            expected.insert(format!("property:{}", property.id));
            expected.insert(format!("property:{}:hostnames", property.id));
        }
        expected.extend(
            account
                .hostnames
                .iter()
                .map(|host| format!("hostname:{}", host.name)),
        );
        let found: BTreeSet<String> = stage
            .data()
            .iter()
            .map(|key| key.strip_prefix("akamai:acme:").unwrap().to_owned())
            .collect();
        assert_eq!(found, expected);
        for (key, ttl) in [
            ("account:contracts", 86_400),
            ("account:groups", 86_400),
            ("properties:all", 300),
            ("hostnames", 1_800),
            ("property:prp_100000", 900),
            ("property:prp_100000:hostnames", 1_800),
        ] {
            let left = stage.left(&format!("akamai:acme:{key}"));
            assert!((ttl - 20..=ttl).contains(&left), "{key}: {left}");
        }
        assert_eq!(stage.listed(), 4);
    }
}

fn prefixed(contract: &str) -> String {
    format!("ctr_{}", contract.strip_prefix("ctr_").unwrap_or(contract))
}

#[test]
fn values_have_the_shapes_that_the_server_reads() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.api_host(0);
    let value = stage.json(&format!("akamai:acme:hostname:{}", host.0));
    let property = stage.json(&format!("akamai:acme:property:{}", host.1));
    assert_eq!(value["property"], property);
    assert_eq!(value["hostname"]["cnameFrom"], host.0);
    let names: Vec<&String> = value["hostname"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "cnameType",
            "edgeHostnameId",
            "cnameFrom",
            "cnameTo",
            "certProvisioningType"
        ]
    );
    let list = stage.json(&format!("akamai:acme:property:{}:hostnames", host.1));
    assert!(list.as_array().unwrap().contains(&value["hostname"]));
    let field: String = stage
        .server
        .ask(&["HGET", "akamai:acme:hostnames", &host.0]);
    let field: Value = serde_json::from_str(&field).unwrap();
    assert_eq!(field["propertyId"], host.1);
    let names: Vec<&String> = field["property"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "propertyName",
            "contractId",
            "groupId",
            "latestVersion",
            "stagingVersion",
            "productionVersion"
        ]
    );
    let all = stage.json("akamai:acme:properties:all");
    assert!(all.as_array().unwrap().contains(&property));
}

impl Stage {
    /// A hostname and the property that serves it.
    fn api_host(&self, index: usize) -> (String, String) {
        let mut found = None;
        self.api.edit(|account| {
            let host = &account.hostnames[index];
            found = Some((host.name.clone(), host.property.clone()));
        });
        found.unwrap()
    }
}

#[test]
fn a_second_run_keeps_what_is_fresh_and_asks_nothing() {
    let stage = Stage::new(small());
    stage.warm("");
    let calls = stage.api.seen().len();
    let report = stage.warm("");
    assert_eq!(report["api_calls"], 0);
    assert_eq!(stage.api.seen().len(), calls);
    assert_eq!(report["complete"], true);
    for (resource, kept) in [
        ("contracts", 2),
        ("groups", 1),
        ("properties", 1),
        ("details", 4),
        ("hostnames", 11),
    ] {
        assert_eq!(row(&report, resource)["kept"], kept, "{report}");
        assert_eq!(row(&report, resource)["stored"], 0, "{report}");
    }
    let forced = stage.warm("--force");
    assert_eq!(forced["api_calls"], calls);
}

#[test]
fn only_what_is_due_is_fetched() {
    let stage = Stage::new(small());
    stage.warm("");
    // The list has 30 of its 300 seconds left; everything else is fresh.
    stage.expire("akamai:acme:properties:all", 30);
    let report = stage.warm("");
    assert_eq!(
        report["api_calls"], 1,
        "what changed, and nothing did: {report}"
    );
    assert_eq!(row(&report, "hostnames")["kept"], 11);
    assert!(stage.left("akamai:acme:properties:all") > 290);
    // With 100 s left it is fresh for --refresh-below 20, due for 50, and due if the next run is in 60 s: by then it
    // would have crossed the server's own threshold of 60 s.
    stage.expire("akamai:acme:properties:all", 100);
    assert_eq!(stage.warm("")["api_calls"], 0);
    assert_eq!(stage.warm("--every 60s")["api_calls"], 1);
    stage.expire("akamai:acme:properties:all", 100);
    assert_eq!(
        stage.warm("--refresh-below 50 --only properties")["api_calls"],
        2
    );
}

#[test]
fn a_single_property_without_its_host_names_costs_its_own_calls_only() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.delete("akamai:acme:property:prp_100001:hostnames");
    let report = stage.warm("");
    assert_eq!(report["api_calls"], 1, "{report}");
    assert!(
        stage
            .get("akamai:acme:property:prp_100001:hostnames")
            .is_some()
    );
}

#[test]
fn a_key_without_time_to_live_and_one_that_cannot_be_read_are_repaired() {
    let stage = Stage::new(small());
    stage.warm("");
    let _: i64 = stage.server.ask(&["PERSIST", "akamai:acme:account:groups"]);
    let _: String =
        stage
            .server
            .ask(&["SET", "akamai:acme:properties:all", "{broken", "EX", "299"]);
    stage.delete("akamai:acme:hostnames");
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:hostnames", "not a hash"]);
    let report = stage.warm("");
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.left("akamai:acme:account:groups") > 0);
    assert_eq!(stage.listed(), 4);
    let fields: i64 = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
    assert_eq!(fields, 6);
    assert!(stage.left("akamai:acme:hostnames") > 0);
}

#[test]
fn only_and_skip_and_all_choose_the_resources() {
    let stage = Stage::new(small());
    let report = stage.warm("--only contracts,groups");
    assert_eq!(report["api_calls"], 2);
    assert_eq!(stage.data().len(), 3);
    let report = stage.warm("--skip hostnames,contracts");
    assert_eq!(report["api_calls"], 2, "the groups are cached: {report}");
    assert!(stage.get("akamai:acme:properties:all").is_some());
    let report = stage.warm("--all");
    assert_eq!(report["complete"], true, "{report}");
    let map = stage.json("akamai:acme:hostname:map");
    assert_eq!(map.as_object().unwrap().len(), 6);
    let versions: Vec<String> = stage.server.ask(&[
        "LRANGE",
        "akamai:acme:property:prp_100000:versions",
        "0",
        "-1",
    ]);
    assert!(
        versions.len() <= 10 && versions[0].starts_with('v'),
        "{versions:?}"
    );
    let newest: u32 = versions[0][1..].parse().unwrap();
    let rules = stage.json(&format!("akamai:acme:property:prp_100000:rules:v{newest}"));
    assert!(
        rules["rules"].is_object() && rules["propertyVersion"].is_number(),
        "{rules}"
    );
    assert!(
        stage
            .json("akamai:acme:property:prp_100000:activations")
            .is_array()
    );
    assert!(stage.json("akamai:acme:cpcodes:all").is_array());
    let tree = stage.json("akamai:acme:properties:tree");
    assert_eq!(
        tree[0]["contracts"][0]["properties"][0]["propertyId"],
        "prp_100000"
    );
    for key in stage.data() {
        assert!(stage.left(&key) > 0, "{key} never expires");
    }
    assert_eq!(stage.warm("--all")["api_calls"], 0);
}

#[test]
fn jitter_only_shortens() {
    let stage = Stage::new(small());
    stage.warm("--jitter 50");
    let lives: BTreeSet<i64> = (0..4)
        .map(|i| stage.left(&format!("akamai:acme:property:prp_10000{i}")))
        .collect();
    assert!(
        lives.iter().all(|left| (440..=900).contains(left)),
        "{lives:?}"
    );
    assert!(lives.len() > 1, "all the same: {lives:?}");
}

#[test]
fn host_names_of_any_number_are_read_to_the_last_page() {
    for (hosts, pages) in [(0, 1), (1, 1), (998, 1), (999, 1), (1000, 2), (1999, 3)] {
        for links in [Links::Bare, Links::None] {
            let mut account = Account::new(2)
                .regular()
                .groups(1)
                .contracts(1)
                .properties(3)
                .hostnames(hosts);
            account.links = links;
            let stage = Stage::new(account);
            let report = stage.warm("");
            assert_eq!(report["complete"], true, "{hosts}: {report}");
            assert_eq!(stage.api.calls("/papi/v1/hostnames"), pages, "{hosts}");
            let fields: usize = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
            assert_eq!(fields, hosts);
            assert_eq!(stage.warm("")["api_calls"], 0, "{hosts}");
        }
    }
}

#[test]
fn odd_accounts_are_stored_whole() {
    let account = Account::new(7)
        .groups(8)
        .contracts(3)
        .properties(40)
        .hostnames(120);
    let stage = Stage::new(account.clone());
    let report = stage.warm("");
    assert_eq!(report["complete"], true, "{report}");
    let all = stage.json("akamai:acme:properties:all");
    let ids: BTreeSet<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["propertyId"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids.len(),
        all.as_array().unwrap().len(),
        "each property once"
    );
    assert_eq!(ids.len(), account.properties.len());
    for host in &account.hostnames {
        let key = format!("akamai:acme:hostname:{}", host.name.to_lowercase());
        assert!(stage.get(&key).is_some(), "{key}");
    }
    assert_eq!(stage.warm("")["api_calls"], 0);
}

#[test]
fn the_latest_versions_host_names_are_stored_on_request() {
    let stage = Stage::new(small());
    let report = stage.warm("--hostnames version");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(stage.api.calls("/versions/"), 4);
    assert_eq!(stage.api.calls("/papi/v1/hostnames"), 0);
    assert_eq!(stage.warm("--hostnames version")["api_calls"], 0);
}

#[test]
fn a_customer_reaches_no_other_customers_keys() {
    let stage = Stage::new(small());
    stage.api.serve(
        "beta",
        Account::new(3)
            .regular()
            .groups(1)
            .contracts(1)
            .properties(2)
            .hostnames(2),
    );
    let report = stage.warm("-c acme -c beta");
    assert_eq!(report["customers"], json!(["acme", "beta"]));
    let rows = report["resources"].as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["customer"] == "beta" && row["resource"] == "details")
    );
    assert_eq!(
        stage
            .json("akamai:beta:properties:all")
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(stage.listed(), 4);
    let report = stage.warm("--all-customers");
    assert_eq!(report["api_calls"], 0);
    for name in ["a*", "acme:x", "[a-z]", "stats"] {
        stage
            .home
            .command_of(["warm", "-c", name])
            .env("ALECS_CACHE_URL", stage.url())
            .run()
            .with(2);
    }
}

#[test]
fn with_all_customers_one_without_permission_is_reported_and_the_others_are_done() {
    let stage = Stage::new(small());
    // The stand-in has no client `beta`, so its credentials are refused.
    let ended = stage.run("warm --all-customers -o json").with(7);
    assert!(stage.get("akamai:acme:properties:all").is_some());
    assert_eq!(ended.error()["exit"], 7);
    // A plan behaves the same.
    stage.empty();
    let ended = stage.run("warm --all-customers --dry-run -o json").with(7);
    let plan = ended.json();
    assert!(plan["planned_calls"].as_u64() > Some(3), "{plan}");
    let failed = &plan["errors"][0];
    assert_eq!(
        (&failed["customer"], &failed["code"]),
        (&json!("beta"), &json!("denied"))
    );
    let ended = stage.run("warm --all-customers --dry-run").with(7);
    assert!(ended.stdout.contains("Plan for acme"), "{}", ended.stdout);
    ended.says("planning `beta`");
    assert_eq!(stage.keys(), Vec::<String>::new());
}

#[test]
fn a_server_that_is_not_there_costs_no_call() {
    let stage = Stage::new(small());
    let ended = stage
        .command("warm -o json --url redis://127.0.0.1:1/0")
        .run()
        .with(10);
    assert_eq!(ended.error()["code"], "network");
    assert_eq!(stage.api.seen().len(), 0);
}

#[test]
fn a_server_that_goes_away_in_the_middle_ends_with_10() {
    let stage = Stage::new(small());
    stage.api.fault(
        "/papi/v1/hostnames",
        1,
        Fault::Slow(Duration::from_millis(700)),
    );
    let run = stage
        .command("warm -o json --retries 1 --connect-timeout 500ms")
        .spawn();
    wait_for("the list is there", || {
        stage.get("akamai:acme:properties:all")
    });
    stage.server.kill();
    let ended = run.wait().with(10);
    assert_eq!(ended.json()["complete"], false);
}

#[test]
fn a_full_server_is_a_partial_failure_or_a_complete_one() {
    let stage = Stage::new(
        Account::new(4)
            .regular()
            .groups(1)
            .contracts(1)
            .properties(300)
            .hostnames(3000),
    );
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    stage.run("warm").with(1);
    let used: u64 = stage.server.info("used_memory").parse().unwrap();
    // A list for each property, a key for each name, and the hash.
    let due = [
        ("details", 300),
        ("properties", 1),
        ("hostnames", 300 + 3000 + 1),
    ];
    // Connections and their data in transit count too.
    for (room, fetched) in [(600_000, &due[..1]), (2_000_000, &due)] {
        stage.empty();
        let limit = (used + room).to_string();
        let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", &limit]);
        let ended = stage.run("warm -o json").with(7);
        let report = ended.json();
        assert_eq!(report["complete"], false);
        for (resource, due) in fetched {
            let row = row(&report, resource);
            let count = |column: &str| row[column].as_u64().unwrap();
            assert!(count("fetched") > 0, "{report}");
            assert_eq!(
                count("stored") + count("failed"),
                *due,
                "{resource}: {report}"
            );
        }
        assert!(!ended.stderr.contains("run lock"), "{}", ended.stderr);
    }
}

#[test]
fn a_server_that_evicts_while_it_is_filled_is_named() {
    let stage = Stage::new(
        Account::new(4)
            .regular()
            .groups(1)
            .contracts(1)
            .properties(600)
            .hostnames(2000),
    );
    assert!(!stage.run("warm").with(0).stderr.contains("evicted"));
    stage.empty();
    let used: u64 = stage.server.info("used_memory").parse().unwrap();
    let room = (used + 1_500_000).to_string();
    // The run lock is read most often, so that it stays.
    for (name, value) in [
        ("maxmemory-policy", "allkeys-lfu"),
        ("maxmemory-samples", "64"),
        ("maxmemory", &room),
    ] {
        let _: String = stage.server.ask(&["CONFIG", "SET", name, value]);
    }
    let ended = stage.run("warm -o json").with(7);
    ended.says("the server evicted");
    let report = ended.json();
    assert_eq!(report["complete"], false);
    let errors = report["errors"].as_array().unwrap();
    let evicted = |error: &Value| error["code"] == "evicted";
    assert!(!errors.is_empty() && errors.iter().all(evicted), "{report}");
    let rows = report["resources"].as_array().unwrap();
    let sum = |column: &str| -> u64 { rows.iter().filter_map(|row| row[column].as_u64()).sum() };
    let there = stage.data().len() as u64;
    // What the run writes of itself after it has looked (counters, the audit log) evicts a few more.
    let since = 32;
    assert!(
        there + sum("failed") + since >= sum("stored"),
        "{there}: {report}"
    );
    stage.run("warm -q").with(7).says("the server evicted");
}

#[test]
fn a_server_that_evicts_only_keys_of_others_is_no_failure() {
    let stage = Stage::new(
        Account::new(4)
            .regular()
            .groups(1)
            .contracts(1)
            .properties(100)
            .hostnames(100),
    );
    // The first to expire are evicted first.
    for (name, value) in [
        ("maxmemory-policy", "volatile-ttl"),
        ("maxmemory-samples", "64"),
    ] {
        let _: String = stage.server.ask(&["CONFIG", "SET", name, value]);
    }
    let value = "x".repeat(10_000);
    for at in 0..500 {
        let key = format!("others:{at}");
        let _: String = stage.server.ask(&["SET", &key, &value, "EX", "30"]);
    }
    let used = stage.server.info("used_memory");
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", &used]);
    let ended = stage.run("warm -o json").with(0);
    ended.says("the server evicted");
    assert_eq!(ended.json()["complete"], true);
}

#[test]
fn credentials_and_files_that_are_missing_say_so() {
    let stage = Stage::new(small());
    stage.run("warm -c nobody").with(3);
    stage.run("warm --edgerc /nonexistent").with(3);
    let ended = stage.run("warm --account-key A:B -o json").with(4);
    assert!(!ended.stderr.contains("A:B"));
    stage.run("warm nonsense").with(2);
    stage.run("warm --only nonsense").with(2);
    stage.run("warm prp_1 -c acme -c beta").with(2);
    stage.run("warm --section acme -c acme -c beta").with(2);
    stage.run("warm --all-customers -c acme").with(2);
}
