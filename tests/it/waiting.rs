//! Waits are announced with their reason and their end.

use crate::support::akamai::Fault;
use crate::support::cluster::Cluster;
use crate::support::run::Home;
use crate::support::server::{Kind, wait_for};
use crate::support::stage::{Stage, small};
use std::time::{Duration, Instant};

fn limited(seconds: u32) -> Fault {
    let headers = vec![("retry-after", seconds.to_string())];
    Fault::Status(429, headers, "{}".into())
}

#[test]
fn a_rate_limit_is_reported_with_the_time_it_ends() {
    for line in ["warm", "warm -v", "warm -o json", "get groups"] {
        let stage = Stage::new(small());
        stage.api.fault("/groups", 1, limited(1));
        let ended = stage.run(line).with(0);
        let told = "rate limited by Akamai; continuing in 1 s\n";
        assert_eq!(
            ended.stderr.matches(told).count(),
            1,
            "{line}: {}",
            ended.stderr
        );
        let lines = ended.stderr.lines().filter(|line| line.contains("rate"));
        assert_eq!(lines.count(), 1, "{line}: {}", ended.stderr);
    }
    for line in ["warm -q", "warm --no-progress"] {
        let stage = Stage::new(small());
        stage.api.fault("/groups", 1, limited(1));
        let ended = stage.run(line).with(0);
        assert!(!ended.stderr.contains("continuing"), "{}", ended.stderr);
    }
}

#[test]
fn a_retry_is_reported_with_its_number_and_its_cause() {
    let stage = Stage::new(small());
    let fault = Fault::Status(500, vec![], "{}".into());
    stage.api.fault("/groups", 1, fault);
    let ended = stage.run("warm").with(0);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let told = lines
        .iter()
        .find(|line| line.contains("(retry 1 of 9); continuing in"));
    assert!(told.is_some_and(|line| line.contains("500")), "{lines:?}");
}

#[test]
fn a_lost_node_of_a_cluster_is_reported_once_with_the_time_when_it_is_given_up() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let key = "akamai:acme:groups:all";
    cluster.nodes[cluster.owner(key)].kill();
    let flags = "get groups --require-cache -c acme --connect-timeout 4s --retries 1";
    let ended = Home::new().run(&format!("{flags} {}", cluster.flags()));
    let lines = ended.stderr.lines();
    let lines: Vec<&str> = lines.filter(|line| line.contains("trying")).collect();
    // The second read ends later than the first one.
    assert!((1..=2).contains(&lines.len()), "{}", ended.stderr);
    let told = |line: &&str| line.ends_with("; trying again for up to 4 s");
    assert!(lines.iter().all(told), "{}", ended.stderr);
}

#[test]
fn a_retry_after_an_attempt_that_took_long_is_reported() {
    let stage = Stage::new(small()).behind_proxy();
    stage.proxy().on("XREVRANGE").delay(Duration::from_secs(3));
    let ended = stage.run("log --timeout 1s --retries 1").with(11);
    let lines = ended.stderr.lines();
    let lines: Vec<&str> = lines.filter(|line| line.contains("within 1 s;")).collect();
    assert_eq!(lines.len(), 1, "{}", ended.stderr);
}

#[test]
fn after_a_signal_nothing_is_tried_again() {
    let stage = Stage::new(small()).behind_proxy();
    stage.proxy().on("GET").delay(Duration::from_secs(3));
    let line = "search property --timeout 1s --retries 30";
    let running = stage.command(line).spawn();
    wait_for("it asks", || (stage.proxy().seen("GET") > 0).then_some(()));
    running.interrupt();
    let ended = running.wait();
    assert_eq!(ended.code(), 130, "{}", ended.stderr);
    // One may have been under way, and one that follows from its failure.
    let asked = stage.proxy().seen("GET");
    assert!(asked < 8, "{asked}");
}

#[test]
fn an_api_out_of_reach_is_reported_once_within_ten_seconds_and_without_a_table() {
    {
        let (host, cause) = ("http://127.0.0.1:1", "refused");
        let stage = Stage::new(small());
        let began = Instant::now();
        let ended = stage.run(&format!("warm --akamai-host {host}")).with(10);
        assert!(
            began.elapsed() < Duration::from_secs(12),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(ended.stdout, "");
        let told = ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("error:"));
        let told: Vec<&str> = told.collect();
        assert!(
            matches!(told[..], [line] if line.contains(cause)),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("warning:"), "{}", ended.stderr);
        ended.says("(retry 1, gives up after 8 s)");
    }
}

#[test]
fn bad_tokens_and_a_forbidden_account_are_reported_once() {
    for (status, cause) in [(401, "deny"), (403, "forbidden")] {
        let stage = Stage::new(small());
        let body = format!(
            r#"{{"type":"https://problems.example/{cause}","title":"{cause}","status":{status}}}"#
        );
        stage
            .api
            .fault("/papi/v1/", 999, Fault::Status(status, vec![], body));
        let ended = stage.run("warm").with(4);
        assert_eq!(ended.stdout, "", "{status}");
        let told = ended
            .stderr
            .lines()
            .filter(|line| !line.trim_start().starts_with("hint:"));
        assert_eq!(told.count(), 1, "{status}: {}", ended.stderr);
    }
}

#[test]
fn a_lock_that_is_waited_for_is_reported_with_the_longest_time() {
    let stage = Stage::new(small());
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:warm:lock", "{}", "PX", "2500"]);
    let ended = stage.run("warm --wait 20s").with(0);
    let told = "`acme` is being warmed by an unknown holder; waiting up to 20 s\n";
    ended.says(told);
}

#[test]
fn a_lock_that_lasts_longer_than_a_run_sets_it_to_is_stale() {
    let stage = Stage::new(small());
    let holder = r#"{"host":"h","pid":1}"#;
    let busy = |life: &[&str]| {
        let set = ["SET", "akamai:acme:warm:lock", holder];
        let _: String = stage.server.ask(&[&set, life].concat());
        stage.run("warm").with(8).stderr
    };
    let told = "error: `acme` is being warmed by pid 1 on h\n  hint: ";
    for life in [&["EX", "86400"][..], &[]] {
        let remedy = "stale: `alecs-cache locks clear --stale -c acme`\n";
        assert_eq!(busy(life), format!("{told}{remedy}"));
    }
    let wait = "pass --wait 60s to wait for it, or run this later\n";
    assert_eq!(busy(&["EX", "60"]), format!("{told}{wait}"));
}

#[test]
fn a_foreign_lock_that_a_read_waits_for_is_reported_with_the_longest_time() {
    let stage = Stage::new(small());
    for (line, key, told) in [
        (
            "get property prp_100001",
            "property:prp_100001",
            "another process is fetching `property:prp_100001`; waiting up to 10 s\n",
        ),
        (
            "search nobody.example.com",
            "search:nobody.example.com",
            "another process is fetching `search:nobody.example.com`; waiting up to 10 s\n",
        ),
    ] {
        let key = format!("akamai:acme:{key}:lock");
        let _: String = stage.server.ask(&["SET", &key, "\"1\"", "PX", "2500"]);
        let ended = stage.run(line).with(0);
        assert_eq!(ended.stderr.matches(told).count(), 1, "{}", ended.stderr);
    }
    let key = "akamai:acme:property:prp_100002:lock";
    let _: String = stage.server.ask(&["SET", key, "\"1\"", "PX", "200"]);
    let ended = stage.run("get property prp_100002").with(0);
    assert_eq!(ended.stderr, "", "a short wait is nobody's concern");
}

#[test]
fn a_server_that_does_not_answer_is_named_within_a_second_with_the_time_it_is_given_up() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.server.freeze();
    let limits = "--timeout 2s --connect-timeout 2s --retries 0";
    std::thread::scope(|scope| {
        for line in ["inspect prp_100000", "stats", "customers", "warm"] {
            let run = stage.command(&format!("{line} {limits}")).columns(120);
            let run = run.env("TERM", "xterm-256color");
            let told = format!("no answer from {} yet; giving up in ", stage.url());
            scope.spawn(move || {
                let ended = run.on_terminal("");
                assert_eq!(ended.code, Some(11), "{line}: {}", ended.screen);
                assert!(ended.screen.contains(&told), "{line}: {}", ended.screen);
            });
        }
    });
    // A terminal that cannot clear a line gets it as a regular line.
    let ended = stage
        .command(&format!("inspect prp_100000 {limits}"))
        .env("TERM", "dumb")
        .on_terminal("");
    let told = format!("no answer from {} yet; giving up in 2 s\r\n", stage.url());
    assert!(ended.screen.contains(&told), "{}", ended.screen);
    stage.server.thaw();
}

#[test]
fn ctrl_c_leaves_no_bar_and_no_caret_and_says_how_to_go_on() {
    let stage = Stage::new(small());
    stage.api.fault("/contracts", 1, Fault::Hang);
    let run = stage.command("warm").columns(80).with_terminal_of_its_own();
    let ended = run.on_terminal_when("API call", "\u{3}");
    assert_eq!(ended.code, Some(130), "{}", ended.screen);
    assert!(!ended.screen.contains("^C"), "{}", ended.screen);
    assert!(ended.echo, "the terminal is not as it was");
    let hint = "what is stored is kept; --resume continues";
    assert!(ended.screen.contains(hint), "{}", ended.screen);
}

#[test]
fn a_narrow_terminal_has_no_bar_that_is_broken() {
    for (columns, bar) in [(80, true), (40, false)] {
        let stage = Stage::new(small());
        let slow = Fault::Slow(Duration::from_millis(400));
        stage.api.fault("/groups", 1, slow);
        let ended = stage.command("warm").columns(columns).on_terminal("");
        assert_eq!(ended.code, Some(0), "{}", ended.screen);
        assert_eq!(ended.screen.contains('░'), bar, "{}", ended.screen);
    }
}
