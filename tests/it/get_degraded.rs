//! Reading while Valkey is unreachable, refuses commands or is full.

use super::get::sources;
use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::run::Ended;
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, free_port, wait_for};
use crate::support::stage::{Stage, small};
use serde_json::json;
use std::time::{Duration, Instant};

#[track_caller]
fn assert_warns_once(ended: &Ended) {
    let warnings = ended.stderr.matches("warning:").count();
    assert_eq!(warnings, 1, "{}", ended.stderr);
}

#[test]
fn without_valkey_akamai_answers_with_one_warning() {
    let stage = Stage::new(small());
    let url = format!("redis://127.0.0.1:{}/0", free_port());
    let read = |line: &str| stage.command(line).env("ALECS_CACHE_URL", &url).run();
    let ended = read("get -o json property prp_100000 prp_100001 prp_100002").with(0);
    assert_eq!(sources(&ended.json()), ["akamai"; 3]);
    assert_warns_once(&ended);
    let ended = read("get -q -o json property prp_100000").with(0);
    assert_eq!(ended.stderr, "");
    let ended = read("get -o json --require-cache property prp_100000").with(10);
    assert_eq!(ended.error()["exit"], 10);
    let mut name = String::new();
    stage
        .api
        .edit(|account| name.clone_from(&account.hostnames[0].name));
    stage.api.take_seen();
    let ended = read(&format!("search -o json {name}")).with(0);
    assert_eq!(ended.json()["results"][0]["type"], "exact_hostname");
    let calls = stage.api.seen().len();
    assert_eq!(calls, 3, "search, property, host names");
    assert_warns_once(&ended);
    read(&format!("search --require-cache {name}")).with(10);
}

#[test]
fn without_valkey_and_without_credentials_it_is_the_cache_that_failed() {
    let stage = Stage::new(small());
    let url = format!("redis://127.0.0.1:{}/0", free_port());
    for line in [
        "get property prp_100000",
        "get property prp_100000 prp_100001",
        "get properties",
        "search www.example.com",
    ] {
        let ended = stage
            .command(&format!("{line} -o json"))
            .env("ALECS_CACHE_URL", &url)
            .env("AKAMAI_EDGERC", "/nonexistent")
            .run()
            .with(10);
        let error = ended.error();
        assert_eq!(error["code"], "network", "{line}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&url), "{line}: {message}");
        assert!(message.contains("`/nonexistent`"), "{line}: {message}");
    }
    // If the cache answers, the credentials are the problem.
    stage
        .command("get property prp_100000")
        .env("AKAMAI_EDGERC", "/nonexistent")
        .run()
        .with(3);
    assert_eq!(stage.api.seen().len(), 0);
}

#[test]
fn a_server_that_hangs_is_given_up_once_and_not_for_each_id() {
    let stage = Stage::new(small());
    stage.server.freeze();
    let began = Instant::now();
    let line = "get -o json --connect-timeout 1s --timeout 1s --retries 0 property";
    let ended = stage.run(&format!(
        "{line} prp_100000 prp_100001 prp_100002 prp_100003"
    ));
    let took = began.elapsed();
    stage.server.thaw();
    assert_eq!(sources(&ended.with(0).json()), ["akamai"; 4]);
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn a_server_that_refuses_the_password_is_4_and_costs_no_call() {
    let stage = Stage::on(
        Server::start(Kind::Valkey, &["--requirepass", "hunter2"]),
        small(),
    );
    let ended = stage.run("get -o json property prp_100000").with(4);
    assert_eq!(ended.error()["exit"], 4);
    assert!(stage.api.seen().is_empty());
}

#[test]
fn a_full_server_still_answers() {
    let stage = Stage::new(small());
    stage.run("get property prp_100001").with(0);
    let _: String = stage.server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let ended = stage
        .run("get -o json property prp_100000 prp_100001")
        .with(0);
    assert_eq!(sources(&ended.json()), ["akamai", "cache"]);
    ended.says("warning:");
}

#[test]
fn a_user_who_may_only_read_reads_and_is_warned_once() {
    let stage = Stage::new(small());
    stage.run("get property prp_100001").with(0);
    let rules = [
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">hunter2",
        "~*",
        "+@read",
        "+@connection",
    ];
    let _: String = stage.server.ask(&rules);
    let read = |line: &str| {
        let run = stage.command(line).env("VALKEYCLI_USER", "reader");
        run.env("VALKEYCLI_AUTH", "hunter2").run()
    };
    let ended = read("get -o json property prp_100001").with(0);
    assert_eq!(sources(&ended.json()), ["cache"]);
    assert_eq!(
        ended.stderr, "",
        "counting that is not permitted is nobody's trouble"
    );
    let ended = read("get -o json property prp_100000 prp_100002").with(0);
    assert_eq!(sources(&ended.json()), ["akamai"; 2]);
    assert_warns_once(&ended);
}

/// Properties in as many groups, so that the list of all is not cheaper.
fn of_many_groups(count: usize) -> Account {
    let account = Account::new(1).regular().contracts(1);
    account.groups(count).properties(count)
}

#[test]
fn akamai_that_refuses_us_is_not_asked_for_each_id() {
    let stage = Stage::new(of_many_groups(40));
    let refused = Fault::Status(401, vec![], "{}".into());
    stage.api.fault("/properties/", 99, refused);
    let ids: Vec<String> = (100_000..100_040).map(|id| format!("prp_{id}")).collect();
    let line = format!("get -o json property {}", ids.join(" "));
    let ended = stage.run(&line).with(4);
    // The groups, and the calls already in flight, which were all refused.
    assert!(stage.api.seen().len() <= 5, "{}", stage.api.seen().len());
    assert_eq!(ended.json()["errors"].as_array().unwrap().len(), 40);
}

#[test]
fn a_server_that_dies_half_way_is_given_up_once_and_all_ids_are_answered() {
    let stage = Stage::new(of_many_groups(60));
    let slow = Fault::Slow(Duration::from_millis(50));
    stage.api.fault("/properties/", 1_000, slow);
    let ids: Vec<String> = (100_000..100_060).map(|id| format!("prp_{id}")).collect();
    let line = format!("get -o json property {}", ids.join(" "));
    let run = stage.command(&line).spawn();
    wait_for("half of them", || {
        (stage.api.seen().len() >= 20).then_some(())
    });
    stage.server.kill();
    let ended = run.wait().with(0);
    assert_eq!(sources(&ended.json()), ["akamai"; 60]);
    assert_warns_once(&ended);
    // Only the calls in flight may have been repeated.
    let calls = stage.api.seen().len();
    assert!((61..=65).contains(&calls), "{calls}");
}

#[test]
fn a_signal_half_way_shows_what_was_read_and_leaves_no_lock() {
    let stage = Stage::new(of_many_groups(60));
    for place in 20..60 {
        let id = format!("/properties/prp_1000{place}");
        stage.api.fault(&id, 9, Fault::Hang);
    }
    let ids: Vec<String> = (100_000..100_060).map(|id| format!("prp_{id}")).collect();
    let ids = ids.join(" ");
    for form in ["json", "table"] {
        let seen = stage.api.seen().len();
        let run = stage
            .command(&format!("get -o {form} property {ids}"))
            .spawn();
        let hanging = |path: &str| (20..60).any(|place| path.ends_with(&format!("1000{place}")));
        wait_for("the calls that hang", || {
            let calls = stage.api.seen().into_iter().skip(seen);
            let hang = calls.filter(|call| hanging(&call.path_and_query));
            (hang.count() == 4).then_some(())
        });
        run.interrupt();
        let ended = run.wait().with(130);
        if form == "json" {
            assert_eq!(sources(&ended.json()), ["akamai"; 20]);
            assert_eq!(ended.json()["errors"].as_array().unwrap().len(), 40);
        } else {
            assert_eq!(ended.stdout.lines().count(), 21);
            assert_eq!(ended.stderr, "error: interrupted\n");
        }
        let locks = stage
            .keys()
            .into_iter()
            .filter(|key| key.ends_with(":lock"));
        assert_eq!(locks.count(), 0);
    }
}

#[test]
fn a_primary_without_a_successor_yet_is_not_waited_for_where_akamai_answers() {
    let servers = Sentinels::start(Kind::Valkey, &[], "").settled();
    let stage = Stage::new(small());
    let watchers: Vec<String> = servers
        .watchers
        .iter()
        .map(|watcher| format!("127.0.0.1:{}", watcher.port))
        .collect();
    servers.replica.kill();
    servers.primary.freeze();
    let began = Instant::now();
    let ended = stage
        .command("get -o json --connect-timeout 1s --retries 60 property prp_100000")
        .env("ALECS_CACHE_MODE", "sentinel")
        .env("ALECS_CACHE_SENTINELS", watchers.join(","))
        .run()
        .with(0);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(sources(&ended.json()), ["akamai"]);
    assert_warns_once(&ended);
}

#[test]
fn a_search_shows_what_the_cache_has_while_the_api_fails() {
    let stage = Stage::new(small());
    stage.warm("");
    let part = &small().hostnames[0].name[..5];
    let line = format!("search -o json {part}");
    stage.delete("akamai:acme:properties:all");
    let well = stage.run(&line).with(0).json();
    assert!(well["total"].as_u64().unwrap() > 0, "{well}");
    let absent = stage
        .keys()
        .into_iter()
        .filter(|key| key.contains(":absent:"));
    for key in absent {
        stage.delete(&key);
    }
    for fault in [
        Fault::Status(403, Vec::new(), "{}".into()),
        Fault::Status(429, Vec::new(), json!({"limitKey": "K"}).to_string()),
    ] {
        stage.api.heal();
        stage.api.fault("/", 999, fault);
        let ended = stage.run(&format!("{line} --no-refresh"));
        let ended = ended.with(0);
        assert_eq!(ended.json()["results"], well["results"]);
        assert_eq!(ended.json()["incomplete"], true);
        assert!(ended.stderr.contains("only the cache was searched"));
    }
    stage.run("search nothing-like-it").with(9);
}
