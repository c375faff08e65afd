//! `stats`: servers, keys, latency and targets, each compared with the servers' own figures.

use crate::hit_rate::sentinel_flags;
use crate::support::cluster::Cluster;
use crate::support::run::{Ended, Home};
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};
use crate::support::store::write_all;
use alecs_cache::testing::store::{Options, Write};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub fn url(server: &Server) -> String {
    format!("--url redis://127.0.0.1:{}", server.port)
}

pub fn stats(flags: &str, line: &str) -> Ended {
    Home::new().run(&format!("stats -o json {flags} {line}"))
}

/// Stores keys of two customers and of somebody else, some of them without a TTL.
pub fn fill(options: &Options, seed: u64, count: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut writes = Vec::new();
    for at in 0..count {
        let customer = ["acme", "beta", "session"][random.usize(..3)];
        let rest = match random.u8(..4) {
            0 => format!("property:prp_{at}"),
            1 => format!("property:prp_{at}:hostnames"),
            2 => format!("hostname:www{at}.example.com"),
            _ => format!("search:q{at}"),
        };
        let key = if customer == "session" {
            format!("session:{at}")
        } else {
            format!("akamai:{customer}:{rest}")
        };
        writes.push(Write::Set {
            key,
            value: vec![b'x'; random.usize(1..2000)],
            ttl: (random.u8(..4) > 0).then_some(Duration::from_mins(10)),
        });
    }
    let fields = (0..300).map(|at| {
        (
            format!("www{at}.example.com"),
            vec![b'y'; random.usize(1..90)],
        )
    });
    writes.push(Write::Fields {
        key: "akamai:acme:hostnames".into(),
        fields: fields.collect(),
        ttl: Duration::from_mins(30),
    });
    // Counters and run numbers have no TTL by design.
    writes.push(Write::Set {
        key: "akamai:acme:generation".into(),
        value: b"7".to_vec(),
        ttl: None,
    });
    write_all(options, &writes);
    writes.iter().map(|write| write.key().to_owned()).collect()
}

/// Counts each customer's keys, bytes, and keys without a TTL, key by key.
fn counted(servers: &[&Server], keys: &[String]) -> BTreeMap<String, (u64, u64, u64)> {
    let mut sums: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    for key in keys.iter().filter(|key| key.starts_with("akamai:")) {
        let customer = key.split(':').nth(1).unwrap();
        let found = servers.iter().find_map(|server| {
            let bytes: Option<u64> = server
                .try_ask(&["MEMORY", "USAGE", key, "SAMPLES", "0"])
                .ok()?;
            let left: i64 = server.try_ask(&["TTL", key]).ok()?;
            Some((bytes?, left))
        });
        let (bytes, left) = found.unwrap();
        let sum = sums.entry(customer.to_owned()).or_default();
        sum.0 += 1;
        sum.1 += bytes;
        sum.2 += u64::from(left < 0 && !key.ends_with(":generation"));
    }
    sums
}

fn reported(report: &Value) -> BTreeMap<String, (u64, u64, u64)> {
    let customers = report["customers"].as_array().unwrap().iter();
    customers
        .map(|one| {
            let number = |name: &str| one[name].as_u64().unwrap();
            let kinds = one["resources"].as_array().unwrap().iter();
            let keys: u64 = kinds.map(|kind| kind["keys"].as_u64().unwrap()).sum();
            assert_eq!(keys, number("keys"));
            let name = one["customer"].as_str().unwrap().to_owned();
            (
                name,
                (
                    number("keys"),
                    number("memory_bytes"),
                    number("no_ttl_keys"),
                ),
            )
        })
        .collect()
}

#[test]
fn keys_and_bytes_are_those_that_the_server_counts() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let server = Server::start(kind, &[]);
        let keys = fill(&server.options(), 1, 700);
        let expected = counted(&[&server], &keys);
        // Few keys are all examined, with --full in any case.
        for line in ["", "--full"] {
            let report = stats(&url(&server), line).with(0).json();
            assert_eq!(reported(&report), expected, "{line}");
            assert_eq!(report["customers"][0]["sampled"], false);
        }
        let one = stats(&url(&server), "-c beta").with(0).json();
        assert_eq!(one["customer"], "beta");
        let beta: BTreeMap<_, _> = expected
            .into_iter()
            .filter(|(name, _)| name == "beta")
            .collect();
        assert_eq!(reported(&one), beta);
    }
}

#[test]
fn every_node_of_a_cluster_is_reported_and_its_keys_are_counted_once() {
    let cluster = Cluster::start(Kind::Valkey, true);
    let keys = fill(&cluster.options(), 2, 600);
    let primaries: Vec<&Server> = cluster.nodes[..3].iter().collect();
    let report = stats(&cluster.flags(), "--full").with(0).json();
    assert_eq!(reported(&report), counted(&primaries, &keys));
    let nodes = report["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 6);
    for role in ["primary", "replica"] {
        assert_eq!(
            nodes.iter().filter(|node| node["role"] == role).count(),
            3,
            "{role}"
        );
    }
    let slots: u64 = nodes.iter().filter_map(|node| node["slots"].as_u64()).sum();
    assert_eq!(slots, 16384);
    let sizes: u64 = primaries
        .iter()
        .map(|server| server.ask::<u64>(&["DBSIZE"]))
        .sum();
    assert_eq!(report["keys"], sizes);
    assert!(
        nodes
            .iter()
            .all(|node| node["replication_lag_bytes"].is_u64()),
        "{nodes:?}"
    );

    cluster.nodes[5].kill();
    let ended = stats(&cluster.flags(), "");
    let report = ended.with(7).json();
    let failed: Vec<&Value> = report["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["error"].is_string())
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["addr"], cluster.nodes[5].node().to_string());
    // The primaries' keys are known without it.
    assert_eq!(report["keys"], sizes);
    assert_eq!(report["command_errors"], Value::Null);
}

#[test]
fn sentinels_tell_who_is_primary_and_whether_they_could_agree() {
    let sentinels = Sentinels::start(Kind::Redis, &[], "");
    let keys = fill(&sentinels.options(), 3, 300);
    let report = stats(&sentinel_flags(&sentinels), "").with(0).json();
    assert_eq!(reported(&report), counted(&[&sentinels.primary], &keys));
    let roles: BTreeMap<&str, &str> = report["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            (
                node["addr"].as_str().unwrap(),
                node["role"].as_str().unwrap(),
            )
        })
        .collect();
    let (primary, replica) = (
        sentinels.primary.node().to_string(),
        sentinels.replica.node().to_string(),
    );
    assert_eq!(
        roles,
        BTreeMap::from([(primary.as_str(), "primary"), (replica.as_str(), "replica")])
    );
    assert_eq!(report["sentinel"]["primary"], primary);
    assert_eq!(report["sentinel"]["quorum"], 2);
    // They discover each other over time.
    wait_for("all sentinels know each other", || {
        let report = stats(&sentinel_flags(&sentinels), "").with(0).json();
        let sentinel = &report["sentinel"];
        (sentinel["sentinels"] == 3 && sentinel["quorum_met"] == true).then_some(())
    });
}

#[test]
fn a_server_without_replicas_is_reported_with_its_replica_and_how_far_that_is_behind() {
    let primary = Server::redis();
    let _replica = primary.follower();
    let report = stats(&url(&primary), "").with(0).json();
    assert_eq!(report["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(report["nodes"][0]["version"], "7.0.15");
    assert_eq!(report["nodes"][1]["role"], "replica");
    assert!(report["nodes"][1]["replication_lag_bytes"].is_u64());
    let whole = stats(
        &url(&primary),
        "--assert nodes.*.replication_lag_bytes<100000",
    );
    whole.with(0);
}

#[test]
fn a_replica_that_refuses_the_credentials_is_named_itself() {
    let primary = Server::valkey();
    let replica = primary.follower();
    let rules = ["ACL", "SETUSER", "watcher", "on", "nopass", "~*", "+@all"];
    let _: String = primary.ask(&rules);
    let home = Home::new();
    let line = format!("stats {} --username watcher", url(&primary));
    let refused = home.command(&line).env("VALKEYCLI_AUTH", "hunter2").run();
    let refused = refused.with(7);
    refused.says(format!(
        "`127.0.0.1:{}` refused the credentials",
        replica.port
    ));
    assert!(
        !refused.stderr.contains(&primary.url()),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_sample_comes_near_the_truth_and_says_how_near() {
    let server = Server::valkey();
    let keys = fill(&server.options(), 4, 9000);
    let truth = counted(&[&server], &keys);
    let report = stats(&url(&server), "--samples 2000").with(0).json();
    assert!(report["keys_examined"].as_u64().unwrap() < 2100);
    for one in report["customers"].as_array().unwrap() {
        assert_eq!(one["sampled"], true);
        let (keys, bytes, no_ttl) = truth[one["customer"].as_str().unwrap()];
        for (name, exact) in [("keys", keys), ("memory_bytes", bytes)] {
            let found = one[name].as_u64().unwrap();
            // Six standard deviations of a share of a third in 2000 draws are a fifth of it.
            assert!(
                found.abs_diff(exact) * 5 < exact,
                "{name}: {found} for {exact}"
            );
            let low = one[format!("{name}_low")].as_u64().unwrap();
            let high = one[format!("{name}_high")].as_u64().unwrap();
            assert!(
                low < found && found < high && high - low < exact,
                "{low} {found} {high}"
            );
        }
        // Six standard deviations of a share of a twelfth are less than half of it.
        let number = |name: &str| one[name].as_u64().unwrap();
        let found = number("no_ttl_keys");
        assert!(found.abs_diff(no_ttl) * 2 < no_ttl, "{found} for {no_ttl}");
        let (low, high) = (number("no_ttl_keys_low"), number("no_ttl_keys_high"));
        assert!(low < found && found < high, "{low} {found} {high}");
    }
    // Large keys are examined by name, whatever was drawn.
    let acme = &report["customers"][0];
    let hostnames = acme["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|kind| kind["resource"] == "hostnames")
        .unwrap();
    let exact: u64 = server.ask(&["MEMORY", "USAGE", "akamai:acme:hostnames", "SAMPLES", "0"]);
    assert_eq!(hostnames["memory_bytes"], exact);
    assert_eq!(hostnames["memory_bytes_high"], exact);
    // Nothing is known of the memory of keys that the sample lacks, nor of customers with few keys.
    let resources = acme["resources"].as_array().unwrap();
    let contract = resources.iter().find(|kind| kind["resource"] == "contract");
    let contract = contract.unwrap();
    assert!(contract["keys_high"].as_u64() > Some(0), "{contract}");
    assert!(contract["memory_bytes"].is_null(), "{contract}");
    assert!(acme["memory_bytes"].is_u64(), "{acme}");
    let note = report["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("customers with fewer than about"),
        "{note}"
    );
    // What was not sampled may exist.
    let table = Home::new()
        .run(&format!("stats {} --samples 2000 -c gamma", url(&server)))
        .with(0)
        .stdout;
    assert!(
        table
            .lines()
            .any(|line| line.contains("property") && line.contains("< ")),
        "{table}"
    );
}

#[test]
fn measuring_adds_no_error_to_those_that_are_measured() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let server = Server::start(kind, &[]);
        assert!(server.try_ask::<i64>(&["NOSUCHCOMMAND"]).is_err());
        let first = stats(&url(&server), "--advise").with(0).json();
        assert_eq!(first["command_errors"], 1);
        assert_eq!(first["errors"], json!([{"error": "ERR", "count": 1}]));
        let second = stats(&url(&server), "").with(0).json();
        assert_eq!(second["command_errors"], 1, "{kind:?}");
    }
}

#[test]
fn what_a_former_run_asked_is_no_load() {
    let server = Server::valkey();
    fill(&server.options(), 3, 2000);
    for _ in 0..5 {
        stats(&url(&server), "--samples 20000").with(0);
    }
    let ops: Value = stats(&url(&server), "").with(0).json()["nodes"][0]["ops_per_second"].take();
    assert!(ops.as_u64().is_some_and(|ops| ops < 50), "{ops}");
}

#[test]
fn slow_commands_are_reported_by_name_and_key_on_both_servers() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let server = Server::start(kind, &["--slowlog-log-slower-than", "0"]);
        let _: String = server.ask(&["SET", "akamai:acme:property:prp_1", "s3cret"]);
        let report = stats(&url(&server), "").with(0).json();
        assert!(report["slow_queries"].as_u64().unwrap() >= 1);
        let slow = report["slow_log"].as_array().unwrap();
        assert!(
            slow.iter()
                .any(|one| one["command"] == "SET" && one["key"] == "akamai:acme:property:prp_1"),
            "{slow:?}"
        );
        assert!(!report.to_string().contains("s3cret"));
    }
}

#[test]
fn the_targets_are_those_of_the_thresholds_in_force() {
    let server = Server::valkey();
    let _: String = server.ask(&["SET", "akamai:acme:properties:all", "[]", "EX", "300"]);
    let _: String = server.ask(&["SET", "akamai:acme:property:prp_1", "{}", "EX", "300"]);
    let home = Home::new();
    home.config("[thresholds]\nproperty_list_ms = 9000\nproperty_ms = 0\n");
    let report = home
        .run(&format!("stats -o json {}", url(&server)))
        .with(0)
        .json();
    let target = |name: &str| {
        let found = report["targets"]
            .as_array()
            .unwrap()
            .iter()
            .find(|target| target["name"] == name);
        found.unwrap().clone()
    };
    assert_eq!(target("property_list_ms")["met"], true);
    assert_eq!(target("property_list_ms")["target"], 9000.0);
    assert_eq!(target("property_ms")["met"], false);
    assert_eq!(target("search_ms")["actual"], Value::Null);
    assert_eq!(target("customer_memory_mb")["met"], true);
    assert_eq!(target("hit_rate")["met"], Value::Null);
    let table = home.run(&format!("stats {}", url(&server))).with(0).stdout;
    assert!(table.contains('✓') && table.contains('✗'), "{table}");
    // In the unit that its name says, not in binary ones.
    let memory = table
        .lines()
        .find(|line| line.contains("customer_memory_mb"));
    assert_eq!(
        memory.map(|line| line.matches(" MB").count()),
        Some(2),
        "{table}"
    );

    // A rate below its target is not rounded up to it.
    let today = jiff::Timestamp::now().strftime("%F");
    for (kind, count) in [("hits", "8496"), ("misses", "1504")] {
        let key = format!("akamai:stats:{today}:{kind}");
        let _: i64 = server.ask(&["HSET", &key, "acme:property:prp_1", count]);
    }
    let table = home.run(&format!("stats {}", url(&server))).with(0).stdout;
    let row = table.lines().find(|line| line.starts_with("✗ hit_rate"));
    let words: Vec<&str> = row.unwrap().split_ascii_whitespace().collect();
    assert_eq!(words[2..], ["85%", "84.9%"]);
    let first = table.lines().next().unwrap();
    let address = format!("127.0.0.1:{}: ", server.port);
    assert!(
        first.starts_with(&address) && first.contains("hit_rate"),
        "{table}"
    );
    // Nothing is printed that was not measured or requested.
    assert!(
        !table.contains("search_ms") && !table.contains("AVG US"),
        "{table}"
    );
    let verbose = home.run(&format!("stats -v {}", url(&server)));
    let verbose = verbose.with(0).stdout;
    assert!(
        verbose.contains("search_ms") && verbose.contains("AVG US"),
        "{verbose}"
    );
}

#[test]
fn advice_comes_with_the_numbers_that_give_reason_for_it() {
    let server = Server::start(
        Kind::Redis,
        &["--maxmemory", "200mb", "--maxmemory-policy", "noeviction"],
    );
    let _: String = server.ask(&["SET", "akamai:acme:property:prp_1", "{}"]);
    let report = stats(&url(&server), "--advise").with(0).json();
    let advice = report["advice"].as_array().unwrap();
    let rules: BTreeSet<&str> = advice
        .iter()
        .map(|one| one["rule"].as_str().unwrap())
        .collect();
    assert_eq!(
        rules,
        BTreeSet::from(["no_eviction", "no_replica", "no_ttl"])
    );
    assert!(
        advice
            .iter()
            .all(|one| !one["evidence"].as_object().unwrap().is_empty())
    );
    assert_eq!(
        stats(&url(&server), "").with(0).json()["advice"],
        Value::Null
    );
}

#[test]
fn a_stats_hash_of_another_type_leaves_the_rest_of_the_report() {
    let server = Server::valkey();
    let key = format!(
        "akamai:stats:{}:hits",
        jiff::Timestamp::now().strftime("%F")
    );
    let keys: Vec<String> = vec![key];
    let () = server.ask(&["SET", &keys[0], "x"]);
    let home = Home::new();
    let note = format!("`{}` is not a hash of counts; it is left out", keys[0]);
    for command in ["stats", "hit-rate"] {
        let ended = home.run(&format!("{command} {}", url(&server))).with(0);
        ended.says(&note);
        let report = home.run(&format!("{command} -o json {}", url(&server)));
        assert_eq!(report.with(0).json()["notes"][0], note);
    }
    let ended = home.run(&format!("customers {}", url(&server))).with(0);
    ended.says(&note);
}

#[test]
fn the_next_page_is_requested_before_the_keys_of_this_one_are_measured() {
    let stage = Stage::new(small()).behind_proxy();
    let mut fill = redis::pipe();
    for number in 0..3000 {
        let key = format!("akamai:acme:property:prp_{number}");
        fill.cmd("SET").arg(key).arg("{}").arg("EX").arg(900);
    }
    let _: Vec<String> = stage.server.pipeline(&fill);
    stage.run("stats --full").with(0);
    let commands = stage.proxy().commands();
    let before = commands.iter().take_while(|words| words[0] != "MEMORY");
    let scans = before.filter(|words| words[0] == "SCAN").count();
    assert_eq!(scans, 2, "the server always has work");
}
