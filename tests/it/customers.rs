//! `customers`: configured customers, cached customers, and names that are not manageable.

use crate::support::akamai::Akamai;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

fn list(stage: &Stage, line: &str) -> Value {
    let edgerc = Akamai::edgerc(stage.home.path(), &["acme", "gamma"]);
    let run = stage.command(&format!("customers -o json {line}"));
    let run = run.env("AKAMAI_EDGERC", edgerc).env("ALECS_CUSTOMER", "");
    run.run().with(0).json()
}

#[test]
fn customers_of_the_file_and_of_the_cache_are_listed_with_their_keys_age_and_hit_rate() {
    let stage = Stage::new(small());
    stage.warm("");
    let keys = stage
        .keys()
        .iter()
        .filter(|key| key.starts_with("akamai:acme:"))
        .count();
    let _: String = stage
        .server
        .ask(&["SET", "akamai:beta:properties:all", "[]"]);
    let _: String = stage.server.ask(&["SET", "session:beta", "x"]);
    stage.run("get property prp_100000").with(0);
    let report = list(&stage, "");
    assert_eq!(report["schema"], "alecs-cache/customers/1");
    let all = report["customers"].as_array().unwrap();
    let names: Vec<&str> = all
        .iter()
        .map(|one| one["customer"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["acme", "beta", "gamma"]);
    let acme = &all[0];
    assert!(acme["keys"].as_u64().unwrap() >= keys as u64, "{acme}");
    assert_eq!(acme["section"], "acme");
    assert_eq!(acme["hit_rate"], 100.0);
    let warmed: jiff::Timestamp = acme["last_warm"].as_str().unwrap().parse().unwrap();
    assert!(
        warmed.duration_until(jiff::Timestamp::now()).as_secs() < 120,
        "{warmed}"
    );
    assert_eq!(
        all[1],
        json!({"customer": "beta", "section": null, "keys": 1, "last_warm": null, "hit_rate": null})
    );
    assert_eq!(
        all[2],
        json!({"customer": "gamma", "section": "gamma", "keys": 0, "last_warm": null, "hit_rate": null})
    );
    let one = list(&stage, "-c beta");
    assert_eq!(one["customers"].as_array().unwrap().len(), 1);
}

#[test]
fn names_that_only_the_server_accepts_are_listed() {
    let stage = Stage::new(small());
    let today = crate::support::server::today();
    let counts = format!("akamai:stats:{today}:hits");
    let _: i64 = stage.server.ask(&["HSET", &counts, "acme:groups:all", "1"]);
    assert_eq!(list(&stage, "")["not_manageable"], json!([]));
    for name in ["Acme Corp", "*", "stats"] {
        let key = format!("akamai:{name}:properties:all");
        let _: String = stage.server.ask(&["SET", &key, "[]"]);
    }
    let report = list(&stage, "");
    assert_eq!(report["not_manageable"], json!(["*", "Acme Corp", "stats"]));
    let text = stage
        .command("customers")
        .env("ALECS_CUSTOMER", "")
        .run()
        .with(0);
    assert!(
        text.stderr.contains("not manageable") && text.stderr.contains("Acme Corp"),
        "{}",
        text.stderr
    );
}

#[test]
fn a_cache_without_keys_and_a_home_without_a_file_are_an_empty_list() {
    let stage = Stage::new(small());
    let run = stage.command("customers -o json").env("ALECS_CUSTOMER", "");
    let report = run
        .env("AKAMAI_EDGERC", "/nonexistent")
        .run()
        .with(0)
        .json();
    assert_eq!(report["customers"], json!([]));
}
