//! `warm --keep`: stays and warms repeatedly.

use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::akamai::{Akamai, Fault};
use crate::support::keep_process::KeepProcess;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, row, small};
use crate::warm_since::pass;
use jiff::Timestamp;
use std::time::Duration;

#[test]
fn one_line_per_cycle_until_sigterm() {
    let stage = Stage::new(small());
    let run = stage.command("warm --keep --every 1s").spawn();
    let list = "akamai:acme:properties:all";
    wait_for("it is warm", || stage.get(list));
    stage.delete(list);
    wait_for("it is warm again", || stage.get(list));
    run.terminate();
    let ended = run.wait().with(143);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.len() >= 2, "{}", ended.stdout);
    for line in lines {
        assert!(line.starts_with("acme: complete, "), "{line}");
        let calls = line.rsplit_once("; ").unwrap().1;
        assert!(
            calls == "1 API call" || calls.ends_with(" API calls"),
            "{line}"
        );
    }
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_server_that_is_lost_comes_back_and_is_warmed_again() {
    let mut stage = Stage::new(small());
    let run = stage
        .command("warm --keep --every 1s --retries 0 --connect-timeout 1s")
        .spawn();
    let list = "akamai:acme:properties:all";
    wait_for("it is warm", || stage.get(list));
    stage.server.kill();
    let port = stage.server.port;
    stage.server = Server::start_on(Kind::Valkey, port, &[]);
    wait_for("it is warm again", || stage.get(list));
    wait_for("a cycle has ended", || {
        let at: Option<String> =
            stage
                .server
                .ask(&["HGET", "akamai:acme:warm:state", "complete:at"]);
        at
    });
    run.terminate();
    run.wait().with(143);
}

#[test]
fn while_the_api_is_unreachable_only_our_values_are_kept_alive() {
    // With few pairs a crawl costs less than asking for changes; that fails too.
    for groups in [2, 6] {
        kept_alive_with(groups);
    }
}

fn kept_alive_with(groups: usize) {
    let account = Account::new(1).regular().groups(groups).contracts(1);
    let stage = Stage::new(account.properties(4).hostnames(6));
    stage.api.set_clock(Timestamp::now());
    stage.warm("");
    pass(&stage, Duration::from_mins(10));
    let foreign = "akamai:acme:property:prp_100000";
    let _: String = stage.server.ask(&["SET", foreign, "{}", "EX", "500"]);
    let list = "akamai:acme:properties:all";
    let kept = "akamai:acme:property:prp_100001";
    // No call at all.
    let mut process = KeepProcess::start(&stage, "--every 60s --budget 0");
    assert_eq!(process.next()["errors"][0]["code"], "rate_limited");
    assert!(stage.left(kept) > 800);
    // The next cycle starts after the announced wait.
    process.cycle();
    let ended = process.end();
    ended.says("next cycle in");
    assert!(stage.left(foreign) <= 500);
    // It may contain doubtful entries.
    assert!(stage.left(list) <= 100);
}

#[test]
fn credentials_that_are_refused_end_it() {
    let stage = Stage::new(small());
    let run = stage.command("warm --keep --every 1s -c nobody").run();
    run.with(3);
}

#[test]
fn one_customers_failure_neither_ends_nor_delays_the_others() {
    let stage = Stage::new(small());
    stage.api.serve("beta", small().with_id("act_beta"));
    let edgerc = Akamai::edgerc(stage.home.path(), &["acme", "beta", "gamma"]);
    // No call of beta is answered, gamma's credentials are refused, delta has no section.
    stage.api.fault("token-of-beta", usize::MAX, Fault::Hang);
    let run = stage
        .command("warm --keep --every 1s --akamai-timeout 1s -c acme -c beta -c gamma -c delta")
        .env("ALECS_CUSTOMER", "")
        .env("AKAMAI_EDGERC", edgerc)
        .spawn();
    let list = "akamai:acme:properties:all";
    for _ in 0..2 {
        wait_for("it is warm", || stage.get(list));
        stage.delete(list);
    }
    stage.api.heal();
    // From then on it makes no call that the end could interrupt.
    let beta_state = "akamai:beta:warm:state";
    let _: String = wait_for("beta is warm", || {
        stage.server.ask(&["HGET", beta_state, "complete:at"])
    });
    run.terminate();
    let ended = run.wait().with(143);
    let of = |text: &str, name: &str| text.lines().filter(|line| line.contains(name)).count();
    assert!(
        ended.stdout.contains("acme: complete, "),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("beta: complete, "),
        "{}",
        ended.stdout
    );
    for (name, words) in [
        ("gamma: ", "refused the credentials"),
        ("delta: ", "no section `delta`"),
    ] {
        assert!(of(&ended.stderr, name) >= 1, "{}", ended.stderr);
        let mut lines = ended.stderr.lines();
        let told = lines.any(|line| line.contains(name) && line.contains(words));
        assert!(told, "{name}: {}", ended.stderr);
    }
    assert_eq!(of(&ended.stderr, "acme: "), 0, "{}", ended.stderr);
}

#[test]
fn a_cycle_that_begins_at_once_sees_what_was_activated_a_moment_ago() {
    let account = Account::new(1).regular().groups(6).contracts(1);
    let stage = Stage::new(account.properties(4).hostnames(6));
    let mut process = KeepProcess::start(&stage, "");
    assert_eq!(process.next()["complete"], true);
    stage.api.change(|account, now| {
        let version = account.draft("prp_100001", now);
        account.activate("prp_100001", Network::Production, version, now);
    });
    let report = process.cycle();
    assert_eq!(report["incremental"], true, "{report}");
    let own = stage.json("akamai:acme:property:prp_100001");
    assert_eq!(own["productionVersion"], own["latestVersion"]);
    process.end();
}

#[test]
fn a_host_name_that_a_cycle_no_longer_finds_is_removed_although_it_was_kept_alive_before() {
    let account = Account::new(1).regular().groups(6).contracts(1);
    let mut account = account.properties(4).hostnames(6);
    account.add_hostname("lost.example.com", "prp_100001");
    let stage = Stage::new(account);
    stage.api.set_clock(Timestamp::now());
    stage
        .home
        .config("[ttl]\nhostnames = '290s'\n[incremental]\nhostnames = '5m'\n");
    let mut process = KeepProcess::start(&stage, "");
    assert_eq!(process.next()["complete"], true);
    let lost = "akamai:acme:hostname:lost.example.com";
    pass(&stage, Duration::from_mins(4));
    let report = process.cycle();
    assert_eq!(report["incremental"], true, "{report}");
    assert!(stage.left(lost) > 200);
    let count = |part: &str| {
        let keys = stage.data().into_iter();
        keys.filter(|key| key.contains(part)).count()
    };
    let hostnames = count(":hostname");
    for (resource, keys) in [
        ("properties", 1),
        ("details", count(":property:") - 4),
        ("hostnames", hostnames),
    ] {
        let row = row(&report, resource);
        let counted = [&row["kept"], &row["kept_alive"], &row["stored"]];
        let counted: u64 = counted.iter().filter_map(|keys| keys.as_u64()).sum();
        assert_eq!(counted, keys as u64, "each {resource} key once: {report}");
    }
    stage
        .api
        .edit(|account| account.remove_hostname("lost.example.com"));
    // Renewed at first, and then all host names are listed again.
    pass(&stage, Duration::from_mins(4));
    let report = process.cycle();
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.get(lost).is_none(), "{report}");
    assert_eq!(count(":hostname"), hostnames - 1);
    process.end();
}
