//! Other and older servers, managed services that lack commands, and proxies.

use crate::support::proxy::Proxy;
use crate::support::run::Home;
use crate::support::server::Server;
use crate::support::stage::{Stage, small};
use std::time::Duration;

/// Sends commands through a proxy on one connection.
fn asked(proxy: &Proxy, commands: &[&[&str]]) -> Vec<redis::RedisResult<redis::Value>> {
    let client = redis::Client::open(proxy.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let ask = |words: &&[&str]| redis::cmd(words[0]).arg(&words[1..]).query(&mut connection);
    commands.iter().map(ask).collect()
}

#[test]
fn the_proxy_of_the_tests_changes_what_its_rules_name_and_nothing_else() {
    let server = Server::valkey();
    let proxy = Proxy::before(&server);
    proxy.on("ttl").refuse("ERR unknown command 'TTL'");
    proxy.on("SET").with("y").answer("+SAID\r\n");
    proxy.on("GET").edit(|reply| reply.replace("one", "two"));
    let answers = asked(
        &proxy,
        &[
            &["SET", "x", "one"],
            &["SET", "y", "1"],
            &["GET", "x"],
            &["EXISTS", "x", "y"],
            &["TTL", "x"],
            &["EVAL", "return redis.call('TTL', KEYS[1])", "1", "x"],
        ],
    );
    let value = |at: usize| answers[at].as_ref().unwrap();
    assert_eq!(*value(0), redis::Value::Okay);
    assert_eq!(*value(1), redis::Value::SimpleString("SAID".into()));
    assert_eq!(*value(2), redis::Value::BulkString(b"two".to_vec()));
    assert_eq!(*value(3), redis::Value::Int(1));
    assert!(answers[4].is_err() && answers[5].is_err());
    assert_eq!(proxy.seen("set"), 2);
}

#[test]
fn the_proxy_of_the_tests_keeps_transactions_whole() {
    let server = Server::valkey();
    let proxy = Proxy::before(&server);
    let transaction: [&[&str]; 5] = [
        &["MULTI"],
        &["SET", "x", "one"],
        &["GET", "x"],
        &["EXEC"],
        &["EXISTS", "x"],
    ];
    proxy
        .on("GET")
        .inside_multi()
        .edit(|reply| reply.replace("one", "two"));
    let answers = asked(&proxy, &transaction);
    let two = redis::Value::BulkString(b"two".to_vec());
    let expected = redis::Value::Array(vec![redis::Value::Okay, two]);
    assert_eq!(*answers[3].as_ref().unwrap(), expected);

    let _: i64 = server.ask(&["DEL", "x"]);
    proxy.clear();
    proxy
        .on("GET")
        .inside_multi()
        .times(1)
        .refuse("ERR not here");
    let answers = asked(&proxy, &transaction);
    assert!(answers[2].is_err() && answers[3].is_err());
    assert_eq!(*answers[4].as_ref().unwrap(), redis::Value::Int(0));

    proxy.on("GET").outside_multi().close();
    proxy.on("SET").delay(Duration::from_millis(1));
    proxy.on("EXEC").times(1).close_after();
    assert!(asked(&proxy, &transaction[..4])[3].is_err());
    assert!(asked(&proxy, &[&["GET", "x"]])[0].is_err());
    let there: i64 = server.ask(&["EXISTS", "x"]);
    assert_eq!(there, 1);
    let other = Server::redis();
    proxy.lead_to(&other);
    let elsewhere = asked(&proxy, &[&["EXISTS", "x"]]);
    assert_eq!(*elsewhere[0].as_ref().unwrap(), redis::Value::Int(0));
}

/// Runs every main command, which must exit with 0. What is removed comes back, and nothing lacks its TTL.
#[track_caller]
fn every_command_works(stage: &Stage) {
    stage.warm("--all");
    stage.run("get property prp_100001").with(0);
    stage.run("inspect prp_100001").with(0);
    let removed = stage.run("invalidate -o json prp_100001 --cascade");
    let removed = removed.with(0).json()["removed"].clone();
    assert!(removed.as_u64() >= Some(2), "{removed}");
    let undone = stage.run("undo -o json").with(0).json();
    assert_eq!(undone["restored"], removed);
    stage.run("stats").with(0);
    stage.run("hit-rate").with(0);
    stage.run("locks").with(0);
    let data = stage.keys().into_iter().filter(|key| {
        let for_ever = [":audit", ":generation", ":warm:state", ":metrics:"];
        key.starts_with("akamai:acme:") && !for_ever.iter().any(|part| key.contains(part))
    });
    for key in data {
        assert!(stage.left(&key) > 0, "{key} lives for ever");
    }
}

#[test]
fn every_command_works_behind_a_proxy_that_changes_nothing() {
    let stage = Stage::new(small()).behind_proxy();
    every_command_works(&stage);
    assert!(stage.proxy().seen("EXEC") > 0);
}

/// Refuses what a server of the 6.0 line does not know.
fn redis_6(proxy: &Proxy) {
    proxy
        .on("PEXPIRETIME")
        .refuse("ERR unknown command `PEXPIRETIME`, with args beginning with: ");
    for option in ["LT", "GT", "NX"] {
        let rule = proxy.on("PEXPIRE").with(option);
        rule.answer("-ERR wrong number of arguments for 'pexpire' command\r\n");
    }
    proxy.on("ZADD").with("GT").answer("-ERR syntax error\r\n");
    proxy.on("SET").with("PXAT").answer("-ERR syntax error\r\n");
}

#[test]
fn every_command_works_with_a_server_of_the_6_line() {
    let stage = Stage::on(Server::redis(), small()).behind_proxy();
    redis_6(stage.proxy());
    every_command_works(&stage);
    let key = "akamai:acme:property:prp_100001";
    assert!(stage.left(key) > 600);
    let soft = stage.run("invalidate -o json --soft prp_100001").with(0);
    assert!(soft.json()["softened"].as_u64() >= Some(1));
    assert!((1..=60).contains(&stage.left(key)), "{}", stage.left(key));
    let marks: Vec<String> = stage
        .server
        .ask(&["ZRANGE", "akamai:acme:invalidated", "0", "-1"]);
    assert!(!marks.is_empty());
}

#[test]
fn what_is_undone_on_a_server_of_the_6_line_has_the_deadline_that_it_had() {
    let stage = Stage::on(Server::redis(), small()).behind_proxy();
    redis_6(stage.proxy());
    stage.warm("");
    let hash = "akamai:acme:hostnames";
    let deadline = |key: &str| -> i64 { stage.server.ask(&["PEXPIRETIME", key]) };
    let before = (deadline("akamai:acme:properties:all"), deadline(hash));
    stage.run("invalidate --everything --yes").with(0);
    assert_eq!(deadline(hash), -2);
    stage.run("undo").with(0);
    let after = (deadline("akamai:acme:properties:all"), deadline(hash));
    for (one, other) in [(before.0, after.0), (before.1, after.1)] {
        assert!((0..1000).contains(&(one - other)), "{one} became {other}");
    }
}

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
fn a_server_that_refuses_info_is_worked_with_and_its_figures_are_unknown() {
    for refusal in [
        "ERR unknown command 'INFO'",
        "NOPERM User default has no permissions to run the 'info' command",
    ] {
        let stage = Stage::new(small()).behind_proxy();
        stage.warm("");
        stage.proxy().on("INFO").refuse(refusal);
        let removed = stage.run("invalidate -o json --pattern property:* --yes --no-undo");
        removed.with(0);
        stage.run("invalidate akamai:acme:properties:all").with(0);
        stage.run("undo").with(0);
        stage.run("inspect *").with(0);
        stage.run("locks").with(0);
        if refusal.starts_with("ERR") {
            let stats = stage.run("stats -o json").with(0).json();
            assert!(stats["nodes"][0]["version"].is_null(), "{stats}");
        }
    }
}

#[test]
fn informational_commands_may_be_missing() {
    let stage = Stage::new(small()).behind_proxy();
    let proxy = stage.proxy();
    for command in [
        "OBJECT",
        "ROLE",
        "WAIT",
        "LATENCY",
        "SLOWLOG",
        "COMMANDLOG",
        "COMMAND",
    ] {
        proxy
            .on(command)
            .refuse(&format!("ERR unknown command '{command}'"));
    }
    every_command_works(&stage);
    let seen = stage.run("inspect -o json properties:all").with(0).json();
    assert!(seen["encoding"].is_null(), "{seen}");
}

#[test]
fn a_proxy_that_closes_at_client_is_connected_without_it() {
    let stage = Stage::new(small()).behind_proxy();
    stage.proxy().on("CLIENT").close();
    every_command_works(&stage);
    assert!(stage.proxy().seen("CLIENT") > 0);
}

#[test]
fn where_multi_is_refused_outside_or_inside_a_script_about_one_key_takes_its_place() {
    type Rules = fn(&Proxy);
    let rules: [Rules; 4] = [
        |proxy| proxy.on("MULTI").refuse("ERR unknown command 'MULTI'"),
        |proxy| proxy.on("EXEC").refuse("ERR unknown command 'EXEC'"),
        |proxy| {
            for command in ["HSET", "DEL", "ZADD"] {
                let rule = proxy.on(command).inside_multi();
                rule.refuse("ERR not supported inside transaction");
            }
        },
        |proxy| {
            proxy.on("MULTI").refuse("ERR MULTI is not supported");
            redis_6(proxy);
        },
    ];
    for (at, rules) in rules.into_iter().enumerate() {
        let stage = Stage::new(small()).behind_proxy();
        rules(stage.proxy());
        every_command_works(&stage);
        assert!(stage.proxy().seen("EVAL") > 0, "rules {at}");
    }
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
    let _: String = stage.server.ask(&["SET", key, "{}", "EX", "900"]);
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
fn a_name_that_leads_to_the_new_primary_is_resolved_again_after_a_readonly() {
    let stage = Stage::new(small()).behind_proxy();
    let replica = "READONLY You can't write against a read only replica.";
    stage.warm("");
    let commands = ["SET", "HSET", "ZADD", "UNLINK", "EVAL", "RESTORE", "DEL"];
    for line in [
        "warm --force",
        "invalidate akamai:acme:properties:all",
        "undo",
    ] {
        // The first connection goes to a server that became a replica.
        stage.proxy().clear();
        for command in commands {
            stage
                .proxy()
                .on(command)
                .times(1)
                .answer(format!("-{replica}\r\n"));
        }
        stage.run(line).with(0);
    }
    assert!(stage.get("akamai:acme:properties:all").is_some());
    stage.proxy().clear();
    for command in commands {
        stage.proxy().on(command).answer(format!("-{replica}\r\n"));
    }
    let ended = stage.run("invalidate akamai:acme:properties:all --retries 1");
    assert!(ended.with(4).stderr.contains("read-only replica"));
}

#[test]
fn after_a_readonly_the_next_connection_leads_where_the_name_leads_now() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let old = Server::valkey();
    let port = stage.server.port.to_string();
    let _: String = old.ask(&["REPLICAOF", "127.0.0.1", &port]);
    crate::support::server::wait_for("the replica follows", || {
        (old.info("master_link_status") == "up").then_some(())
    });
    stage.proxy().lead_to(&old);
    // The first write goes to the replica; later connections go to the primary.
    stage
        .proxy()
        .on("ZADD")
        .times(1)
        .then_lead_to(&stage.server);
    stage.run("invalidate akamai:acme:properties:all").with(0);
    assert!(stage.get("akamai:acme:properties:all").is_none());
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
        assert!(ended.stderr.contains(&wanted), "{}", ended.stderr);
    }
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    stage.run("invalidate prp_100001 --cascade").with(0);
    let refusal = "-ERR ACL failure in script: User default has no permissions to run the \
                   'hsetnx' command script: x, on @user_script:1.\r\n";
    stage.proxy().on("EVAL").answer(refusal);
    let ended = stage.run("undo").with(4);
    assert!(ended.stderr.contains("+hsetnx"), "{}", ended.stderr);
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
    assert!(ended.stderr.contains("--no-undo"), "{}", ended.stderr);
    stage.run("invalidate prp_100001 --no-undo").with(0);
}

#[test]
fn a_denied_key_is_not_reported_as_a_missing_dump_permission() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let refusal = "NOPERM No permissions to access a key";
    stage.proxy().on("DUMP").refuse(refusal);
    let ended = stage.run("invalidate akamai:acme:properties:all").with(4);
    assert!(
        ended.stderr.contains("permits the keys"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("--no-undo"), "{}", ended.stderr);
}

#[test]
fn a_file_that_blocks_does_not_keep_a_signal_from_being_heard() {
    let home = Home::new();
    let fifo = home.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, mode).unwrap();
    let server = Server::valkey();
    let url = server.url();
    let file = fifo.display();
    for line in [
        format!("locks --url rediss://127.0.0.1:1 --tls-ca {file}"),
        format!("warm --url {url} --edgerc {file}"),
        format!("warm --url {url} --all-customers --edgerc {file}"),
        format!("customers --url {url} --edgerc {file}"),
        format!("get groups --url {url} --edgerc {file}"),
        format!("hit-rate --url {url} --export {file}"),
        format!("stats --alerts --out {file}"),
    ] {
        let running = home.command(&line).spawn();
        running.listens();
        running.terminate();
        assert_eq!(running.wait().code(), 143, "{line}");
    }
}

/// If a service does not report the memory of keys, no figure is invented, and the number of keys is reported.
#[test]
fn where_memory_is_not_told_stats_counts_keys_and_leaves_their_size_open() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("--all");
    stage
        .proxy()
        .on("MEMORY")
        .refuse("ERR unknown command 'MEMORY'");
    every_command_works(&stage);
    for line in ["stats -o json --full", "stats -o json"] {
        let stats = stage.run(line).with(0).json();
        let acme = &stats["customers"][0];
        assert!(acme["keys"].as_u64() > Some(5), "{stats}");
        for name in ["memory_bytes", "memory_bytes_low", "memory_bytes_high"] {
            assert!(acme[name].is_null(), "{name} of {acme}");
            assert!(acme["resources"][0][name].is_null(), "{name} of {acme}");
        }
        assert!(stats["incomplete"].is_null(), "{stats}");
    }
    let metrics = stage.run("stats -o prometheus").with(0).stdout;
    assert!(metrics.contains("alecs_cache_customer_keys{"), "{metrics}");
    let sizes = ["customer_memory_bytes{", "resource_memory_bytes{"];
    assert!(
        !sizes.iter().any(|name| metrics.contains(name)),
        "{metrics}"
    );
    stage.run("stats -o table").with(0);
}
