//! Services that refuse single commands, outside or inside of transactions and scripts.

use crate::support::server::Server;
use crate::support::stage::{Stage, small};

#[test]
fn without_scripts_soft_still_shortens_what_has_longer_to_live() {
    let stage = Stage::on(Server::redis(), small()).behind_proxy();
    stage.warm("");
    let key = "akamai:acme:properties:all";
    let rule = stage.proxy().on("PEXPIRE").with("LT");
    rule.answer("-ERR wrong number of arguments for 'pexpire' command\r\n");
    stage
        .proxy()
        .on("EVAL")
        .refuse("ERR unknown command 'EVAL'");
    let soft = |stage: &Stage| {
        let ended = stage
            .run("invalidate -o json --soft akamai:acme:properties:all")
            .with(0);
        ended.json()["softened"].clone()
    };
    assert_eq!(soft(&stage), 1);
    assert!((1..=60).contains(&stage.left(key)), "{}", stage.left(key));
    let _: i64 = stage.server.ask(&["PEXPIRE", key, "5000"]);
    soft(&stage);
    assert!((1..=5).contains(&stage.left(key)), "{}", stage.left(key));
}

#[test]
fn a_key_that_the_server_refuses_comes_with_a_hint_at_doctor() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    for command in ["WATCH", "EVAL"] {
        let refusal = format!("ERR unknown command '{command}'");
        stage.proxy().on(command).refuse(&refusal);
    }
    let name = &small().hostnames[0].name;
    let hash = "akamai:acme:hostnames";
    let _: i64 = stage.server.ask(&["HDEL", hash, name]);
    let owner = &small().hostnames[0].property;
    let ended = stage.run(&format!("warm {owner} -o json")).with(7);
    let error = ended.error();
    assert!(
        error["message"].as_str().unwrap().contains("EVAL"),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains("doctor"),
        "{error}"
    );
}

#[test]
fn no_command_of_a_transaction_is_sent_where_multi_is_refused() {
    for refusal in ["ERR unknown command 'MULTI'", "NOPERM no permissions"] {
        let stage = Stage::new(small()).behind_proxy();
        stage.proxy().on("MULTI").refuse(refusal);
        for line in [
            "invalidate prp_1",
            "get property prp_100001",
            "search www",
            "warm",
        ] {
            stage.run(line).with(0);
        }
        let alone = |command: &Vec<String>| {
            let collection =
                |key: &String| key.ends_with(":hostnames") || key.ends_with(":invalidated");
            let writes = ["HSET", "ZADD", "HINCRBY"].contains(&command[0].as_str());
            writes && command.get(1).is_some_and(collection)
        };
        assert_eq!(stage.proxy().commands().into_iter().find(alone), None);
        let asked = stage.proxy().seen("MULTI");
        assert!(
            (1..=4).contains(&asked),
            "at most once in each process: {asked}"
        );
    }
}

#[test]
fn where_scripts_are_refused_too_the_cause_is_reported_and_nothing_lives_for_ever() {
    let stage = Stage::new(small()).behind_proxy();
    stage
        .proxy()
        .on("MULTI")
        .refuse("ERR unknown command 'MULTI'");
    stage
        .proxy()
        .on("EVAL")
        .refuse("ERR unknown command 'EVAL'");
    let key = "akamai:acme:property:prp_1";
    stage.server_writes(key, "{}");
    for line in ["warm --all", "invalidate prp_1"] {
        let ended = stage.run(line);
        assert_ne!(ended.code(), 0, "{line}");
        let told = ended.stderr.contains("MULTI and EVAL");
        assert!(told, "{line}: {}", ended.stderr);
    }
    assert!(!stage.keys().contains(&"akamai:acme:hostnames".to_owned()));
    assert!(
        stage.get(key).is_some(),
        "nothing is removed without a mark"
    );
    for key in stage.keys() {
        let for_ever = [":generation", ":warm:state", ":metrics:"];
        let data = !for_ever.iter().any(|part| key.contains(part));
        assert!(!data || stage.left(&key) > 0, "{key} lives for ever");
    }
}

#[test]
fn a_denied_command_inside_a_transaction_or_script_is_a_permission_error() {
    for (command, refusal) in [
        (
            "EXEC",
            "NOPERM User default has no permissions to run the 'exec' command",
        ),
        (
            "PEXPIRE",
            "NOPERM User default has no permissions to run the 'pexpire' command",
        ),
    ] {
        let stage = Stage::new(small()).behind_proxy();
        // With scripts refused too, transactions are refused.
        stage
            .proxy()
            .on("EVAL")
            .refuse("ERR unknown command 'EVAL'");
        stage.proxy().on(command).inside_multi().refuse(refusal);
        let ended = stage.run("warm").with(4);
        let wanted = format!("+{}", command.to_lowercase());
        ended.says(&wanted);
    }
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    stage.run("invalidate prp_100001 --cascade").with(0);
    let refusal = "-ERR ACL failure in script: User default has no permissions to run the \
                   'hsetnx' command script: x, on @user_script:1.\r\n";
    stage.proxy().on("EVAL").answer(refusal);
    let ended = stage.run("undo").with(4);
    ended.says("+hsetnx");
}

#[test]
fn a_user_who_may_not_run_pexpiretime_saves_deadlines_from_time_and_pttl() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let refusal = "NOPERM User u has no permissions to run the 'pexpiretime' command";
    stage.proxy().on("PEXPIRETIME").refuse(refusal);
    stage.run("invalidate prp_100001").with(0);
    stage.run("undo").with(0);
    assert!(stage.left("akamai:acme:property:prp_100001") > 0);
}

#[test]
fn without_dump_the_hint_names_the_way_without_undo() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let refusal = "ERR unknown command 'DUMP'";
    stage.proxy().on("DUMP").refuse(refusal);
    let ended = stage.run("invalidate prp_100001");
    assert_ne!(ended.code(), 0);
    ended.says("--no-undo");
    stage.run("invalidate prp_100001 --no-undo").with(0);
}

#[test]
fn a_denied_key_is_not_reported_as_a_missing_dump_permission() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let refusal = "NOPERM No permissions to access a key";
    stage.proxy().on("DUMP").refuse(refusal);
    let ended = stage.run("invalidate akamai:acme:properties:all").with(4);
    ended.says("permits the keys");
    assert!(!ended.stderr.contains("--no-undo"), "{}", ended.stderr);
}
