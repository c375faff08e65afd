//! Reading while Valkey is away, unwilling or full.

use crate::support::akamai::Fault;
use crate::support::server::{Kind, Server, free_port};
use crate::support::stage::{Stage, small};
use serde_json::Value;
use std::time::{Duration, Instant};

fn sources(report: &Value) -> Vec<&str> {
    let items = report["items"].as_array().unwrap().iter();
    items.map(|item| item["source"].as_str().unwrap()).collect()
}

#[test]
fn without_valkey_akamai_answers_with_one_warning() {
    let stage = Stage::new(small());
    let url = format!("redis://127.0.0.1:{}/0", free_port());
    let read = |line: &str| stage.command(line).env("ALECS_CACHE_URL", &url).run();
    let ended = read("get -o json property prp_100000 prp_100001 prp_100002").with(0);
    assert_eq!(sources(&ended.json()), ["akamai"; 3]);
    assert_eq!(
        ended.stderr.matches("warning:").count(),
        1,
        "{}",
        ended.stderr
    );
    let ended = read("get -q -o json property prp_100000").with(0);
    assert_eq!(ended.stderr, "");
    let ended = read("get -o json --require-cache property prp_100000").with(10);
    assert_eq!(ended.error()["exit"], 10);
    let mut name = String::new();
    stage
        .api
        .edit(|account| name.clone_from(&account.hostnames[0].name));
    let ended = read(&format!("search -o json {name}")).with(0);
    assert_eq!(ended.json()["results"][0]["type"], "exact_hostname");
    assert_eq!(
        ended.stderr.matches("warning:").count(),
        1,
        "{}",
        ended.stderr
    );
    read(&format!("search --require-cache {name}")).with(10);
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
        Server::start(Kind::Valkey, &["--requirepass", "secret"]),
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
    assert!(ended.stderr.contains("warning:"), "{}", ended.stderr);
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
        ">pw",
        "~*",
        "+@read",
        "+@connection",
    ];
    let _: String = stage.server.ask(&rules);
    let read = |line: &str| {
        let run = stage.command(line).env("VALKEYCLI_USER", "reader");
        run.env("VALKEYCLI_AUTH", "pw").run()
    };
    let ended = read("get -o json property prp_100001").with(0);
    assert_eq!(sources(&ended.json()), ["cache"]);
    assert_eq!(
        ended.stderr, "",
        "counting that is not permitted is nobody's trouble"
    );
    let ended = read("get -o json property prp_100000 prp_100002").with(0);
    assert_eq!(sources(&ended.json()), ["akamai"; 2]);
    assert!(
        (1..=2).contains(&ended.stderr.matches("warning:").count()),
        "{}",
        ended.stderr
    );
}

#[test]
fn akamai_that_refuses_us_is_not_asked_for_each_id() {
    let stage = Stage::new(small().properties(40));
    let refused = Fault::Status(401, vec![], "{}".into());
    stage.api.fault("/properties/", 99, refused);
    let ids: Vec<String> = (100_000..100_040).map(|id| format!("prp_{id}")).collect();
    let line = format!("get -o json property {}", ids.join(" "));
    let ended = stage.run(&line).with(4);
    // Those that were under way at once have all been refused.
    assert!(stage.api.seen().len() <= 4, "{}", stage.api.seen().len());
    assert_eq!(ended.json()["errors"].as_array().unwrap().len(), 40);
}
