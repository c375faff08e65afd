//! `inspect`: one key, or the keys of a pattern.

use crate::support::account::Account;
use crate::support::run::Run;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

fn inspected(stage: &Stage, target: &str) -> Value {
    stage
        .run(&format!("inspect -o json {target}"))
        .with(0)
        .json()
}

#[test]
fn a_property_is_shown_with_all_that_is_known_of_it() {
    let stage = Stage::new(small());
    stage.warm("");
    let day: String = today();
    let _: i64 = stage.server.ask(&[
        "HSET",
        &format!("akamai:stats:{day}:hits"),
        "acme:property:prp_100000",
        "7",
    ]);
    let _: i64 = stage.server.ask(&[
        "HSET",
        &format!("akamai:stats:{day}:misses"),
        "acme:property:prp_100000",
        "2",
    ]);
    let _: String = stage.server.ask(&[
        "SET",
        "akamai:acme:property:prp_100000:lock",
        "holder-1",
        "EX",
        "30",
    ]);
    let found = inspected(&stage, "prp_100000");
    assert_eq!(found["schema"], "alecs-cache/inspect/1");
    assert_eq!(found["key"], "akamai:acme:property:prp_100000");
    for (field, expected) in [
        ("customer", json!("acme")),
        ("resource", json!("property")),
        ("id", json!("prp_100000")),
        ("sub", json!([])),
        ("type", json!("string")),
        ("policy_ttl_seconds", json!(900)),
        ("freshness", json!("fresh")),
        ("locked_by", json!("holder-1")),
        ("hits", json!(7)),
        ("misses", json!(2)),
        ("value", stage.json("akamai:acme:property:prp_100000")),
    ] {
        assert_eq!(found[field], expected, "{field}");
    }
    assert!((880..=900).contains(&found["ttl_seconds"].as_i64().unwrap()));
    assert!(found["size"].as_u64().unwrap() > 100);
    assert!(found["memory_bytes"].as_u64().unwrap() > found["size"].as_u64().unwrap());
    let tags: Vec<&str> = found["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag.as_str().unwrap())
        .collect();
    assert!(tags.contains(&"property:prp_100000"), "{tags:?}");
}

fn today() -> String {
    jiff::Timestamp::now().to_string()[..10].to_owned()
}

#[test]
fn a_key_is_named_by_id_host_name_or_key_in_any_form() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage
        .keys()
        .into_iter()
        .find_map(|key| {
            key.strip_prefix("akamai:acme:hostname:")
                .map(ToOwned::to_owned)
        })
        .unwrap();
    for (target, key) in [
        (
            "property:prp_100000:hostnames".to_owned(),
            "property:prp_100000:hostnames".to_owned(),
        ),
        (
            "akamai:acme:properties:all".to_owned(),
            "properties:all".to_owned(),
        ),
        ("acme:groups:all".to_owned(), "groups:all".to_owned()),
        (host.to_uppercase(), format!("hostname:{host}")),
        (format!("{host}."), format!("hostname:{host}")),
    ] {
        assert_eq!(
            inspected(&stage, &target)["key"],
            format!("akamai:acme:{key}"),
            "{target}"
        );
    }
    let ended = stage.run("inspect prp_9 -o json").with(5);
    assert_eq!(ended.error()["code"], "not_found");
    for nonsense in ["nonsense", "a:b:c", "session:1"] {
        stage.run(&format!("inspect {nonsense}")).with(2);
    }
}

#[test]
fn collections_are_shown_up_to_the_limit() {
    let stage = Stage::new(small());
    stage.warm("");
    let found = inspected(&stage, "hostnames --limit 2");
    assert_eq!(found["type"], "hash");
    assert_eq!(found["size"], 6);
    assert_eq!(found["value"].as_object().unwrap().len(), 2);
    assert_eq!(
        inspected(&stage, "hostnames --limit 0")["value"]
            .as_object()
            .unwrap()
            .len(),
        6
    );
    let _: i64 = stage.server.ask(&[
        "ZADD",
        "akamai:acme:searches",
        "5",
        "b:search:b",
        "3",
        "a:search:a",
    ]);
    let found = inspected(&stage, "searches");
    assert_eq!(
        found["value"],
        json!([{"member": "a:search:a", "score": 3.0}, {"member": "b:search:b", "score": 5.0}])
    );
    assert_eq!(found["ttl_seconds"], Value::Null);
    assert_eq!(found["freshness"], "no_ttl");
    let _: i64 = stage
        .server
        .ask(&["RPUSH", "akamai:acme:property:prp_1:versions", "v2", "v1"]);
    assert_eq!(
        inspected(&stage, "property:prp_1:versions")["value"],
        json!(["v2", "v1"])
    );
    let _: String = stage
        .server
        .ask(&["XADD", "akamai:acme:audit", "1-1", "who", "me"]);
    let found = inspected(&stage, "audit");
    assert_eq!(
        found["value"],
        json!([{"id": "1-1", "fields": {"who": "me"}}])
    );
    assert_eq!(found["freshness"], "unknown");
}

#[test]
fn a_pattern_lists_the_keys_of_the_customer_alone() {
    let stage = Stage::new(small());
    stage.warm("");
    for key in [
        "akamai:acme2:property:prp_1",
        "akamai:acme.eu:property:prp_1",
        "session:property:1",
    ] {
        let _: String = stage.server.ask(&["SET", key, "{}"]);
    }
    let found = inspected(&stage, "property:*");
    assert_eq!(found["total"], 8);
    let keys = found["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 8);
    assert!(keys.iter().all(|key| {
        key["key"]
            .as_str()
            .unwrap()
            .starts_with("akamai:acme:property:")
    }));
    assert_eq!(keys[0]["type"], "string");
    assert!(keys[0]["ttl_seconds"].as_i64().unwrap() > 800);
    let cut = inspected(&stage, "property:* --limit 3");
    assert_eq!(
        (cut["total"].as_u64(), cut["keys"].as_array().unwrap().len()),
        (Some(8), 3)
    );
    assert_eq!(inspected(&stage, "nothing:*")["total"], 0);
}

#[test]
fn raw_writes_the_bytes_untouched() {
    let stage = Stage::new(small());
    let value = "\u{1b}[31mred\r\n\u{0}::warning::x";
    let _: String = stage.server.ask(&["SET", "akamai:acme:search:x", value]);
    let ended = stage.run("inspect search:x --raw").with(0);
    assert_eq!(ended.bytes, value.as_bytes());
    let shown = stage.run("inspect search:x").with(0);
    assert!(
        !shown.stdout.contains('\u{1b}') && !shown.stdout.contains('\u{0}'),
        "{:?}",
        shown.stdout
    );
    let _: i64 = stage
        .server
        .ask(&["HSET", "akamai:acme:hostnames", "a", "b"]);
    stage.run("inspect hostnames --raw").with(2);
    stage.run("inspect 'search:*' --raw").with(2);
}

#[test]
fn a_key_about_to_expire_and_one_that_never_does_are_told_apart() {
    let stage = Stage::new(Account::new(1));
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:property:prp_1", "{}", "EX", "100"]);
    assert_eq!(inspected(&stage, "prp_1")["freshness"], "refresh_due");
    assert!(stage.run("inspect prp_1").stdout.contains("refresh due"));
    let _: i64 = stage
        .server
        .ask(&["EXPIRE", "akamai:acme:property:prp_1", "10"]);
    assert!(
        stage
            .run("inspect prp_1")
            .stdout
            .contains("about to expire")
    );
    let _: i64 = stage.server.ask(&["PERSIST", "akamai:acme:property:prp_1"]);
    assert!(stage.run("inspect prp_1").stdout.contains("never expires"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let stage = Stage::new(
        Account::new(1)
            .regular()
            .groups(1)
            .contracts(1)
            .properties(400)
            .hostnames(0),
    );
    stage.warm("");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let run: Run = stage.command("inspect property:* --limit 0");
    let ended = run.stdout(writer).wait().with(0);
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
}
