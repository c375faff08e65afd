//! Other and older servers, managed services that lack commands, and proxies.

use crate::support::proxy::Proxy;
use crate::support::server::Server;
use crate::support::stage::{Stage, small};

/// Runs every main command, which must exit with 0. What is removed comes back, and nothing lacks its TTL.
#[track_caller]
fn every_command_works(stage: &Stage) {
    stage.warm("--all");
    stage.run("get property prp_100001").with(0);
    stage.run("inspect prp_100001").with(0);
    let removed = stage.run("invalidate -o json prp_100001 --cascade");
    let removed = removed.with(0).json()["removed"].clone();
    assert!(removed.as_u64() >= Some(2), "{removed}");
    let undone = stage.run("undo -o json").with(0).json();
    assert_eq!(undone["restored"], removed);
    stage.run("stats").with(0);
    stage.run("hit-rate").with(0);
    stage.run("locks").with(0);
    let data = stage.keys().into_iter().filter(|key| {
        let for_ever = [":audit", ":generation", ":warm:state", ":metrics:"];
        key.starts_with("akamai:acme:") && !for_ever.iter().any(|part| key.contains(part))
    });
    for key in data {
        assert!(stage.left(&key) > 0, "{key} lives for ever");
    }
}

#[test]
fn every_command_works_behind_a_proxy_that_changes_nothing() {
    let stage = Stage::new(small()).behind_proxy();
    every_command_works(&stage);
    assert!(stage.proxy().seen("EXEC") > 0);
}

/// Refuses what a server of the 6.0 line does not know.
pub fn redis_6(proxy: &Proxy) {
    proxy
        .on("PEXPIRETIME")
        .refuse("ERR unknown command `PEXPIRETIME`, with args beginning with: ");
    for option in ["LT", "GT", "NX"] {
        let rule = proxy.on("PEXPIRE").with(option);
        rule.answer("-ERR wrong number of arguments for 'pexpire' command\r\n");
    }
    proxy.on("ZADD").with("GT").answer("-ERR syntax error\r\n");
    proxy.on("SET").with("PXAT").answer("-ERR syntax error\r\n");
}

#[test]
fn every_command_works_with_a_server_of_the_6_line() {
    let stage = Stage::on(Server::redis(), small()).behind_proxy();
    redis_6(stage.proxy());
    every_command_works(&stage);
    let key = "akamai:acme:property:prp_100001";
    assert!(stage.left(key) > 600);
    let soft = stage.run("invalidate -o json --soft prp_100001").with(0);
    assert!(soft.json()["softened"].as_u64() >= Some(1));
    assert!((1..=60).contains(&stage.left(key)), "{}", stage.left(key));
    let marks: Vec<String> = stage
        .server
        .ask(&["ZRANGE", "akamai:acme:invalidated", "0", "-1"]);
    assert!(!marks.is_empty());
}

#[test]
fn what_is_undone_on_a_server_of_the_6_line_has_the_deadline_that_it_had() {
    let stage = Stage::on(Server::redis(), small()).behind_proxy();
    redis_6(stage.proxy());
    stage.warm("");
    let hash = "akamai:acme:hostnames";
    let deadline = |key: &str| -> i64 { stage.server.ask(&["PEXPIRETIME", key]) };
    let before = (deadline("akamai:acme:properties:all"), deadline(hash));
    stage.run("invalidate --everything --yes").with(0);
    assert_eq!(deadline(hash), -2);
    stage.run("undo").with(0);
    let after = (deadline("akamai:acme:properties:all"), deadline(hash));
    for (one, other) in [(before.0, after.0), (before.1, after.1)] {
        assert!((0..1000).contains(&(one - other)), "{one} became {other}");
    }
}

#[test]
fn a_server_that_refuses_info_is_worked_with_and_its_figures_are_unknown() {
    for refusal in [
        "ERR unknown command 'INFO'",
        "NOPERM User default has no permissions to run the 'info' command",
    ] {
        let stage = Stage::new(small()).behind_proxy();
        stage.warm("");
        stage.proxy().on("INFO").refuse(refusal);
        let removed = stage.run("invalidate -o json --pattern property:* --yes --no-undo");
        let removed = removed.with(0).json();
        assert_eq!(removed["coverage"]["run_ids_unknown"], true, "{removed}");
        stage.run("invalidate akamai:acme:properties:all").with(0);
        stage.run("undo").with(0);
        let listed = stage.run("inspect * -o json").with(0).json();
        assert_eq!(listed["coverage"]["run_ids_unknown"], true, "{listed}");
        stage.run("locks").with(0);
        if refusal.starts_with("ERR") {
            let stats = stage.run("stats -o json").with(0).json();
            assert!(stats["nodes"][0]["version"].is_null(), "{stats}");
        }
    }
}

#[test]
fn informational_commands_may_be_missing() {
    let stage = Stage::new(small()).behind_proxy();
    let proxy = stage.proxy();
    for command in [
        "OBJECT",
        "ROLE",
        "WAIT",
        "LATENCY",
        "SLOWLOG",
        "COMMANDLOG",
        "COMMAND",
    ] {
        proxy
            .on(command)
            .refuse(&format!("ERR unknown command '{command}'"));
    }
    every_command_works(&stage);
    let seen = stage.run("inspect -o json properties:all").with(0).json();
    assert!(seen["encoding"].is_null(), "{seen}");
}

#[test]
fn a_proxy_that_closes_at_client_is_connected_without_it() {
    let stage = Stage::new(small()).behind_proxy();
    stage.proxy().on("CLIENT").close();
    every_command_works(&stage);
    assert!(stage.proxy().seen("CLIENT") > 0);
}

#[test]
fn where_multi_is_refused_outside_or_inside_a_script_about_one_key_takes_its_place() {
    type Rules = fn(&Proxy);
    let rules: [Rules; 4] = [
        |proxy| proxy.on("MULTI").refuse("ERR unknown command 'MULTI'"),
        |proxy| proxy.on("EXEC").refuse("ERR unknown command 'EXEC'"),
        |proxy| {
            for command in ["HSET", "DEL", "ZADD"] {
                let rule = proxy.on(command).inside_multi();
                rule.refuse("ERR not supported inside transaction");
            }
        },
        |proxy| {
            proxy.on("MULTI").refuse("ERR MULTI is not supported");
            redis_6(proxy);
        },
    ];
    for (at, rules) in rules.into_iter().enumerate() {
        let stage = Stage::new(small()).behind_proxy();
        rules(stage.proxy());
        every_command_works(&stage);
        assert!(stage.proxy().seen("EVAL") > 0, "rules {at}");
    }
}

/// twemproxy.
#[test]
fn a_proxy_that_closes_at_multi_gets_scripts_about_one_key() {
    let stage = Stage::new(small()).behind_proxy();
    stage.proxy().on("MULTI").close();
    stage.run("warm -v").with(0).says("hangs up at MULTI");
    every_command_works(&stage);
    assert!(stage.proxy().seen("EVAL") > 0);
}

/// If a service does not report the memory of keys, no figure is invented, and the number of keys is reported.
#[test]
fn where_memory_is_not_told_stats_counts_keys_and_leaves_their_size_open() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("--all");
    stage
        .proxy()
        .on("MEMORY")
        .refuse("ERR unknown command 'MEMORY'");
    every_command_works(&stage);
    for line in ["stats -o json --full", "stats -o json"] {
        let stats = stage.run(line).with(0).json();
        let acme = &stats["customers"][0];
        assert!(acme["keys"].as_u64() > Some(5), "{stats}");
        for name in ["memory_bytes", "memory_bytes_low", "memory_bytes_high"] {
            assert!(acme[name].is_null(), "{name} of {acme}");
            assert!(acme["resources"][0][name].is_null(), "{name} of {acme}");
        }
        assert!(stats["incomplete"].is_null(), "{stats}");
    }
    let metrics = stage.run("stats -o prometheus").with(0).stdout;
    assert!(metrics.contains("alecs_cache_customer_keys{"), "{metrics}");
    let sizes = ["customer_memory_bytes{", "resource_memory_bytes{"];
    assert!(
        !sizes.iter().any(|name| metrics.contains(name)),
        "{metrics}"
    );
    stage.run("stats -o table").with(0);
}

#[test]
fn without_dbsize_stats_takes_the_number_of_keys_from_info_or_counts_each() {
    let stage = Stage::new(small()).behind_proxy();
    for number in 0..300 {
        stage.server_writes(&format!("akamai:acme:property:prp_{number}"), "{}");
    }
    let proxy = stage.proxy();
    let sampled = |line: &str| {
        let stats = stage.run(line).with(0).json();
        assert!(stats["incomplete"].is_null(), "{stats}");
        let acme = &stats["customers"][0];
        assert!(acme["keys"].as_u64() > Some(100), "{stats}");
        acme["sampled"].clone()
    };
    let line = "stats -o json --samples 100";
    assert_eq!(sampled(line), true);
    proxy.on("DBSIZE").refuse("ERR unknown command 'DBSIZE'");
    assert_eq!(sampled("stats -o json"), false);
    assert_eq!(sampled(line), true, "INFO has the number");
    proxy.on("INFO").refuse("ERR unknown command 'INFO'");
    assert_eq!(sampled(line), false, "nothing to weigh a sample by");
}

#[test]
fn a_ratio_of_minus_one_is_one_that_the_server_does_not_know() {
    let stage = Stage::new(small()).behind_proxy();
    let name = "mem_fragmentation_ratio:";
    stage.proxy().on("INFO").edit(move |reply| {
        let Some((before, rest)) = reply.split_once(name) else {
            return reply;
        };
        let (ratio, after) = rest.split_once('\r').unwrap();
        // As long as the value in its place.
        let unknown = format!("-1.{}", "0".repeat(ratio.len() - 3));
        format!("{before}{name}{unknown}\r{after}")
    });
    let report = stage.run("stats -o json").with(0).json();
    let node = &report["nodes"][0];
    assert!(node["fragmentation_ratio"].is_null(), "{node}");
    let text = stage.run("stats -o prometheus").with(0).stdout;
    let sample = "alecs_cache_node_memory_fragmentation_ratio{";
    assert!(!text.contains(sample), "{text}");
}
