//! `warm --check`: compares the cache with the API and writes nothing.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, row, small};
use serde_json::{Value, json};
use std::time::Duration;

/// Returns the server's content without TTLs.
fn contents(stage: &Stage) -> Vec<(String, String)> {
    let dump = |key: &String| {
        let kind: String = stage.server.ask(&["TYPE", key]);
        let words = match kind.as_str() {
            "hash" => vec!["HGETALL", key],
            "list" => vec!["LRANGE", key, "0", "-1"],
            "zset" => vec!["ZRANGE", key, "0", "-1", "WITHSCORES"],
            "stream" => vec!["XLEN", key],
            _ => vec!["GET", key],
        };
        format!("{:?}", stage.server.ask::<redis::Value>(&words))
    };
    let keys = stage.keys().into_iter();
    keys.map(|key| (key.clone(), dump(&key))).collect()
}

/// Returns what is wrong: state, key without the customer, item.
fn wrong(report: &Value) -> Vec<String> {
    let all = report["checked"].as_array().unwrap().iter();
    all.map(|one| {
        let key = one["key"]
            .as_str()
            .unwrap()
            .strip_prefix("akamai:acme:")
            .unwrap();
        let item = one["item"].as_str().map(|item| format!(" {item}"));
        let state = one["state"].as_str().unwrap();
        format!("{state} {key}{}", item.unwrap_or_default())
    })
    .collect()
}

/// Returns the report of a check that exits with this code.
#[track_caller]
fn check(stage: &Stage, line: &str, code: i32) -> Value {
    stage
        .run(&format!("warm --check -o json {line}"))
        .with(code)
        .json()
}

#[test]
fn a_warm_cache_is_what_the_api_has_and_a_reader_may_find_that_out() {
    let settings = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let settings = std::fs::read_to_string(settings).unwrap();
    let line = "ACL SETUSER alecs-read on >PASSWORD ";
    let rules = settings.lines().find_map(|text| text.strip_prefix(line));
    let reader: Vec<&str> = ["--user", "reader", "on", ">hunter2"]
        .into_iter()
        .chain(rules.unwrap().split(' '))
        .collect();
    let stage = Stage::on(Server::start(Kind::Valkey, &reader), small());
    stage.warm("--all");
    let before = contents(&stage);
    let all = stage.data().len();
    for line in ["--all", "prp_100000 www-1.s1.example.com --all"] {
        let ended = stage
            .command(&format!("warm --check -o json {line}"))
            .env("VALKEYCLI_USER", "reader")
            .env("VALKEYCLI_AUTH", "hunter2")
            .run()
            .with(0);
        assert_eq!(ended.stderr, "", "{line}");
        let report = ended.json();
        assert_eq!(report["checked"], json!([]), "{line}");
        assert_eq!(report["complete"], true);
        assert_eq!(report["generation"], Value::Null);
        if line == "--all" {
            assert_eq!(report["compared"], all, "{report}");
        }
    }
    // The cache does not change, even if it is cold or the check fails.
    stage.run("warm --check --budget 2").with(9);
    stage.run("warm --check prp_9").with(5);
    stage.run("warm --check prp_9 prp_100000").with(7);
    assert_eq!(contents(&stage), before);
    stage.empty();
    let report = check(&stage, "", 6);
    assert!(wrong(&report).contains(&"missing hostnames".to_owned()));
    assert!(wrong(&report).iter().all(|one| one.starts_with("missing ")));
    assert_eq!(stage.keys(), Vec::<String>::new());
}

#[test]
fn what_differs_is_missing_or_gone_is_reported_by_key_and_item() {
    let stage = Stage::new(small());
    stage.warm("");
    let lost = stage.json("akamai:acme:property:prp_100003:hostnames");
    let lost = lost[0]["cnameFrom"].as_str().unwrap().to_owned();
    let left = "prp_100001";
    stage.api.edit(|account| {
        account.remove_property("prp_100003");
        account.property_mut("prp_100001").unwrap().latest += 1;
        account.add_hostname("new.example.com", "prp_100002");
    });
    let pass: i64 = stage
        .server
        .ask(&["EXPIRE", &format!("akamai:acme:property:{left}"), "500"]);
    assert_eq!(pass, 1);
    stage.delete("akamai:acme:property:prp_100002");
    let before = contents(&stage);
    let report = check(&stage, "", 6);
    let mut expected: Vec<String> = [
        "differs property:prp_100001",
        "missing property:prp_100002",
        "ghost property:prp_100003",
        "ghost property:prp_100003:hostnames",
        "missing property:prp_100002:hostnames new.example.com",
        "differs properties:all prp_100001",
        "ghost properties:all prp_100003",
        "missing hostname:new.example.com",
        "missing hostnames new.example.com",
    ]
    .map(str::to_owned)
    .into();
    expected.push(format!("ghost hostname:{lost}"));
    expected.push(format!("ghost hostnames {lost}"));
    // The hostnames of a changed property embed it.
    let embedding = wrong(&report);
    let (own, embedding): (Vec<String>, Vec<String>) = embedding
        .into_iter()
        .partition(|one| !one.contains(".s1.example.com") || one.ends_with(&lost));
    let mut own = own;
    own.sort();
    expected.sort();
    assert_eq!(own, expected);
    assert!(!embedding.is_empty());
    assert!(
        embedding.iter().all(|one| one.starts_with("differs host")),
        "{embedding:?}"
    );
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(row(&report, "details")["removed"], 0);
    assert_eq!(contents(&stage), before);
    let told = stage.run("warm --check").with(6);
    let first = told.stdout.lines().next().unwrap();
    assert!(
        first.starts_with("acme is not cached as Akamai has it: "),
        "{first}"
    );
    assert!(first.contains(" ghosts; "), "{first}");
    assert!(told.stderr.contains(" differences from Akamai among "));
    // A warm run does not remove what others stored.
    assert!(told.stderr.contains("`invalidate` removes"));
    assert_eq!(check(&stage, "", 6)["checked"], report["checked"]);
    let first = &report["checked"].as_array().unwrap()[..1];
    assert_eq!(check(&stage, "--limit 1", 6)["checked"], json!(first));
    // A warm run repairs everything.
    stage.warm("--force");
    assert_eq!(wrong(&check(&stage, "", 0)), Vec::<String>::new());
}

#[test]
fn a_job_after_an_activation_compares_its_property_alone() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage.json("akamai:acme:property:prp_100001:hostnames")[0]["cnameFrom"]
        .as_str()
        .unwrap()
        .to_owned();
    stage.api.edit(|account| {
        account.property_mut("prp_100000").unwrap().latest += 1;
        account.property_mut("prp_100001").unwrap().latest += 1;
    });
    for named in ["prp_100001", &host] {
        let report = check(&stage, named, 6);
        let expected = [
            format!("differs hostname:{host}"),
            "differs properties:all prp_100001".into(),
            "differs property:prp_100001".into(),
        ];
        let wrong = wrong(&report);
        for one in expected {
            assert!(wrong.contains(&one), "{one}: {wrong:?}");
        }
        assert!(
            !wrong.iter().any(|one| one.contains("prp_100000")),
            "{wrong:?}"
        );
    }
    stage.warm("prp_100001");
    check(&stage, "prp_100001", 0);
    check(&stage, "prp_100000", 6);
    // A property that is gone is a ghost as long as a part of it is cached.
    stage
        .api
        .edit(|account| account.remove_property("prp_100001"));
    let gone = wrong(&check(&stage, "prp_100001", 6));
    for one in [
        "ghost property:prp_100001".to_owned(),
        "ghost property:prp_100001:hostnames".into(),
        "ghost properties:all prp_100001".into(),
        format!("ghost hostname:{host}"),
        format!("ghost hostnames {host}"),
    ] {
        assert!(gone.contains(&one), "{one}: {gone:?}");
    }
    // That nobody serves a host name is an answer as well.
    let report = check(&stage, &host, 6);
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(report["errors"], json!([]));
    assert_eq!(wrong(&report), gone);
    stage.run("warm prp_100001").with(5);
    for named in ["prp_100001", &host] {
        let report = check(&stage, named, 5);
        assert_eq!(report["checked"], json!([]), "{named}");
    }
    // Of this host name only the hash tells, and not who serves it.
    let _: i64 = stage
        .server
        .ask(&["HSET", "akamai:acme:hostnames", &host, "{}"]);
    let report = check(&stage, &host, 6);
    assert_eq!(report["complete"], true, "{report}");
    assert_eq!(wrong(&report), [format!("ghost hostnames {host}")]);
}

#[test]
fn what_could_not_be_compared_is_reported_and_goes_before_what_differs() {
    let account = Account::new(2)
        .regular()
        .groups(3)
        .contracts(1)
        .properties(6)
        .hostnames(6);
    let group = account.groups[1].id.clone();
    let stage = Stage::new(account);
    stage.warm("");
    stage.api.edit(|account| {
        account.forbidden.push(group.clone());
        account.property_mut("prp_100000").unwrap().name = "renamed".into();
    });
    let report = check(&stage, "", 7);
    assert_eq!(report["complete"], false);
    assert!(
        report["errors"][0]["id"]
            .as_str()
            .unwrap()
            .ends_with(&group)
    );
    let wrong = wrong(&report);
    assert!(wrong.contains(&"differs property:prp_100000".to_owned()));
    // Nothing is reported about what could not be read.
    assert!(!wrong.iter().any(|one| one.starts_with("ghost")));
    assert!(!wrong.iter().any(|one| one.contains("prp_100001")));
    // The last line says why.
    let ended = stage.run("warm --check").with(7);
    let last = ended
        .stderr
        .lines()
        .rfind(|line| line.starts_with("error: "));
    let last = last.unwrap_or_else(|| panic!("{}", ended.stderr));
    let begin = "error: 1 item could not be compared, the first: properties ";
    assert!(last.starts_with(begin) && last.contains(&group), "{last}");
    let first = ended.stdout.lines().next().unwrap();
    assert!(
        first.starts_with("acme is NOT completely compared with Akamai: "),
        "{first}"
    );
}

#[test]
fn several_customers_are_compared_and_what_it_asked_can_be_recorded() {
    let stage = Stage::new(small());
    stage.api.serve("beta", small().with_id("act_beta"));
    let all = |line: &str| {
        let run = stage.command(&format!("{line} --all-customers -o json"));
        run.env("ALECS_CUSTOMER", "").run()
    };
    all("warm").with(0);
    let ended = all("warm --check --record both.ndjson").with(0);
    let report = ended.json();
    assert_eq!(report["compared"], stage.data().len(), "{report}");
    stage.server_writes("akamai:beta:property:prp_100000", "{}");
    for line in ["warm --check", "warm --check --from both.ndjson"] {
        let report = all(line).with(6).json();
        let expected = json!([{
            "customer": "beta", "key": "akamai:beta:property:prp_100000", "item": null, "state": "differs",
        }]);
        assert_eq!(report["checked"], expected, "{line}");
    }
    // Skipped resources are not compared.
    all("warm --check --skip details").with(0);
    stage.delete("akamai:acme:hostnames");
    all("warm --check --skip details").with(6);
    all("warm --check --skip details,hostnames").with(0);
    // If one customer cannot be read, the other is still compared.
    stage.api.fault("token-of-beta", usize::MAX, Fault::Hang);
    // Without a budget it would be asked for half a minute.
    let plan = stage.warm("--check --skip hostnames --dry-run");
    let budget = plan["planned_calls"].as_u64().unwrap() + 1;
    let ended = all(&format!(
        "warm --check --skip hostnames --akamai-timeout 1s --budget {budget}"
    ));
    assert_eq!(ended.json()["errors"][0]["customer"], "beta");
    assert_eq!(
        ended.json()["compared"].as_u64().map(|keys| keys > 4),
        Some(true)
    );
    assert_eq!(ended.code(), 11, "{}", ended.stderr);
}

#[test]
fn groups_that_were_never_readable_hide_no_ghosts_and_make_none() {
    let mut account = small();
    let group = account.groups[1].id.clone();
    account.forbidden.push(group);
    let hidden = account.property("prp_100001").unwrap();
    let hidden = (hidden.contract.clone(), hidden.group.clone());
    let stage = Stage::new(account);
    stage.warm("");
    let (contract, group) = hidden;
    let item = |id: &str, group: &str| json!({"propertyId": id, "propertyName": id, "contractId": contract, "groupId": group});
    for (id, group) in [("prp_100001", group.as_str()), ("prp_7", "grp_10000")] {
        let key = format!("akamai:acme:property:{id}");
        let value = item(id, group).to_string();
        let _: String = stage.server.ask(&["SET", &key, &value, "EX", "500"]);
    }
    let report = check(&stage, "", 6);
    assert_eq!(wrong(&report), ["ghost property:prp_7"]);
    assert_eq!(report["complete"], true);
}

#[test]
fn a_recording_is_compared_without_calls_and_a_plan_predicts_them() {
    let stage = Stage::new(small());
    for line in ["", "--only hostnames", "--all"] {
        let plan = stage.warm(&format!("--check --dry-run {line}"));
        let report = stage.run(&format!("warm --check -o json {line}")).json();
        assert_eq!(plan["planned_calls"], report["api_calls"], "{line}: {plan}");
    }
    stage.warm("--all --record account.ndjson");
    for line in ["", "prp_100000", "--only hostnames", "--all"] {
        let plan = stage.warm(&format!("--check --dry-run {line}"));
        let report = check(&stage, line, 0);
        assert_eq!(plan["planned_calls"], report["api_calls"], "{line}: {plan}");
    }
    stage
        .api
        .edit(|account| account.property_mut("prp_100000").unwrap().latest += 1);
    let seen = stage.api.seen().len();
    let report = check(&stage, "--all --from account.ndjson", 0);
    assert_eq!(report["api_calls"], 0);
    assert_eq!(stage.api.seen().len(), seen);
    stage.warm("--force");
    let report = check(&stage, "--from account.ndjson", 6);
    assert!(wrong(&report).contains(&"differs property:prp_100000".to_owned()));
}

#[test]
fn what_others_store_while_it_goes_on_is_asked_for_again() {
    let stage = Stage::new(small());
    stage.warm("");
    let id = "prp_100000";
    stage
        .api
        .edit(|account| account.property_mut(id).unwrap().latest += 1);
    // The list predates the change, which is cached meanwhile.
    stage
        .api
        .fault("/groups", 1, Fault::Slow(Duration::from_secs(1)));
    stage.api.fault("/properties?", 2, Fault::Twist(before));
    stage.api.take_seen();
    let running = stage
        .command("warm --check -o json --only properties,details")
        .spawn();
    wait_for("the groups are asked for", || {
        (stage.api.calls("/groups") > 0).then_some(())
    });
    let mut newer = Vec::new();
    for key in ["property:prp_100000", "properties:all"] {
        let key = format!("akamai:acme:{key}");
        let mut value = stage.json(&key);
        match value.as_array_mut() {
            Some(all) => all
                .iter_mut()
                .filter(|one| one["propertyId"] == id)
                .for_each(after),
            None => after(&mut value),
        }
        newer.push((key, value.to_string()));
    }
    // No list that the run has asked for has it yet.
    let new = "akamai:acme:property:prp_777";
    newer.push((new.to_owned(), json!({"propertyId": "prp_777"}).to_string()));
    // Repeated until the run continues, so that it is long after its start.
    wait_for("the groups are answered", || {
        for (key, value) in &newer {
            let time = if key.ends_with(":all") { "300" } else { "900" };
            let _: String = stage.server.ask(&["SET", key, value, "EX", time]);
        }
        let seen = stage.api.seen().into_iter();
        let mut groups = seen.filter(|seen| seen.path_and_query.contains("/groups"));
        groups.any(|seen| seen.status == 200).then_some(())
    });
    let report = running.wait().with(0).json();
    assert_eq!(wrong(&report), Vec::<String>::new());
    stage.delete(new);
    // What was cached before the run is not requested again.
    stage.api.fault("/properties?", 2, Fault::Twist(before));
    stage.api.take_seen();
    let report = check(&stage, "--only properties,details", 6);
    let expected = [
        "differs properties:all prp_100000",
        "differs property:prp_100000",
    ];
    assert_eq!(wrong(&report), expected);
    assert_eq!(stage.api.calls("/properties/"), 0);
}

/// Returns a list of properties from before one was changed.
fn before(mut list: Value) -> Value {
    let items = list["properties"]["items"].as_array_mut().unwrap();
    for item in items
        .iter_mut()
        .filter(|item| item["propertyId"] == "prp_100000")
    {
        item["latestVersion"] = json!(item["latestVersion"].as_u64().unwrap() - 1);
    }
    list
}

fn after(item: &mut Value) {
    item["latestVersion"] = json!(item["latestVersion"].as_u64().unwrap() + 1);
}

#[test]
fn options_that_write_or_leave_out_are_refused_with_it() {
    let stage = Stage::new(small());
    for option in [
        "--force",
        "--keep",
        "--every 3m",
        "--refresh-below 10",
        "--jitter 5",
        "--from-misses",
        "--resume",
    ] {
        stage.run(&format!("warm --check {option}")).with(2);
    }
    // A check may also run while a warm run holds the lock.
    stage.warm("");
    let lock = "akamai:acme:warm:lock";
    let _: String = stage.server.ask(&["SET", lock, "1", "EX", "30"]);
    check(&stage, "", 0);
}

#[test]
fn a_property_that_the_cached_list_has_twice_keeps_its_host_names_and_is_reported() {
    let key = "akamai:acme:properties:all";
    let stage = Stage::new(small());
    stage.warm("");
    let hosts = |stage: &Stage| stage.json("akamai:acme:property:prp_100000:hostnames");
    let before = hosts(&stage);
    assert_ne!(before, json!([]));
    let mut list = stage.json(key);
    let first = list[0].clone();
    assert_eq!(first["propertyId"], "prp_100000");
    list.as_array_mut().unwrap().push(first);
    let left = stage.left(key).to_string();
    let _: String = stage
        .server
        .ask(&["SET", key, &list.to_string(), "EX", &left]);
    let report = check(&stage, "", 6);
    assert_eq!(wrong(&report), ["differs properties:all prp_100000"]);
    let gone = stage.keys().into_iter();
    for gone in gone.filter(|key| key.contains(":hostname:")) {
        stage.delete(&gone);
    }
    stage.run("warm").with(0);
    assert_eq!(hosts(&stage), before);
    stage.run("warm prp_100000").with(0);
    check(&stage, "", 0);
}
