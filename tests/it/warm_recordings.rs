//! `warm --record` and `warm --from`.

use crate::support::stage::{Stage, row, small};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_recording_fills_another_cache_without_credentials() {
    let stage = Stage::new(small());
    stage.warm("--record account.ndjson");
    let recording = std::fs::read_to_string(stage.home.path().join("account.ndjson")).unwrap();
    for secret in ["EG1-HMAC", "client_token", "akab-"] {
        assert!(!recording.contains(secret), "{secret}");
    }
    let first = stage.snapshot();
    stage.empty();
    let calls = stage.api.seen().len();
    let from = || {
        stage
            .home
            .command("warm -o json --from account.ndjson")
            .env("ALECS_CACHE_URL", stage.url())
            .env("ALECS_CUSTOMER", "acme")
    };
    let report = from().run().with(0).json();
    assert_eq!(report["api_calls"], 0);
    assert_eq!(stage.api.seen().len(), calls);
    assert_eq!(stage.snapshot(), first);
    // The groups are read again to identify the account, and still count as one key.
    let again = from().run().with(0).json();
    let groups = row(&again, "groups");
    let touched = (&groups["stored"], &groups["kept"]);
    assert_eq!(touched, (&json!(1), &json!(0)), "{again}");

    stage.empty();
    let piped = stage
        .home
        .command("warm -o json --from -")
        .stdin(recording.clone())
        .env("ALECS_CACHE_URL", stage.url())
        .env("ALECS_CUSTOMER", "acme")
        .run()
        .with(0);
    assert_eq!(piped.json()["complete"], true);
    assert_eq!(stage.snapshot(), first);

    // As an editor on Windows saves it.
    let edited = format!("\u{feff}{}", recording.replace('\n', "\r\n"));
    std::fs::write(stage.home.path().join("account.ndjson"), &edited).unwrap();
    for source in ["account.ndjson", "-"] {
        stage.empty();
        let run = stage.home.command(&format!("warm -o json --from {source}"));
        let run = run.stdin(edited.clone()).env("ALECS_CUSTOMER", "acme");
        let ended = run.env("ALECS_CACHE_URL", stage.url()).run();
        assert_eq!(ended.with(0).json()["complete"], true, "{source}");
        assert_eq!(stage.snapshot(), first, "{source}");
    }

    // For a customer that is not in the recording, nothing is written.
    stage.empty();
    let other = from().env("ALECS_CUSTOMER", "beta").run();
    assert_ne!(other.code(), 0);
    assert_eq!(stage.keys(), Vec::<String>::new());
}

#[test]
fn a_recording_of_the_account_fills_a_single_property() {
    let stage = Stage::new(small());
    stage.warm("--record account.ndjson");
    let key = "akamai:acme:property:prp_100000:hostnames";
    let before = stage.get(key);
    assert!(before.is_some());
    stage.empty();
    let calls = stage.api.seen().len();
    let report = stage.warm("prp_100000 --from account.ndjson");
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(stage.api.seen().len(), calls);
    assert_eq!(stage.get(key), before);
    let ended = stage
        .run("warm prp_100000 --hostnames version --force --from account.ndjson -o json")
        .with(7);
    assert_eq!(ended.json()["errors"][0]["code"], "recording");
}

#[test]
fn a_recording_of_host_names_that_a_warm_cache_knew_fills_an_empty_one() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let names: Vec<String> = stage.server.ask(&["HKEYS", "akamai:acme:hostnames"]);
    for part in ["rules", "versions", "activations", "hostnames"] {
        for names in [&names[..1], &names[..2], &names[..]] {
            let line = format!("--only {part} --force {}", names.join(" "));
            let recorded = stage.warm(&format!("{line} --record hosts.ndjson"));
            let fetched = &row(&recorded, part)["fetched"];
            stage.empty();
            let replayed = stage.warm(&format!("{line} --from hosts.ndjson"));
            assert_eq!(&row(&replayed, part)["fetched"], fetched, "{line}");
            stage.warm("--all");
        }
    }
    let other = "warm prp_100000 --only rules --from hosts.ndjson -o json";
    let error = stage.run(other).with(7).error();
    let message = error["message"].as_str().unwrap();
    let lacks =
        "the recording `hosts.ndjson` has no answer to `GET /papi/v1/properties/prp_100000/";
    assert!(message.starts_with(lacks), "{message}");
    let hint =
        "pass the options of the run that it records, or record these with `warm --force --record`";
    assert_eq!(error["hint"], hint);
}

impl Stage {
    /// Returns every string in the cache.
    fn snapshot(&self) -> Vec<(String, Option<String>)> {
        let strings = self.keys().into_iter().filter(|key| {
            let kind: String = self.server.ask(&["TYPE", key]);
            kind == "string"
        });
        strings.map(|key| (key.clone(), self.get(&key))).collect()
    }
}

#[test]
fn a_recording_that_cannot_be_written_ends_the_run_at_once() {
    let stage = Stage::new(small());
    let absent = stage.run("warm --record /nosuch/x -o json").with(1).error();
    assert_eq!(
        absent["hint"],
        "check that its folder exists and that this user may write in it"
    );
    let ended = stage.run("warm --record /dev/full -o json").with(1);
    assert_eq!(
        ended.error()["hint"],
        "free disk space, or record to another file"
    );
    assert_eq!(stage.api.seen().len(), 1, "no quota is spent in vain");
    let message = ended.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("/dev/full"), "{message}");
}

#[test]
fn a_recording_takes_its_place_only_when_it_is_whole() {
    let stage = Stage::new(small());
    let file = stage.home.path().join("account.ndjson");
    let text = || std::fs::read_to_string(&file).ok();
    // Not if the run ends early, is refused, or only plans.
    stage.run("warm --record account.ndjson --budget 3").with(9);
    assert_eq!(text(), None);
    stage.empty();
    let holder = json!({"token": "t", "host": "h", "pid": 1, "since": 0}).to_string();
    let lock = "akamai:acme:warm:lock";
    let _: String = stage.server.ask(&["SET", lock, &holder, "PX", "60000"]);
    stage.run("warm --record account.ndjson").with(8);
    assert_eq!(text(), None);
    stage.empty();
    stage.run("warm --record account.ndjson --dry-run").with(2);
    assert_eq!(text(), None);

    stage.warm("--record account.ndjson");
    let good = text().unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // If nothing is fetched, there is nothing to record.
    let ended = stage.run("warm --record account.ndjson").with(0);
    ended.says("--force");
    assert_eq!(text().unwrap(), good);
    stage
        .run("warm --force --record account.ndjson --budget 3")
        .with(9);
    assert_eq!(text().unwrap(), good);
    // What is fresh is not fetched, and the recording lacks it.
    let contracts = "akamai:acme:account:contracts";
    stage.delete(contracts);
    let ended = stage.run("warm --record part.ndjson").with(0);
    ended.says("--force");
    let ended = stage.run("warm --force --record part.ndjson").with(0);
    assert_eq!(ended.stderr, "");
    stage.warm("--force --only groups --record account.ndjson");
    assert_eq!(text().unwrap().lines().count(), 1);
    let left = std::fs::read_dir(stage.home.path()).unwrap();
    let names: Vec<String> = left
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        !names.iter().any(|name| name.starts_with(".tmp")),
        "{names:?}"
    );
}

#[test]
fn an_endless_stream_that_is_no_recording_is_refused_at_its_first_line() {
    let stage = Stage::new(small());
    for (device, reason) in [
        (
            "/dev/zero",
            "line 1 of the recording `/dev/zero` is longer than 65 MiB",
        ),
        (
            "/dev/urandom",
            "line 1 of the recording `/dev/urandom` is not an answer",
        ),
    ] {
        let ended = stage.run(&format!("warm --from {device}")).with(3);
        ended.says(reason);
    }
}

#[test]
fn a_recording_that_fills_a_cache_again_removes_nothing() {
    let stage = Stage::new(small());
    stage.warm("--record account.ndjson");
    stage.empty();
    let from = "--from account.ndjson";
    stage.warm(from);
    let server = ["search:www.example.com", "properties:all:all:50"];
    let server = server.map(|key| format!("akamai:acme:{key}"));
    for _ in 0..2 {
        for key in &server {
            stage.server_writes(key, "[]");
        }
        let report = stage.warm(from);
        let removed = report["resources"].as_array().unwrap();
        assert!(removed.iter().all(|row| row["removed"] == 0), "{report}");
        for key in &server {
            assert!(stage.get(key).is_some(), "{key}");
        }
    }
    // What is remembered of a replay finds changes as well.
    stage.delete("akamai:acme:properties:all");
    stage.api.edit(|account| account.properties[0].latest += 1);
    stage.warm("");
    assert_eq!(stage.get(&server[0]), None);
}
