//! `invalidate` when it must stop: thresholds, confirmations, permissions, full servers and disks, signals.

use crate::invalidate::{HASH, data, fill, fill_with_large_values, filled, report};
use crate::support::server::{Kind, Server};
use crate::support::stage::{Stage, small};
use serde_json::json;

#[test]
fn it_continues_only_with_the_expected_and_allowed_number_of_keys() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    let before = stage.keys();
    for line in [
        "--pattern property:* --yes --expect 1",
        "--pattern property:* --yes --max-keys 1",
        "prp_1 --expect 2",
        "prp_1 prp_2 --max-keys 1",
        "prp_1 --dry-run --expect 2",
    ] {
        let ended = stage.run(&format!("invalidate -o json {line}")).with(6);
        assert_eq!(ended.json()["removed"], 0, "{line}");
        assert_eq!(ended.error()["code"], "threshold", "{line}");
        assert_eq!(stage.keys(), before, "{line}");
    }
    let done = report(&stage, &["prp_1", "--expect", "1", "--max-keys", "1"]);
    assert_eq!(done["removed"], 1);
}

#[test]
fn a_question_names_the_server_as_reports_do_and_breaks_between_words() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let command = stage.command("invalidate --everything").columns(40);
    let asked = command.on_terminal_when("[y/N] ", "n\n");
    let lines: Vec<&str> = asked.screen.lines().take(2).collect();
    let rest = format!("  127.0.0.1:{}? [y/N] n", stage.server.port);
    assert_eq!(lines, ["Invalidate 1 key (56 B) of acme on", &rest]);
}

#[test]
fn on_a_terminal_it_asks_with_the_number_of_keys() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    let before = stage.keys();
    let asked = |line: &str, keys: &str| stage.command(line).on_terminal(keys);
    let declined = asked("invalidate --pattern property:*", "n\n");
    assert_eq!(declined.code, Some(12), "{}", declined.screen);
    assert!(declined.screen.contains("2 keys"), "{}", declined.screen);
    // No answer, and Ctrl-D, which ends the input at once.
    for keys in ["\n", "\u{4}", "y\u{4}\u{4}"] {
        let command = stage.command("invalidate --everything");
        let declined = command.on_terminal_when("[y/N] ", keys);
        assert_eq!(declined.code, Some(12), "{}", declined.screen);
    }
    let stopped = stage
        .command("invalidate --everything")
        .on_terminal_when("[y/N] ", "\u{3}");
    assert_eq!(stopped.code, Some(130), "{}", stopped.screen);
    assert!(stopped.echo, "the terminal is as it was");
    // The terminal may be closed at the prompt.
    let command = stage.command("invalidate --everything");
    let hung_up = command.signalled_at("[y/N] ", rustix::process::Signal::HUP);
    assert_eq!(hung_up.code, Some(143), "{}", hung_up.screen);
    assert!(hung_up.echo, "the terminal is as it was");
    assert_eq!(stage.keys(), before);
    // If nothing matches, there is no prompt.
    let nothing = asked("invalidate --pattern nothing:*", "");
    assert_eq!(nothing.code, Some(0), "{}", nothing.screen);
    stage.run("invalidate --pattern nothing:*").with(0);
    let refused = stage.run("invalidate --pattern property:*").with(2);
    refused.says("(no terminal)");
    let refused = asked("invalidate --pattern property:* --no-input", "");
    assert!(
        refused.screen.contains("(--no-input)"),
        "{}",
        refused.screen
    );
    assert_eq!(
        asked("invalidate --pattern property:prp_1", "y\n").code,
        Some(0)
    );
    assert_eq!(data(&stage), ["akamai:acme:property:prp_2"]);
    let ids = asked("invalidate prp_2", "");
    assert_eq!(ids.code, Some(0), "ids need no question: {}", ids.screen);
}

#[test]
fn what_looks_like_a_pattern_is_an_id_and_where_nothing_has_it_the_option_is_named() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2*"]);
    for line in ["prp_*", "prp_* --dry-run"] {
        let ended = stage.run(&format!("invalidate -o json {line}")).with(0);
        assert_eq!(ended.json()["matched"], 0);
        ended.says("--pattern");
    }
    let ended = stage.run("invalidate prp_2*").with(0);
    assert!(!ended.stderr.contains("--pattern"), "{}", ended.stderr);
    assert_eq!(data(&stage), ["akamai:acme:property:prp_1"]);
}

#[test]
fn a_protected_profile_requires_the_name() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    stage
        .home
        .config("[profile.production]\nprotected = true\n");
    let command = |line: &str| stage.command(line).env("ALECS_CACHE_PROFILE", "production");
    let before = stage.keys();
    for line in [
        "prp_1",
        "prp_1 --yes",
        "prp_1 --confirm beta",
        "--everything --yes --no-undo",
    ] {
        command(&format!("invalidate {line}")).run().with(2);
        assert_eq!(stage.keys(), before, "{line}");
    }
    command("invalidate prp_1 --dry-run").run().with(0);
    let declined = command("invalidate prp_1").on_terminal("beta\n");
    assert_eq!(declined.code, Some(12));
    let mut lines = declined.screen.lines();
    assert!(
        lines.any(|line| line.starts_with("Type `acme` to go on: ")),
        "{}",
        declined.screen
    );
    assert_eq!(stage.keys(), before);
    let nothing = command("invalidate prp_9").on_terminal("");
    assert_eq!(nothing.code, Some(0), "no question: {}", nothing.screen);
    for nothing in ["prp_9", "--pattern nothing:*", "--tag group:grp_9"] {
        let ended = command(&format!("invalidate {nothing}")).run().with(0);
        assert!(ended.stdout.contains("Nothing to remove"), "{nothing}");
    }
    assert_eq!(
        command("invalidate prp_1").on_terminal("acme\n").code,
        Some(0)
    );
    command("invalidate prp_2 --confirm acme").run().with(0);
    assert_eq!(data(&stage), [""; 0]);
}

#[test]
fn one_confirmation_names_several_customers() {
    let keys = ["akamai:acme:property:prp_1", "akamai:beta:property:prp_1"];
    for confirmed in [
        "--confirm acme,beta",
        "--confirm acme --confirm beta",
        "--confirm beta,acme",
    ] {
        let stage = filled(&keys);
        stage.home.config("protected = true\n");
        let line = "invalidate prp_1 -c acme,beta";
        for part in ["", "--confirm acme", "--confirm gamma"] {
            let refused = stage.run(&format!("{line} {part}")).with(2);
            refused.says("hint: pass --confirm acme,beta\n");
            assert_eq!(data(&stage), keys);
        }
        stage.run(&format!("{line} {confirmed}")).with(0);
        assert!(data(&stage).is_empty(), "{confirmed}");
    }
}

#[test]
fn a_confirmation_of_another_customer_is_refused_whatever_the_profile() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let refused = stage.run("invalidate prp_1 --confirm beta").with(2);
    let said = "--confirm names `beta`, and this run is for acme";
    refused.says(said);
    assert_eq!(data(&stage).len(), 1);
    stage.run("invalidate prp_1 --confirm acme").with(0);
}

/// A stage with one property, and a user `ops` with all permissions but this one.
fn with_user(denied: &str) -> Stage {
    let acl = "--user ops on >hunter2 ~akamai:* +@all";
    let acl: Vec<&str> = acl.split(' ').chain([denied]).collect();
    let stage = Stage::on(Server::start(Kind::Valkey, &acl), small());
    fill(&stage, &["akamai:acme:property:prp_1"]);
    stage
}

#[test]
fn a_user_without_dump_is_refused_and_can_go_without() {
    let stage = with_user("-dump");
    let command = |line: &str| {
        stage
            .command(line)
            .env("VALKEYCLI_USER", "ops")
            .env("VALKEYCLI_AUTH", "hunter2")
            .run()
    };
    let refused = command("invalidate prp_1 -o json").with(4);
    assert!(
        refused.error()["hint"]
            .as_str()
            .unwrap()
            .contains("--no-undo"),
        "{:?}",
        refused.error()
    );
    // Not even a mark was written.
    assert_eq!(stage.keys(), ["akamai:acme:property:prp_1"]);
    command("invalidate prp_1 --no-undo").with(0);
    assert_eq!(data(&stage), [""; 0]);
}

#[test]
fn checking_the_permission_to_save_reads_no_value() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let _: i64 = stage.server.ask(&["HSET", HASH, "a.b", "{}"]);
    let _: String = stage
        .server
        .ask(&["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    report(&stage, &["prp_1"]);
    let slow: Vec<(i64, i64, i64, Vec<String>, String, String)> =
        stage.server.ask(&["SLOWLOG", "GET", "-1"]);
    let dumped: Vec<&str> = slow
        .iter()
        .filter(|(_, _, _, command, ..)| command[0].eq_ignore_ascii_case("DUMP"))
        .map(|(_, _, _, command, ..)| command[1].as_str())
        .collect();
    assert!(!dumped.contains(&HASH), "{dumped:?}");
    assert!(!dumped.is_empty());
}

#[test]
fn a_key_of_marks_that_has_another_type_is_replaced() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let marks = "akamai:acme:invalidated";
    let _: String = stage.server.ask(&["SET", marks, "none of ours"]);
    let refused = stage.run(&format!("invalidate {marks}")).with(2);
    let way_out = "invalidating any id replaces one that cannot be read or never expires";
    refused.says(way_out);
    let ended = stage.run(&format!("inspect {marks}")).with(0);
    let way_out = "invalidating any id replaces it";
    ended.says(way_out);
    let ended = stage.run("invalidate prp_1 -o json").with(0);
    assert_eq!(ended.json()["removed"], 1);
    ended.says("was replaced");
    let mut members: Vec<String> = stage.server.ask(&["ZRANGE", marks, "0", "-1"]);
    members.sort();
    assert_eq!(members, ["?", "prp_1"]);
    assert!(stage.left(marks) > 0);
    let ended = stage.run(&format!("inspect {marks}")).with(0);
    assert!(!ended.stderr.contains(way_out), "{}", ended.stderr);
    let _: String = stage.server.ask(&["SET", marks, "none of ours"]);
    let ended = stage.run("undo --dry-run -o json").with(0);
    assert_eq!(ended.json()["restored"], 1);
    assert_eq!(stage.get(marks).as_deref(), Some("none of ours"));
    let ended = stage.run("undo -o json").with(0);
    assert_eq!(ended.json()["restored"], 1);
    ended.says("was replaced");
}

#[test]
fn undo_asks_the_audit_log_for_marks_that_were_lost() {
    for warms in [false, true] {
        let stage = Stage::new(small());
        let (key, marks) = ("akamai:acme:property:prp_100001", "akamai:acme:invalidated");
        stage.warm("");
        let first = report(&stage, &["prp_100001"]);
        stage.warm("prp_100001");
        report(&stage, &["prp_100001"]);
        let _: String = stage.server.ask(&["SET", marks, "none of ours"]);
        if warms {
            // Replaces the key.
            stage.warm("prp_100002");
        }
        let id = first["undo_id"].as_str().unwrap();
        let ended = stage.run(&format!("undo {id} -o json")).with(0).json();
        assert_eq!(ended["restored"], 0, "{ended}");
        assert!(stage.get(key).is_none());
        // The last one can be undone.
        let ended = stage.run("undo -o json").with(0).json();
        assert!(ended["restored"].as_u64() > Some(0), "{ended}");
        assert!(stage.get(key).is_some());
    }
}

#[test]
fn an_audit_log_that_cannot_be_written_is_a_warning() {
    let stage = with_user("-xadd");
    let ended = stage
        .command("invalidate prp_1")
        .env("VALKEYCLI_USER", "ops")
        .env("VALKEYCLI_AUTH", "hunter2")
        .run()
        .with(0);
    assert!(
        ended
            .stderr
            .contains("warning: this is not in the audit log"),
        "{}",
        ended.stderr
    );
    assert_eq!(data(&stage), [""; 0]);
}

#[test]
fn a_removal_relieves_a_server_that_is_out_of_memory() {
    let stage = filled(&[]);
    fill_with_large_values(&stage);
    let used: String = stage.server.info("used_memory");
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", &used]);
    let refused = stage.server.try_ask::<String>(&["SET", "x", "1"]);
    assert!(refused.is_err(), "the server is full");
    let done = report(&stage, &["--pattern", "property:*", "--yes", "--no-undo"]);
    assert_eq!(done["removed"], 40);
    let marked: Vec<String> = stage
        .server
        .ask(&["ZRANGE", "akamai:acme:invalidated", "0", "-1"]);
    assert_eq!(marked, ["*"]);
}

#[test]
fn a_replica_is_left_alone() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let replica = stage.server.follower();
    let url = replica.url();
    stage
        .command("invalidate prp_1")
        .env("ALECS_CACHE_URL", url)
        .run()
        .with(4);
    let done = report(&stage, &["prp_1"]);
    assert_eq!(
        (&done["removed"], &done["replicas_acked"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn a_disk_that_fills_up_stops_it_at_the_edge_of_a_batch() {
    let stage = filled(&[]);
    let value = fastrand_text(200_000);
    for number in 0..300 {
        let key = format!("akamai:acme:property:prp_{number}");
        stage.server_writes(&key, &value);
    }
    // A limit on file sizes simulates a small disk.
    let line = "invalidate --pattern property:* --yes -o json";
    let ended = stage
        .home
        .command(line)
        .limited("-f 40000")
        .env("ALECS_CACHE_URL", stage.url())
        .env("ALECS_CUSTOMER", "acme")
        .run()
        .with(7);
    let done = ended.json();
    let removed = done["removed"].as_u64().unwrap();
    assert!(removed > 0 && removed < 300, "{done}");
    assert_eq!(data(&stage).len() as u64, 300 - removed);
    let id = done["undo_id"].as_str().unwrap();
    let undo = stage.run(&format!("undo {id} -o json")).with(0);
    assert_eq!(undo.json()["restored"], removed);
    assert_eq!(data(&stage).len(), 300);
}

/// Incompressible text.
fn fastrand_text(length: usize) -> String {
    let mut random = fastrand::Rng::with_seed(7);
    (0..length).map(|_| random.alphanumeric()).collect()
}

#[test]
fn a_signal_half_way_says_what_was_done_and_leaves_it_to_be_undone() {
    let stage = filled(&[]);
    for chunk in 0..60 {
        let script = "for i = ARGV[1], ARGV[1] + 999 do redis.call('SET', 'akamai:acme:property:prp_' .. i, 'x', 'EX', 900) end";
        let first = (chunk * 1000).to_string();
        let _: Option<String> = stage.server.ask(&["EVAL", script, "0", &first]);
    }
    let running = stage
        .command("invalidate --pattern property:* --yes -o json")
        .spawn();
    crate::support::server::wait_for("the first removals", || {
        let keys: i64 = stage.server.ask(&["DBSIZE"]);
        (keys < 58_000).then_some(())
    });
    running.interrupt();
    let ended = running.wait().with(130);
    let done = ended.json();
    let removed = done["removed"].as_u64().unwrap();
    assert!(removed > 0 && removed < 60_000, "{done}");
    assert_eq!(data(&stage).len() as u64, 60_000 - removed);
    let id = done["undo_id"].as_str().unwrap();
    let back = stage.run(&format!("undo {id} -o json")).with(0).json();
    assert_eq!(back["restored"], removed);
    assert_eq!(data(&stage).len(), 60_000);
}
