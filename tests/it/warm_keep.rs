//! `warm --keep`: stays and warms again and again.

use crate::support::account::Account;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};
use crate::warm_since::pass;
use jiff::Timestamp;
use std::time::Duration;

#[test]
fn a_line_a_cycle_until_sigterm() {
    let stage = Stage::new(small());
    let run = stage.command("warm --keep --every 1s").spawn();
    let list = "akamai:acme:properties:all";
    wait_for("it is warm", || stage.get(list));
    let _: i64 = stage.server.ask(&["DEL", list]);
    wait_for("it is warm again", || stage.get(list));
    run.terminate();
    let ended = run.wait().with(143);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.len() >= 2, "{}", ended.stdout);
    for line in lines {
        assert!(line.starts_with("acme: complete, "), "{line}");
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
fn while_the_api_cannot_be_asked_what_is_ours_is_kept_alive_and_nothing_else() {
    // With few pairs a crawl costs less than to ask what changed: that fails as well.
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
    let run = stage.command("warm --keep --every 60s --budget 0").spawn();
    wait_for("it is kept alive", || {
        (stage.left(kept) > 800).then_some(())
    });
    run.terminate();
    let ended = run.wait().with(143);
    // The end may come before that of the cycle.
    let told = ended.stderr.is_empty() || ended.stderr.contains("next cycle in");
    assert!(told, "{}", ended.stderr);
    assert!(stage.left(foreign) <= 500);
    // It may hold what is doubtful.
    assert!(stage.left(list) <= 100);
}

#[test]
fn credentials_that_are_refused_end_it() {
    let stage = Stage::new(small());
    let run = stage.command("warm --keep --every 1s -c nobody").run();
    run.with(3);
}
