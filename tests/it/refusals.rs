//! Commands that the server lacks or the user may not run: nothing is left without a TTL, nothing is reported that is
//! not known, and what can be done without them is done.

use crate::services::redis_6;
use crate::support::run::Run;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};

const HASH: &str = "akamai:acme:hostnames";

/// Gives the user `least` these permissions on all keys.
fn permit(stage: &Stage, rules: &str) {
    let user = ["ACL", "SETUSER", "least", "reset", "on", ">hunter2", "~*"];
    let words: Vec<&str> = user.into_iter().chain(rules.split_whitespace()).collect();
    let _: String = stage.server.ask(&words);
}

/// Prepares a command as the user `least`.
fn as_least(stage: &Stage, line: &str) -> Run {
    let run = stage.command(line).arg("--username").arg("least");
    run.env("VALKEYCLI_AUTH", "hunter2")
}

/// Returns the permissions of a role, as docs/settings.md lists them.
fn documented(role: &str) -> String {
    let text = include_str!("../../docs/settings.md");
    let mut rules = Vec::new();
    for line in text
        .lines()
        .filter(|line| line.starts_with("ACL SETUSER alecs-"))
    {
        rules.extend(line.split_whitespace().filter(|word| word.starts_with('+')));
        if line.contains(role) {
            return format!("-@all {}", rules.join(" "));
        }
    }
    panic!("no role {role}");
}

/// Asserts that all keys have a TTL, except those that live for ever by their nature.
#[track_caller]
fn nothing_lives_for_ever(stage: &Stage) {
    let nature = [
        ":audit",
        ":generation",
        ":generations",
        ":warm:state",
        ":metrics:",
    ];
    let left = |key: &String| stage.left(key) == -1;
    let mut keys = stage.keys();
    keys.retain(|key| !nature.iter().any(|part| key.contains(part)) && left(key));
    assert!(keys.is_empty(), "{keys:?} live for ever");
}

#[test]
fn the_documented_role_to_read_can_inspect_every_key() {
    for server in [Server::valkey(), Server::redis()] {
        let stage = Stage::on(server, small());
        stage.warm("--all");
        stage.run("search prp_100002").with(0);
        stage.run("invalidate prp_100001").with(0);
        permit(&stage, &documented("alecs-read"));
        let keys = stage.keys();
        for part in [":generations", ":searches", ":invalidated", ":audit"] {
            assert!(keys.iter().any(|key| key.ends_with(part)), "{part}");
        }
        for key in keys {
            as_least(&stage, "inspect --exact").arg(&key).run().with(0);
        }
        let doctor = as_least(&stage, "doctor --need read --no-akamai");
        doctor.run().with(0);
    }
}

#[test]
fn all_documented_roles_exist_on_every_server() {
    for server in [Server::valkey(), Server::redis()] {
        let stage = Stage::on(server, small());
        for role in ["alecs-read", "alecs-warm", "alecs-ops", "alecs-admin"] {
            // The server refuses a command that it does not know.
            permit(&stage, &documented(role));
        }
    }
}

#[test]
fn the_documented_role_can_undo_everything() {
    let stage = Stage::new(small());
    stage.warm("--all");
    permit(&stage, &documented("alecs-ops"));
    let undone = |line: &str| {
        as_least(&stage, line).run().with(0);
        stage.delete(HASH);
        as_least(&stage, "undo").run().with(0);
    };
    undone("invalidate prp_100001 --cascade --yes");
    assert!(stage.left(HASH) > 0);
    undone("invalidate prp_100001 --soft --yes");
    assert!(stage.left("akamai:acme:property:prp_100001") > 60);
    nothing_lives_for_ever(&stage);
}

#[test]
fn a_user_who_may_not_set_an_expiry_leaves_no_key_without_one() {
    for server in [Server::valkey(), Server::redis()] {
        let stage = Stage::on(server, small());
        stage.warm("--all");
        stage.run("invalidate prp_100001 --cascade").with(0);
        stage.delete(HASH);
        let rules = documented("alecs-ops").replace("+pexpireat", "");
        permit(&stage, &rules);
        as_least(&stage, "undo").run().with(4);
        nothing_lives_for_ever(&stage);

        stage.empty();
        for rules in ["+@all -pexpire -multi", "+@all -pexpire"] {
            permit(&stage, rules);
            as_least(&stage, "warm --all").run().with(4);
            as_least(&stage, "invalidate prp_100002").run().with(4);
            as_least(&stage, "get property prp_100003").run();
            nothing_lives_for_ever(&stage);
        }
    }
    // Here each transaction becomes a script.
    let server = Server::start(Kind::Redis, &["--rename-command", "MULTI", ""]);
    let stage = Stage::on(server, small());
    permit(&stage, "+@all -pexpire");
    as_least(&stage, "warm --all").run().with(4);
    as_least(&stage, "invalidate prp_100002").run().with(4);
    nothing_lives_for_ever(&stage);
}

#[test]
fn where_scan_is_refused_each_warm_is_complete_and_says_what_stays() {
    let stage = Stage::new(small()).behind_proxy();
    stage
        .proxy()
        .on("SCAN")
        .refuse("ERR unknown command 'SCAN'");
    stage.run("warm").with(0);
    let again = stage.run("warm --force").with(0);
    again.says("does not take SCAN");
    stage.run("warm --check").with(0);
    let calls = stage.warm("")["api_calls"].as_u64();
    assert!(calls <= Some(1), "{calls:?}");
}

#[test]
fn a_replica_that_lacks_the_keys_is_not_taken_for_a_cache_without_them() {
    let stage = Stage::new(small());
    // Its primary does not answer, so it serves what it has: nothing.
    let _: String = stage.server.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    wait_for("it is a replica", || {
        (stage.server.info("role") == "slave").then_some(())
    });
    for line in [
        "invalidate prp_100001",
        "invalidate --pattern property:* --yes",
        "invalidate --everything --yes",
        "invalidate --everything --yes --no-undo",
        "locks clear --stale",
    ] {
        let ended = stage.run(line).with(4);
        let told = ended.stderr.contains("read-only replica");
        assert!(told, "{line}: {}", ended.stderr);
        assert!(!ended.stdout.contains("Nothing to remove"), "{line}");
    }
    stage.run("invalidate prp_100001 --dry-run").with(0);
    let refusal = "NOPERM User least has no permissions to run the 'role' command";
    let stage = Stage::new(small()).behind_proxy();
    stage.proxy().on("ROLE").refuse(refusal);
    stage.run("invalidate prp_100001").with(0);
}

#[test]
fn the_run_lock_is_released_without_scripts() {
    let lock = "akamai:acme:warm:lock";
    for server in [Server::redis(), Server::valkey()] {
        let stage = Stage::on(server, small());
        permit(&stage, "+@all -eval");
        as_least(&stage, "warm").run().with(0);
        assert_eq!(stage.get(lock), None);
    }
}

#[test]
fn what_the_server_does_not_report_is_null_and_not_zero() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let proxy = stage.proxy();
    proxy.on("MEMORY").refuse("ERR unknown command 'MEMORY'");
    let planned = stage
        .run("invalidate -o json --dry-run prp_100001 --cascade")
        .with(0)
        .json();
    assert!(planned["bytes"].is_null(), "{planned}");
    assert_eq!(planned["bytes_exact"], false);
    let text = stage.run("invalidate --dry-run prp_100001").with(0).stdout;
    assert!(!text.contains("0 B"), "{text}");
    for command in ["INFO", "ROLE", "WAIT"] {
        let refusal = format!("ERR unknown command '{command}'");
        stage.proxy().on(command).refuse(&refusal);
    }
    let replica = Server::valkey();
    let port = stage.server.port.to_string();
    let _: String = replica.ask(&["REPLICAOF", "127.0.0.1", &port]);
    wait_for("the replica follows", || {
        (replica.info("master_link_status") == "up").then_some(())
    });
    for line in [
        "invalidate -o json prp_100001 --yes",
        "invalidate -o json --pattern property:* --yes --no-undo",
    ] {
        let done = stage.run(line).with(0).json();
        assert!(done["removed"].as_u64() > Some(0), "{done}");
        assert!(done["replicas_acked"].is_null(), "{done}");
        assert!(done["bytes"].is_null(), "{done}");
    }
}

#[test]
fn inspect_shows_an_unknown_type_or_ttl_as_unknown() {
    let stage = Stage::new(small());
    stage.warm("");
    permit(&stage, "+@all -pttl -type");
    let key = "property:prp_100001";
    let shown = as_least(&stage, &format!("inspect -o json {key}")).run();
    let shown = shown.with(0).json();
    assert!(shown["type"].is_null(), "{shown}");
    assert!(shown["expected_type"].is_null(), "{shown}");
    assert!(shown["ttl_seconds"].is_null(), "{shown}");
    let listed = as_least(&stage, "inspect -o json property:*").run();
    assert!(listed.with(0).json()["keys"][0]["type"].is_null());
    for what in [key, "property:*"] {
        let text = as_least(&stage, &format!("inspect {what}")).run().with(0);
        let text = text.stdout;
        for wrong in ["never expires", "wrong", "none"] {
            assert!(!text.contains(wrong), "{text}");
        }
    }
}

#[test]
fn without_scripts_a_server_of_the_6_line_takes_a_whole_warm() {
    let stage = Stage::on(Server::redis(), small()).behind_proxy();
    let proxy = stage.proxy();
    redis_6(proxy);
    proxy.on("EVAL").refuse("ERR unknown command 'EVAL'");
    stage.run("warm").with(0);
    assert!(stage.left(HASH) > 60);
    // Fields that are added to the hash do not extend its life.
    let _: i64 = stage.server.ask(&["PEXPIRE", HASH, "50000"]);
    stage.run("get hostnames prp_100001").with(0);
    assert!((1..=50).contains(&stage.left(HASH)));
    nothing_lives_for_ever(&stage);
}

#[test]
fn undo_without_scripts_restores_all_but_the_fields_of_the_hash() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let before = stage.keys();
    stage.run("invalidate prp_100001 --cascade").with(0);
    let proxy = stage.proxy();
    for command in ["EVAL", "EVALSHA"] {
        proxy
            .on(command)
            .refuse(&format!("ERR unknown command '{command}'"));
    }
    for undone in [false, true] {
        let ended = stage.run("undo -o json").with(7);
        let report = ended.json();
        assert!(report["fields_refused"].as_u64() > Some(0), "{report}");
        assert_eq!(report["undone_at"].is_string(), undone, "{report}");
        assert!(ended.error()["hint"].is_string(), "{}", ended.stderr);
        let keys = stage.keys();
        let lost: Vec<_> = before.iter().filter(|key| !keys.contains(key)).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}

#[test]
fn doctor_understands_services_that_refuse_transactions_or_close_at_client() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let line = "doctor --no-akamai -o json";
    for command in ["TIME", "UNLINK", "SCAN", "EVAL", "HSET", "WAIT"] {
        let rule = stage.proxy().on(command).inside_multi();
        rule.refuse("ERR Command not supported inside transaction");
    }
    let found = stage.run(line).with(0).stdout;
    assert!(!found.contains("lacks"), "{found}");
    stage.proxy().clear();
    stage.proxy().on("CLIENT").close();
    stage.run(line).with(0);
}
