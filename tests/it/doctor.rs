//! `doctor`: reports every broken setup with a hint, all at once.

use crate::support::akamai::{Akamai, Fault};
use crate::support::cluster::Cluster;
use crate::support::run::{Ended, Home, Run};
use crate::support::server::{Kind, Server, free_port, wait_for};
use crate::support::stage::{Stage, small};
use serde_json::Value;

fn stage() -> Stage {
    Stage::new(small())
}

/// Checks a stage's own server, API and credentials.
fn look(stage: &Stage, line: &str) -> Run {
    stage
        .command(&format!("doctor -o json {line}"))
        .env(
            "AKAMAI_EDGERC",
            Akamai::edgerc(stage.home.path(), &["acme", "beta"]),
        )
        .env("ALECS_CACHE_AKAMAI_HOST", stage.api.url())
}

/// Checks a server only.
fn look_at(home: &Home, url: &str, more: &str) -> Run {
    home.command(&format!(
        "doctor --no-akamai -c acme -o json --url {url} --retries 0 {more}"
    ))
}

#[track_caller]
fn check(ended: &Ended, name: &str) -> Value {
    let report = ended.json();
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    found
        .unwrap_or_else(|| panic!("no check {name} in {report:#}"))
        .clone()
}

/// Returns the message and the hint of a failed check.
#[track_caller]
fn failed(ended: &Ended, name: &str) -> (String, String) {
    let check = check(ended, name);
    assert_eq!(check["ok"], false, "{check:#}");
    let text = |field: &str| check[field].as_str().unwrap_or_default().to_owned();
    (text("detail"), text("hint"))
}

fn names_of_failed(ended: &Ended) -> Vec<String> {
    let report = ended.json();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["ok"] == false)
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_sound_set_up_passes_and_nothing_is_written() {
    let stage = stage();
    let ended = look(&stage, "").run().with(0);
    assert_eq!(names_of_failed(&ended), [""; 0]);
    assert!(
        check(&ended, "akamai")["detail"]
            .as_str()
            .unwrap()
            .contains("2 groups")
    );
    assert_eq!(check(&ended, "akamai")["customer"], "acme");
    assert!(
        check(&ended, "valkey")["detail"]
            .as_str()
            .unwrap()
            .contains("Valkey")
    );
    assert_eq!(stage.keys(), [""; 0]);
    // One call, and no failed command.
    assert_eq!(stage.api.seen().len(), 1);
    assert_eq!(stage.server.info("total_error_replies"), "0");
    let text = stage.command("doctor --no-akamai").run().with(0).stdout;
    assert!(
        text.starts_with("All checks passed.\n") && text.contains("✓ role: primary"),
        "{text}"
    );
}

#[test]
fn credentials_of_another_account_than_the_cached_one_are_reported() {
    let stage = stage();
    stage.warm("");
    stage
        .api
        .edit(|account| "act_Other".clone_into(&mut account.id));
    let refused = stage.run("warm prp_100000").with(2);
    let ended = look(&stage, "").run().with(2);
    let (detail, hint) = failed(&ended, "account");
    assert!(refused.stderr.contains(&detail), "{detail}");
    assert!(detail.contains("act_Other"), "{detail}");
    assert!(hint.contains("--section"), "{hint}");
    assert_eq!(check(&ended, "akamai")["ok"], true);
}

#[test]
fn during_a_block_of_this_address_no_call_is_made_and_its_end_is_named() {
    for met_by in ["get property prp_100000", "doctor"] {
        let stage = stage();
        stage.api.fault("/papi/v1/", 1, Fault::BurstBlock);
        if met_by == "doctor" {
            look(&stage, "").run().with(9);
        } else {
            stage.run(met_by).with(9);
        }
        let calls = stage.api.seen().len();
        let (detail, hint) = failed(&look(&stage, "").run().with(9), "akamai");
        assert!(detail.contains("blocked this address"), "{detail}");
        assert!(detail.contains("no call is made for "), "{detail}");
        assert!(hint.contains("wait at least a minute"), "{hint}");
        assert_eq!(stage.api.seen().len(), calls, "{met_by}");
        stage.run("get property prp_100001").with(9);
        assert_eq!(stage.api.seen().len(), calls, "{met_by}");
    }
}

#[test]
fn a_failing_api_and_a_server_of_another_mode_have_hints_and_the_last_line_names_the_cause() {
    let stage = stage();
    let down = Fault::Status(500, vec![], "{}".to_owned());
    stage.api.fault("/papi/v1/", 9, down);
    let ended = look(&stage, "").run();
    let (detail, hint) = failed(&ended, "akamai");
    assert!(hint.contains("run it again later"), "{hint}");
    let error = ended.error();
    assert_eq!(error["message"], format!("akamai: {detail}"));
    assert_eq!(error["hint"], hint);

    let sentinel = format!("127.0.0.1:{}", stage.server.port);
    for (mode, what, instead) in [
        (
            format!("--mode sentinel --sentinel {sentinel}"),
            "is not a sentinel",
            "name a sentinel",
        ),
        (
            format!("--mode cluster --node {sentinel}"),
            "is not a node of a cluster",
            "use --mode single",
        ),
    ] {
        let line = format!("doctor --no-akamai -c acme -o json {mode}");
        let ended = stage.home.run(&line).with(3);
        let (detail, hint) = failed(&ended, "valkey");
        assert_eq!(detail, format!("`{sentinel}` {what}"));
        assert!(hint.starts_with(instead), "{hint}");
        assert_eq!(ended.error()["hint"], hint);
    }
}

#[test]
fn a_wrong_password_is_reported_beside_the_other_side() {
    let server = Server::start(Kind::Valkey, &["--requirepass", "hunter2"]);
    let home = Home::new();
    let ended = home
        .command(&format!("doctor -c acme -o json --url {}", server.url()))
        .env("VALKEYCLI_AUTH", "hunter2-wrong")
        .run()
        .with(4);
    let (detail, hint) = failed(&ended, "valkey");
    assert!(detail.contains("refused the credentials"), "{detail}");
    assert!(hint.contains("--password-file"), "{hint}");
    let (detail, hint) = failed(&ended, "credentials");
    assert!(detail.contains(".edgerc does not exist"), "{detail}");
    assert!(hint.contains("[acme]"), "{hint}");
    assert!(!ended.stdout.contains("wrong"));
    // A CI job has no file.
    let mut run = home
        .command("doctor -c acme -o json")
        .env("ALECS_CACHE_URL", server.url());
    for name in ["HOST", "CLIENT_TOKEN", "CLIENT_SECRET", "ACCESS_TOKEN"] {
        run = run.env(&format!("AKAMAI_{name}"), "hunter2");
    }
    let (_, hint) = failed(&run.run().with(4), "credentials");
    assert!(hint.contains("--section default"), "{hint}");
}

#[test]
fn a_server_on_which_nothing_can_be_removed_is_not_well() {
    for (command, also, cost) in [
        ("UNLINK", None, "keys cannot be removed"),
        ("TIME", None, "nothing can be marked as invalidated"),
        ("MULTI", Some("EVAL"), "collections are written by a script"),
    ] {
        let renamed = |command| ["--rename-command", command, ""];
        let also = also.map(renamed).into_iter().flatten();
        let arguments: Vec<&str> = renamed(command).into_iter().chain(also).collect();
        let server = Server::start(Kind::Redis, &arguments);
        let home = Home::new();
        let ended = home.run(&format!(
            "doctor --no-akamai -c acme -o json {}",
            crate::stats::url(&server)
        ));
        let (detail, hint) = failed(&ended.with(7), "commands");
        let lacks = format!("{command} ({cost})");
        assert!(detail.contains(&lacks), "{detail}");
        assert!(hint.contains("connect to a server"), "{hint}");
    }
}

#[test]
fn all_commands_that_a_user_lacks_are_named_at_once_and_the_line_permits_them() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let server = Server::start(kind, &[]);
        let _: String = server.ask(&[
            "ACL",
            "SETUSER",
            "op",
            "on",
            ">hunter2",
            "~akamai:acme:*",
            "+ping",
            "+get",
            "+info",
        ]);
        let home = Home::new();
        let run = |need: &str| {
            look_at(
                &home,
                &server.url(),
                &format!("--username op --need {need}"),
            )
            .env("VALKEYCLI_AUTH", "hunter2")
            .run()
        };
        let ended = run("all").with(4);
        for (name, commands) in [
            (
                "permission to read",
                ["scan", "hscan", "pttl", "memory|usage"],
            ),
            ("permission to warm", ["set", "watch", "multi", "exec"]),
            (
                "permission to invalidate",
                ["dump", "restore", "xadd", "wait"],
            ),
        ] {
            let (detail, hint) = failed(&ended, name);
            assert!(hint.starts_with("ACL SETUSER op "), "{hint}");
            assert!(!hint.contains("reset") && !hint.contains(" -"), "{hint}");
            if kind == Kind::Valkey && name != "permission to invalidate" {
                for command in commands {
                    assert!(detail.contains(command), "{name}: {detail} lacks {command}");
                }
            }
        }
        for (need, name) in [
            ("read", "permission to read"),
            ("warm", "permission to warm"),
            ("all", "permission to invalidate"),
        ] {
            let (_, line) = failed(&run(need).with(4), name);
            let words: Vec<&str> = line.split(' ').collect();
            let _: String = server.ask(&words);
            let ended = run(need).with(0);
            assert_eq!(names_of_failed(&ended), [""; 0], "{line}");
        }
    }
}

#[test]
fn the_line_adds_only_what_is_missing() {
    let server = Server::valkey();
    let home = Home::new();
    let line = |rules: &str, customer: &str, need: &str| {
        let user = format!("ACL SETUSER most reset on >hunter2 +@all {rules}");
        let words: Vec<&str> = user.split(' ').collect();
        let _: String = server.ask(&words);
        let url = server.url();
        let line = format!("doctor --no-akamai -o json --url {url} --username most {customer}");
        let run = home.command(&line).env("VALKEYCLI_AUTH", "hunter2");
        failed(&run.run().with(4), &format!("permission to {need}"))
    };
    let type_denied = (
        "may not run type".to_owned(),
        "ACL SETUSER most +type".to_owned(),
    );
    assert_eq!(line("~* -type", "-c acme", "read"), type_denied);
    assert_eq!(line("~* -type", "", "read"), type_denied);
    assert_eq!(
        line("~akamai:acme:*", "-c acme", "read"),
        (
            "may not touch the keys akamai:stats:*".to_owned(),
            "ACL SETUSER most %R~akamai:stats:*".to_owned()
        )
    );
    assert_eq!(
        line("%R~akamai:*", "-c acme,beta", "warm"),
        (
            "may not touch the keys akamai:acme:* akamai:beta:* akamai:stats:*".to_owned(),
            "ACL SETUSER most ~akamai:acme:* ~akamai:beta:* ~akamai:stats:*".to_owned()
        )
    );
    assert_eq!(
        line("~other:*", "", "read"),
        (
            "may not touch the keys akamai:*".to_owned(),
            "ACL SETUSER most %R~akamai:*".to_owned()
        )
    );
}

#[test]
fn what_cannot_be_tried_without_a_transaction_is_not_called_granted() {
    let server = Server::start(Kind::Valkey, &[]);
    let user =
        "ACL SETUSER op on >hunter2 ~akamai:* +@read +@connection +info +time +role +command";
    let words: Vec<&str> = user.split(' ').collect();
    let _: String = server.ask(&words);
    let home = Home::new();
    let run = look_at(&home, &server.url(), "--username op --need all");
    let ended = run.env("VALKEYCLI_AUTH", "hunter2").run().with(4);
    let (detail, _) = failed(&ended, "permission to invalidate");
    assert_eq!(
        detail,
        "may not run pexpireat; without MULTI it is unknown whether restore, xadd, wait may be run"
    );
    let (detail, _) = failed(&ended, "permission to warm");
    assert!(detail.contains("multi, exec"), "{detail}");
    assert!(
        detail.ends_with("whether hset, hsetnx, hincrby, incrby, rpush may be run"),
        "{detail}"
    );
}

#[test]
fn a_reader_is_only_asked_for_what_a_reader_needs() {
    let server = Server::valkey();
    let _: String = server.ask(&[
        "ACL",
        "SETUSER",
        "r",
        "on",
        ">hunter2",
        "%R~akamai:*",
        "+@read",
        "+ping",
        "+info",
        "+time",
        "+dbsize",
        "+role",
    ]);
    let home = Home::new();
    let run = |need: &str| {
        look_at(&home, &server.url(), &format!("--username r --need {need}"))
            .env("VALKEYCLI_AUTH", "hunter2")
            .run()
    };
    run("read").with(0);
    let ended = run("warm").with(4);
    assert_eq!(names_of_failed(&ended), ["permission to warm"]);
}

#[test]
fn no_server_is_reported_as_10() {
    let home = Home::new();
    let ended = look_at(&home, &format!("redis://127.0.0.1:{}", free_port()), "")
        .run()
        .with(10);
    let (detail, hint) = failed(&ended, "valkey");
    assert!(detail.contains("cannot connect"), "{detail}");
    assert!(!hint.is_empty());
    assert_eq!(ended.error()["exit"], 10);
}

#[test]
fn a_replica_is_reported_with_its_primary() {
    let primary = Server::valkey();
    let replica = Server::start(
        Kind::Valkey,
        &["--replicaof", &format!("127.0.0.1 {}", primary.port)],
    );
    wait_for("the replica is one", || {
        (replica.info("master_link_status") == "up").then_some(())
    });
    let ended = look_at(&Home::new(), &replica.url(), "").run().with(4);
    let (_, hint) = failed(&ended, "role");
    assert!(
        hint.contains(&format!("127.0.0.1:{}", primary.port)),
        "{hint}"
    );
}

#[test]
fn a_node_of_a_cluster_in_single_mode_is_reported_as_3_and_the_cluster_passes() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let node = &cluster.seeds()[0];
    let home = Home::new();
    let address = format!("redis://{}:{}", node.host, node.port);
    let ended = look_at(&home, &address, "").run().with(3);
    let (_, hint) = failed(&ended, "mode");
    assert!(hint.contains("--mode cluster"), "{hint}");
    let line = format!(
        "doctor --no-akamai -c acme -o json --retries 0 --mode cluster --node {}:{}",
        node.host, node.port
    );
    home.run(&line).with(0);
    // A slot without an owner.
    for node in &cluster.nodes {
        // The owner gives it up. The others forget whose it was, if they have not done so by themselves.
        node.try_ask::<String>(&["CLUSTER", "DELSLOTS", "7"]).ok();
    }
    let ended = home.run(&line).with(10);
    let (detail, _) = failed(&ended, "slots");
    assert!(detail.starts_with("1 slot of the cluster"), "{detail}");
    let owner = &cluster.nodes[0];
    let _: String = owner.ask(&["CLUSTER", "ADDSLOTS", "7"]);
    wait_for("all slots are owned", || {
        let ended = home.run(&line);
        (ended.code() == 0).then_some(())
    });
    // Every primary counts, not only the first.
    let full = &cluster.nodes[1];
    let _: String = full.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let names = |ended: &Ended, what: &str| {
        let report = ended.json();
        let mut checks = report["checks"].as_array().unwrap().iter();
        checks.any(|check| check["ok"] == false && check["detail"].to_string().contains(what))
    };
    let ended = home.run(&line).with(7);
    assert!(names(&ended, "policy noeviction"), "{}", ended.stdout);
    let lost = &cluster.nodes[2];
    lost.kill();
    let ended = home.run(&line).with(10);
    assert!(names(&ended, &lost.port.to_string()), "{}", ended.stdout);
}

#[test]
fn a_server_that_cannot_save_and_refuses_writes_is_reported() {
    let server = Server::start(Kind::Valkey, &["--save", "3600 1000000"]);
    std::fs::create_dir(server.folder().join("dump.rdb")).unwrap();
    let _: String = server.ask(&["BGSAVE"]);
    wait_for("the snapshot fails", || {
        (server.info("rdb_last_bgsave_status") == "err").then_some(())
    });
    let ended = look_at(&Home::new(), &server.url(), "").run().with(7);
    let (detail, hint) = failed(&ended, "disk");
    assert!(
        detail.contains("refuses writes") && hint.contains("free its disk"),
        "{detail}: {hint}"
    );
    assert_eq!(names_of_failed(&ended), ["disk"]);
}

#[test]
fn a_server_that_is_busy_is_reported_as_10() {
    let server = Server::start(Kind::Valkey, &["--busy-reply-threshold", "1"]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _: redis::RedisResult<i64> = server.try_ask(&["EVAL", "while true do end", "0"]);
        });
        wait_for("the server is busy", || {
            let answer: redis::RedisResult<String> = server.try_ask(&["GET", "x"]);
            answer
                .err()
                .filter(|error| error.to_string().contains("BUSY"))
        });
        let ended = look_at(&Home::new(), &server.url(), "").run().with(10);
        let (detail, _) = failed(&ended, "valkey");
        assert!(detail.contains("BUSY"), "{detail}");
        let _: redis::RedisResult<String> = server.try_ask(&["SCRIPT", "KILL"]);
    });
}

#[test]
fn a_full_server_that_evicts_nothing_is_reported() {
    let server = Server::start(
        Kind::Valkey,
        &["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"],
    );
    let ended = look_at(&Home::new(), &server.url(), "").run().with(7);
    let (detail, hint) = failed(&ended, "memory");
    assert!(
        detail.contains("noeviction") && hint.contains("maxmemory"),
        "{detail}: {hint}"
    );
}

#[test]
fn a_section_that_the_file_lacks_is_reported_as_3() {
    let stage = stage();
    let ended = look(&stage, "-c amce").run().with(3);
    let (detail, _) = failed(&ended, "credentials");
    assert!(
        detail.contains("amce") && detail.contains("did you mean `acme`?"),
        "{detail}"
    );
    assert_eq!(stage.api.seen().len(), 0);
}

#[test]
fn without_a_customer_the_sections_of_the_file_are_named() {
    let stage = stage();
    let file = Akamai::edgerc(stage.home.path(), &["acme", "beta"]);
    let line = format!("doctor -o json --url {}", stage.server.url());
    let run = stage.home.command(&line).env("AKAMAI_EDGERC", file);
    let (_, hint) = failed(&run.run().with(3), "credentials");
    assert_eq!(hint, "name a customer with -c (acme, beta)");
}

#[test]
fn an_empty_variable_beside_others_is_named_and_not_the_file_that_is_missing() {
    let home = Home::new();
    let told = |line: &str| {
        let run = home.command(line).env("AKAMAI_ACME_HOST", "localhost");
        let run = run.env("AKAMAI_ACME_CLIENT_TOKEN", "hunter2");
        let run = run.env("AKAMAI_ACME_ACCESS_TOKEN", "hunter2");
        run.env("AKAMAI_ACME_CLIENT_SECRET", "").run().with(3)
    };
    let reason = "AKAMAI_ACME_CLIENT_SECRET is empty (AKAMAI_ACME_HOST is set)";
    let hint = "set all variables of the section (is the secret available to this CI job?), or name a file with --edgerc";
    let server = Server::valkey();
    let doctor = told(&format!("doctor -c acme -o json --url {}", server.url()));
    let expected = (reason.to_owned(), hint.to_owned());
    assert_eq!(failed(&doctor, "credentials"), expected);
    let get = told(&format!("get groups -c acme --url {}", server.url()));
    let shown = format!("error: {reason}\n  hint: {hint}\n");
    assert!(get.stderr.ends_with(&shown), "{}", get.stderr);
}

#[test]
fn a_file_that_others_may_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = stage();
    let run = look(&stage, "");
    let file = Akamai::edgerc(stage.home.path(), &["acme", "beta"]);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = run.run().with(3);
    let (_, hint) = failed(&ended, "credentials file");
    assert!(hint.contains("chmod 600"), "{hint}");
    assert_eq!(check(&ended, "akamai")["ok"], true);
}

#[test]
fn refused_credentials_are_reported_as_4_with_a_hint() {
    let skew = r#"{"type":"https://problems.luna.akamaiapis.net/-/pep-authn/request-error","title":"Bad request","status":400,"detail":"Invalid timestamp"}"#;
    let past = vec![("date", "Sat, 28 Nov 2020 10:00:00 GMT".to_owned())];
    for (fault, expected) in [
        (
            Fault::Status(
                401,
                vec![],
                r#"{"title":"Not authorized","status":401,"detail":"Inactive client token"}"#
                    .into(),
            ),
            "the section of .edgerc",
        ),
        (Fault::Status(400, past, skew.into()), "set the clock"),
        (
            Fault::Status(
                403,
                vec![],
                r#"{"title":"Forbidden","status":403,"detail":"No such account"}"#.into(),
            ),
            "--account-key",
        ),
    ] {
        let stage = stage();
        stage.api.fault("/groups", usize::MAX, fault);
        let ended = look(&stage, "").run().with(4);
        let (detail, hint) = failed(&ended, "akamai");
        assert!(hint.contains(expected), "{detail}: {hint}");
        assert_eq!(names_of_failed(&ended), ["akamai"]);
    }
}

#[test]
fn both_sides_are_reported_at_once_and_the_first_code_by_rank_counts() {
    let home = Home::new();
    let line = format!(
        "doctor -c acme,beta -o json --retries 0 --url redis://127.0.0.1:{}",
        free_port()
    );
    let ended = home.run(&line).with(10);
    assert_eq!(
        names_of_failed(&ended),
        ["valkey", "credentials", "credentials"]
    );
    let text = home.run(&line.replace(" -o json", "")).with(10).stdout;
    assert!(text.starts_with("3 of 3 checks failed.\n"), "{text}");
}
