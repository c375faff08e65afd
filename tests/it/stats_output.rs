//! `stats` for other programs and as a live view: Prometheus, alerts, assertions, `--watch`.

use crate::stats::{fill, url};
use crate::support::run::Home;
use crate::support::server::{Server, wait_for};
use alecs_cache::testing::output::metrics;
use alecs_cache::testing::output::prometheus::MetricKind as Kinds;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn unmet_assertions_exit_with_6_and_are_listed_with_their_values() {
    let server = Server::valkey();
    let run = |words: &[&str]| {
        let mut all: Vec<String> = format!("stats -o json {}", url(&server))
            .split(' ')
            .map(String::from)
            .collect();
        for word in words {
            all.extend(["--assert".to_owned(), (*word).to_owned()]);
        }
        Home::new().command_of(all).run()
    };
    run(&[
        "nodes.*.evicted_keys==0",
        "latency_ms.p99 < 60000",
        "connection_errors<=0",
    ])
    .with(0);
    let ended = run(&["nodes.*.connected_clients<1", "hit_rate>=85", "keys>=0"]).with(6);
    let message = ended.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("nodes.*.connected_clients<1")
            && message.contains(&format!("127.0.0.1:{}", server.port)),
        "{message}"
    );
    assert!(message.contains("hit_rate has no value"), "{message}");
    assert!(!message.contains("keys>=0"), "{message}");
    let ended = run(&["hit_rat>=85"]).with(2);
    ended.says("did you mean hit_rate");
    run(&["hit_rate=>85"]).with(2);
    run(&["hit_rate"]).with(2);
}

/// Returns the names of metrics in an expression or text.
fn figures(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words
        .filter(|word| word.starts_with("alecs_cache_"))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn prometheus_gets_valid_text_in_one_step() {
    let server = Server::valkey();
    fill(&server.options(), 6, 60);
    let home = Home::new();
    let text = home
        .run(&format!("stats -o prometheus {}", url(&server)))
        .with(0)
        .stdout;
    let mut typed = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let mut samples = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(
                helped.insert(rest.split_once(' ').unwrap().0.to_owned()),
                "{line}"
            );
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["gauge", "counter", "summary"].contains(&kind), "{line}");
            assert!(
                typed.insert(name.to_owned(), kind.to_owned()).is_none(),
                "{line}"
            );
        } else {
            let (head, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(samples.insert(head.to_owned()), "twice: {line}");
            let name = head.split('{').next().unwrap();
            let family = name
                .strip_suffix("_sum")
                .or(name.strip_suffix("_count"))
                .unwrap_or(name);
            assert!(
                typed.contains_key(family) && helped.contains(family),
                "{line}"
            );
            if let Some((_, labels)) = head.split_once('{') {
                assert!(
                    labels.ends_with("\"}") && labels.matches('"').count() % 2 == 0,
                    "{line}"
                );
            }
        }
    }
    assert!(samples.contains(&format!(
        "alecs_cache_node_up{{node=\"127.0.0.1:{}\"}}",
        server.port
    )));
    let keys: u64 = server.ask(&["DBSIZE"]);
    assert!(text.contains(&format!("}} {keys}\n")), "{text}");

    let silent = home
        .run(&format!(
            "stats -o prometheus --out cache.prom {}",
            url(&server)
        ))
        .with(0);
    assert_eq!(silent.stdout, "");
    let written = std::fs::read_to_string(home.path().join("cache.prom")).unwrap();
    let names = |text: &str| figures(text).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(names(&written), names(&text));
    let mode = std::fs::metadata(home.path().join("cache.prom"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn alerts_follow_the_thresholds_and_dashboard_and_alerts_name_only_figures_that_there_are() {
    let known: BTreeSet<String> = metrics::ALL
        .iter()
        .flat_map(|metric| {
            // Only summaries have more than one series.
            let summary = metric.kind == Kinds::Summary;
            let suffixes: &[&str] = if summary {
                &["", "_sum", "_count"]
            } else {
                &[""]
            };
            suffixes
                .iter()
                .map(|suffix| format!("{}{suffix}", metric.name))
        })
        .collect();
    let home = Home::new();
    home.config("[thresholds]\nhit_rate = 91\n");
    // No server is contacted.
    let alerts = home
        .run("stats --alerts --url redis://127.0.0.1:1")
        .with(0)
        .stdout;
    assert!(
        alerts.contains("expr: 'alecs_cache_hit_ratio < 0.91'"),
        "{alerts}"
    );
    assert_eq!(
        alerts.matches("- alert: ").count(),
        alerts.matches("expr: ").count()
    );
    let dashboard = include_str!("../../docs/grafana-dashboard.json");
    let parsed: Value = serde_json::from_str(dashboard).unwrap();
    assert!(parsed["panels"].as_array().unwrap().len() > 5);
    for text in [alerts.as_str(), dashboard] {
        let named = figures(text);
        assert!(named.len() > 5);
        let strange: Vec<&String> = named.difference(&known).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }
}

#[test]
fn without_a_terminal_watching_prints_a_line_for_each_measurement_until_it_is_stopped() {
    let server = Server::valkey();
    let running = Home::new()
        .command(&format!("stats --watch 50ms {}", url(&server)))
        .spawn();
    wait_for("three measurements", || {
        (surveys(&server)? > 3).then_some(())
    });
    running.interrupt();
    let ended = running.wait().with(130);
    assert!(ended.stdout.lines().count() >= 2, "{}", ended.stdout);
    assert!(!ended.stderr.contains("error"), "{}", ended.stderr);
    assert!(
        ended.stdout.lines().all(|line| line.contains("hit rate")),
        "{}",
        ended.stdout
    );
}

#[test]
fn on_a_terminal_a_key_ends_the_live_view_and_the_terminal_is_given_back() {
    let server = Server::valkey();
    let line = format!("stats --watch 50ms {}", url(&server));
    let home = Home::new();
    let leave = |key: &str| {
        let run = home.command(&line).env("TERM", "xterm");
        // Before the alternate screen, the terminal itself handles Ctrl-C.
        run.on_terminal_when("\u{1b}[?1049h", key)
    };
    // In raw mode Ctrl-C is a key, and no signal.
    let interrupted = leave("\u{3}");
    assert_eq!(interrupted.code, Some(130), "{}", interrupted.screen);
    assert!(!interrupted.screen.contains("error"), "leaving is no error");
    let shown = leave("p+-cpq");
    assert_eq!(shown.code, Some(0), "{}", shown.screen);
    // The alternate screen is entered and left.
    let entered = shown.screen.find("\u{1b}[?1049h");
    let left = shown.screen.rfind("\u{1b}[?1049l");
    let screen = shown.screen.escape_debug();
    assert!(entered.is_some() && left > entered, "{screen}");
}

/// Number of measurements of a live view.
fn surveys(server: &Server) -> Option<u64> {
    let calls: String = server.ask(&["INFO", "commandstats"]);
    let of_info = "cmdstat_command|info:calls=";
    let rest = calls.lines().find_map(|line| line.strip_prefix(of_info))?;
    rest.split(',').next()?.parse().ok()
}

#[test]
fn the_figures_of_another_customer_are_read_while_the_view_is_paused() {
    let server = Server::valkey();
    let line = format!("stats --watch 5m -c acme,beta {}", url(&server));
    let home = Home::new();
    let run = home.command(&line).env("TERM", "xterm");
    let left = run.at_prompt("\u{1b}[?1049h", |mut keyboard, _| {
        let first = wait_for("a measurement", || surveys(&server));
        keyboard.write_all(b"pc").unwrap();
        wait_for("another customer's", || {
            (surveys(&server)? > first).then_some(())
        });
        keyboard.write_all(b"q").unwrap();
    });
    assert_eq!(left.code, Some(0), "{}", left.screen);
}

#[test]
fn the_view_ends_with_its_terminal() {
    let server = Server::valkey();
    let line = format!("stats --watch 5m {}", url(&server));
    let home = Home::new();
    // The next measurement, which could not be shown either, is far away.
    let code = home.command(&line).columns(80).closed_at("ops/s");
    assert!(code.is_some());
}

#[test]
fn each_assertion_has_a_line_and_quiet_leaves_only_those() {
    let server = Server::valkey();
    let home = Home::new();
    let run = |line: &str| home.run(&format!("stats {} {line}", url(&server)));
    let ended = run("-q --assert connection_errors<=0 --assert keys>=1").with(6);
    assert_eq!(
        ended.stdout,
        "PASS connection_errors<=0: connection_errors is 0\nFAIL keys>=1: keys is 0\n"
    );
    let names = run("--assert list").with(0).stdout;
    assert!(names.lines().any(|name| name == "hit_rate"), "{names}");
    for (line, words) in [
        ("--alerts -o json", "prints rules in YAML"),
        ("--watch 0s", "expected more than zero"),
        ("--assert evicted_key==0", "did you mean evicted_keys"),
    ] {
        let ended = run(line).with(2);
        ended.says(words);
    }
}

#[test]
fn an_assertion_about_customers_looks_at_every_key() {
    let server = Server::valkey();
    let mut many = redis::pipe();
    for at in 0..12_000 {
        let key = format!("akamai:many:search:{at}");
        many.cmd("SET").arg(key).arg("[]").arg("EX").arg(300);
    }
    let _: Vec<redis::Value> = server.pipeline(&many);
    let _: String = server.ask(&["SET", "akamai:tiny:property:prp_1", "{}"]);
    let home = Home::new();
    let run = |line: &str| home.run(&format!("stats -q {} {line}", url(&server)));
    let rare = "--assert customers.*.no_ttl_keys==0";
    let ended = run(rare).with(6);
    let tiny = "customers.tiny.no_ttl_keys is 1\n";
    assert!(ended.stdout.contains(tiny), "{}", ended.stdout);
    run(&format!("{rare} --samples 100")).with(2);
}

#[test]
fn json_that_the_environment_asks_for_is_left_out_where_there_is_none() {
    let server = Server::valkey();
    for (words, begin) in [
        ("stats --alerts", "groups:\n"),
        ("stats --assert list", "nodes.*.uptime_seconds\n"),
    ] {
        let line = format!("{words} {}", url(&server));
        let home = Home::new();
        let run = home.command(&line).env("ALECS_CACHE_OUTPUT", "json");
        let text = run.run().with(0).stdout;
        assert!(text.contains(begin), "{text}");
        home.config("output = 'json'");
        assert_eq!(home.run(&line).with(0).stdout, text);
        let refused = home.run(&format!("{line} -o json")).with(2);
        refused.says("cannot be used with");
    }
    // Advice has no form for Prometheus.
    let advice = format!("stats --advise {}", url(&server));
    let home = Home::new();
    let run = home
        .command(&advice)
        .env("ALECS_CACHE_OUTPUT", "prometheus");
    let text = run.run().with(0).stdout;
    assert!(text.contains("set maxmemory"), "{text}");
    let refused = home.run(&format!("{advice} -o prometheus")).with(2);
    assert_eq!(refused.stdout, "");
}
