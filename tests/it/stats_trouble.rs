//! `stats` while servers are gone, or do not report everything to every user.

use crate::stats::{fill, stats, url};
use crate::support::cluster::Cluster;
use crate::support::run::{Ended, Home};
use crate::support::server::{Kind, Server, wait_for};
use serde_json::{Value, json};

#[test]
fn a_server_that_goes_away_does_not_end_the_live_view() {
    let server = Server::valkey();
    let home = Home::new();
    let path = home.path().join("lines");
    let running = home
        .command(&format!("stats --watch 50ms --retries 0 {}", url(&server)))
        .stdout(std::fs::File::create(&path).unwrap());
    let told = |words: &str| {
        wait_for(words, || {
            let lines = std::fs::read_to_string(&path).unwrap();
            lines.contains(words).then_some(())
        });
    };
    told(" MiB, ");
    server.kill();
    told("memory -, evicted -, most missed -, incomplete: cannot connect");
    running.interrupt();
    running.wait().with(130);
}

#[test]
fn a_server_that_is_not_there_ends_with_10_and_a_wrong_word_with_2() {
    stats("--url redis://127.0.0.1:1 --retries 0", "").with(10);
    let home = Home::new();
    home.run("stats -o csv").with(2);
    home.run("stats --alerts --full").with(2);
    home.run("stats --watch 0").with(2);
}

#[test]
fn a_lost_primary_is_a_part_that_failed_and_the_others_are_reported_all_the_same() {
    let cluster = Cluster::start(Kind::Valkey, false);
    cluster.nodes[2].kill();
    let flags = format!("{} --connect-timeout 1s --retries 1", cluster.flags());
    let ended = stats(&flags, "").with(7);
    let report = ended.json();
    assert!(report["incomplete"].is_string(), "{report}");
    assert!(ended.error()["hint"].is_string(), "{}", ended.stderr);
    let nodes = report["nodes"].as_array().unwrap();
    let answered = nodes.iter().filter(|node| node["error"].is_null());
    assert_eq!(answered.count(), 2);
    assert_eq!(nodes.len(), 3);
    assert_eq!(report["keys"], Value::Null);
}

#[test]
fn what_the_other_servers_hold_is_reported_and_said_to_be_a_part() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let mut options = cluster.options();
    options.timeout = std::time::Duration::from_secs(10);
    fill(&options, 7, 300);
    let flags = format!(
        "{} --connect-timeout 1s --retries 1 -c acme",
        cluster.flags()
    );
    for how in ["--full", "--samples 100"] {
        let all = stats(&flags, how).with(0).json();
        assert_eq!(all["customers"][0]["partial"], false);
        assert!(all["customers"][0]["keys"].as_u64() > Some(50), "{all}");
    }
    for node in &cluster.nodes {
        let _: String = node.ask(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    cluster.nodes[2].kill();
    for how in ["--full", "--samples 100"] {
        let report = stats(&flags, how).with(7).json();
        assert!(report["incomplete"].is_string(), "{report}");
        let customer = &report["customers"][0];
        assert_eq!(customer["partial"], true, "{report}");
        let keys = customer["keys"].as_u64().unwrap();
        assert!((1..200).contains(&keys), "{keys}");
        assert!(!customer["resources"].as_array().unwrap().is_empty());
    }
    // What was not found may be on the lost server.
    let nobody = flags.replace("-c acme", "-c nobody");
    let report = stats(&nobody, "--full").with(7).json();
    assert_eq!(report["customers"], json!([]));
    let home = Home::new();
    let ended = home.run(&format!("stats --full {flags}")).with(7);
    let said = "keys on servers that do not answer are missing";
    ended.says(said);
    assert!(ended.stdout.contains("property"), "{}", ended.stdout);
    let figures = home
        .run(&format!("stats --full -o prometheus {flags}"))
        .with(7);
    assert!(!figures.stdout.contains("customer="), "{}", figures.stdout);
}

/// The file of the run before would say that the server is up.
#[test]
fn the_metrics_of_a_single_server_that_does_not_answer_say_so() {
    let server = Server::valkey();
    let home = Home::new();
    let file = home.path().join("cache.prom");
    let line = format!(
        "stats -o prometheus --retries 0 {} --out {}",
        url(&server),
        file.display()
    );
    let up = |value: &str| {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let taken = lines.next().unwrap();
        assert!(
            taken.starts_with("alecs_cache_scrape_timestamp_seconds "),
            "{text}"
        );
        let up = format!(
            "alecs_cache_node_up{{node=\"127.0.0.1:{}\"}} {value}",
            server.port
        );
        assert!(lines.any(|line| line == up), "{text}");
        text
    };
    home.run(&line).with(0);
    assert!(up("1").contains("alecs_cache_node_keys"));
    server.kill();
    assert_eq!(home.run(&line).with(10).stdout, "");
    assert!(!up("0").contains("alecs_cache_node_keys"));
}

/// Counts that could not be read are not 0.
#[test]
fn a_user_who_may_not_read_the_counts_gets_none_instead_of_nothing() {
    let server = Server::valkey();
    let_in(&server, &["-hlen"]);
    let ended = as_watcher(&format!("{} -o json", url(&server))).with(4);
    let report = ended.json();
    for name in [
        "hits",
        "misses",
        "hit_rate",
        "api_calls_saved",
        "cost_saved",
    ] {
        assert_eq!(report[name], Value::Null, "{name}");
    }
    assert_eq!(report["days"], json!([]));
    let told = report["incomplete"].as_str().unwrap();
    assert!(told.contains("hlen"), "{told}");
    let text = as_watcher(&format!("{} -o prometheus", url(&server)))
        .with(4)
        .stdout;
    assert!(text.contains("alecs_cache_node_up"), "{text}");
    assert!(!text.contains("alecs_cache_window"), "{text}");
}

/// Creates `watcher`, who has all permissions but these.
fn let_in(server: &Server, without: &[&str]) {
    let mut words = vec![
        "ACL",
        "SETUSER",
        "watcher",
        "reset",
        "on",
        ">hunter2 and more",
        "~*",
        "+@all",
    ];
    words.extend(without);
    let _: String = server.ask(&words);
}

fn as_watcher(flags: &str) -> Ended {
    let line = format!("stats --username watcher {flags}");
    Home::new()
        .command(&line)
        .env("VALKEYCLI_AUTH", "hunter2 and more")
        .run()
}

#[test]
fn an_only_server_that_refuses_to_tell_of_itself_ends_with_4_and_its_keys_are_reported_all_the_same()
 {
    for kind in [Kind::Valkey, Kind::Redis] {
        let server = Server::start(kind, &[]);
        fill(&server.options(), 7, 40);
        let everything = stats(&url(&server), "").with(0).json();
        let_in(&server, &["-info"]);
        let ended = as_watcher(&format!("{} -o json", url(&server))).with(4);
        let error = ended.error();
        assert_eq!(error["code"], "denied");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("may not run `INFO`"), "{message}");
        assert_eq!(message.matches("INFO").count(), 1, "{message}");
        // Older servers do not name the user.
        let user = if message.contains("User watcher") {
            "watcher"
        } else {
            "USER"
        };
        assert_eq!(
            error["hint"],
            format!(
                "permit it with `ACL SETUSER {user} +info`; `alecs-cache doctor --need read` (or warm, all) lists all that is missing"
            )
        );
        let report = ended.json();
        assert!(report["nodes"][0]["error"].is_string(), "{report}");
        assert_eq!(report["customers"], everything["customers"]);
        assert_eq!(report["command_errors"], Value::Null);
    }
}

#[test]
fn where_some_servers_of_a_cluster_tell_and_others_do_not_a_part_failed() {
    let cluster = Cluster::start(Kind::Valkey, false);
    for (at, node) in cluster.nodes.iter().enumerate() {
        let_in(node, if at == 1 { &["-info"] } else { &[] });
    }
    let ended = as_watcher(&format!("{} -o json", cluster.flags())).with(7);
    let silent = cluster.nodes[1].node().to_string();
    assert_eq!(ended.error()["message"], format!("no answer from {silent}"));
    let report = ended.json();
    let nodes = report["nodes"].as_array().unwrap().iter();
    let failed: Vec<&Value> = nodes.filter(|node| node["error"].is_string()).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["addr"], silent);
    let reason = failed[0]["error"].as_str().unwrap();
    assert!(reason.contains("NOPERM"), "{reason}");

    for node in &cluster.nodes {
        let_in(node, &["-info"]);
    }
    let ended = as_watcher(&format!("{} -o json", cluster.flags())).with(4);
    assert_eq!(ended.error()["code"], "denied");
    assert_eq!(ended.json()["incomplete"], json!(null));
}

/// The probes read examples of keys by their names.
#[test]
fn a_key_of_another_type_makes_no_errors_at_the_server() {
    let server = Server::valkey();
    for key in [
        "properties:all",
        "property:prp_1",
        "hostname:www.example.com",
    ] {
        let _: i64 = server.ask(&["HSET", &format!("akamai:weird:{key}"), "a", "b"]);
    }
    let _: String = server.ask(&["CONFIG", "RESETSTAT"]);
    for _ in 0..2 {
        let ended = stats("", &url(&server)).with(0);
        assert_eq!(ended.json()["errors"], json!([]));
    }
}
