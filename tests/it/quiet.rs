//! `--quiet`: commands that only report what they did print nothing on success.

use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};

#[track_caller]
fn silent(stage: &Stage, line: &str) {
    let ended = stage.run(line).with(0);
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("", ""),
        "{line}"
    );
}

#[test]
fn quiet_runs_that_succeed_print_nothing_at_all() {
    let stage = Stage::new(small());
    for line in [
        "warm -q",
        "warm --every 3m --quiet",
        "warm prp_100000 -q",
        "invalidate prp_100000 -q",
        "undo -q",
        "invalidate --pattern property:* --yes -q",
        "invalidate prp_100000 --cascade --refill -q",
        "undo -q",
    ] {
        silent(&stage, line);
    }
}

#[test]
fn quiet_cycles_that_succeed_print_nothing() {
    let stage = Stage::new(small());
    let running = stage.command("warm --keep --every 1s -q").spawn();
    let number = || {
        let number: Option<u64> = stage.server.ask(&["GET", "akamai:acme:generation"]);
        number.filter(|number| *number > 1)
    };
    wait_for("a second cycle", number);
    running.terminate();
    let ended = running.wait();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

#[test]
fn quiet_leaves_the_data_that_was_asked_for() {
    let stage = Stage::new(small());
    silent(&stage, "warm -q");
    for line in [
        "warm --force --dry-run -q",
        "invalidate prp_100000 --dry-run -q",
        "invalidate prp_100000 -q -o json",
        "undo --dry-run -q",
        "warm -q -o json",
        "get property prp_100000 -q",
        "inspect prp_100000 -q",
        "hit-rate -q",
    ] {
        let ended = stage.run(line).with(0);
        assert!(!ended.stdout.is_empty(), "{line}");
        assert_eq!(ended.stderr, "", "{line}");
    }
}

#[test]
fn a_quiet_run_that_fails_in_part_says_what_failed() {
    let stage = Stage::new(small());
    let refused = Fault::Status(403, Vec::new(), "{}".into());
    stage.api.fault("/papi/v1/contracts", 99, refused);
    let ended = stage.run("warm -q").with(7);
    ended.says("error: contracts");
    assert!(!ended.stdout.is_empty());
}

#[test]
fn a_quiet_removal_that_is_stopped_says_what_it_removed_and_how_to_undo_it() {
    let stage = Stage::new(small());
    silent(&stage, "warm -q");
    let keys = || -> u64 { stage.server.ask(&["DBSIZE"]) };
    let script =
        "for i = 1, 999 do redis.call('SET', 'akamai:acme:property:prp_' .. i, 'x', 'EX', 900) end";
    let _: Option<String> = stage.server.ask(&["EVAL", script, "0"]);
    let before = keys();
    let line = "invalidate --pattern property:* --yes --pace 100/s -q";
    let running = stage.command(line).spawn();
    wait_for("the first removals", || {
        (keys() < before - 50).then_some(())
    });
    running.interrupt();
    let ended = running.wait().with(130);
    let removed = ended.stdout.split_whitespace().nth(1).unwrap_or_default();
    assert!(
        removed.parse::<u64>().is_ok_and(|keys| keys > 0),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("alecs-cache undo "), "{ended:?}");
}
