//! `search`: a cached value that may be stale denies nothing.

use crate::search::{kinds, related, warmed};
use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn results_of_before_an_invalidation_are_not_kept() {
    let account = small();
    let name = account.hostnames[0].name.clone();
    let stage = Stage::new(account);
    stage
        .api
        .fault("/search/", 1, Fault::Slow(Duration::from_millis(600)));
    let run = stage.command(&format!("search -o json {name}")).spawn();
    wait_for("the call", || {
        (stage.api.calls("/search/") == 1).then_some(())
    });
    let (seconds, micros): (u64, u64) = stage.server.ask(&["TIME"]);
    let now = (seconds * 1000 + micros / 1000).to_string();
    let _: i64 = stage
        .server
        .ask(&["ZADD", "akamai:acme:invalidated", &now, "prp_5"]);
    run.wait().with(0);
    assert_eq!(stage.get(&format!("akamai:acme:search:{name}")), None);
}

#[test]
fn a_search_that_finds_a_property_in_another_group_shows_and_stores_its_new_form() {
    let mut account = small();
    account.hostnames.clear();
    for name in ["example.com", "www.example.com"] {
        account.add_hostname(name, "prp_100001");
    }
    let contract = account.property("prp_100001").unwrap().contract.clone();
    let stage = Stage::new(account);
    stage.warm("");
    // The host name without `www.` stays cached.
    for key in [
        "hostname:www.example.com",
        "hostnames",
        "property:prp_100001:hostnames",
    ] {
        stage.delete(&format!("akamai:acme:{key}"));
    }
    let former = stage.json("akamai:acme:property:prp_100001")["groupId"].clone();
    let groups = small().groups;
    let group = groups.iter().find(|group| former != *group.id).unwrap();
    stage
        .api
        .edit(|account| account.move_property("prp_100001", &contract, &group.id));
    let report = stage.search("www.example.com");
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        assert_eq!(result["property"]["groupId"], *group.id, "{report}");
    }
    for key in [
        "property:prp_100001",
        "hostname:www.example.com",
        "search:www.example.com",
    ] {
        let stored = stage.json(&format!("akamai:acme:{key}")).to_string();
        let named = format!(r#""groupId":"{}""#, group.id);
        assert!(stored.contains(&named), "{stored}");
        assert!(!stored.contains(&former.to_string()), "{stored}");
    }
}

#[test]
fn a_host_name_that_was_invalidated_is_asked_for_and_not_denied() {
    let stage = warmed();
    for line in [
        "www.example.com",
        "www.example.com --cascade",
        "prp_100001 --cascade",
    ] {
        stage.run(&format!("invalidate {line}")).with(0);
        let report = stage.search("www.example.com");
        assert_eq!(
            kinds(&report)[0],
            ("exact_hostname", "prp_100001"),
            "{line}"
        );
        stage.empty();
        stage.warm("--force");
    }
}

#[test]
fn a_hash_that_is_served_as_stale_denies_nothing_that_was_invalidated() {
    let stage = Stage::new(related());
    stage.home.config("stale_for = \"1h\"\n");
    stage.warm("");
    stage.run("invalidate www.example.com").with(0);
    let report = stage.search("www.example.com");
    assert_eq!(kinds(&report)[0], ("exact_hostname", "prp_100001"));
}

#[test]
fn a_host_name_of_a_property_that_changed_is_asked_for_and_not_denied() {
    let item = "akamai:acme:property:prp_100001";
    let left = |stage: &Stage, key: &str, life: &str| {
        let _: i64 = stage.server.ask(&["PEXPIRE", key, life]);
    };
    for (line, key, life) in [
        ("property prp_100001", item, "0"),
        ("property prp_100001", item, "60000"),
        ("properties", "akamai:acme:properties:all", "0"),
    ] {
        let stage = warmed();
        stage.api.edit(|account| account.properties[1].latest += 1);
        left(&stage, key, life);
        stage.run(&format!("get {line}")).with(0);
        let calls = stage.api.seen().len();
        let report = stage.search("www.example.com");
        assert_eq!(kinds(&report)[0], ("exact_hostname", "prp_100001"));
        assert!(stage.api.seen().len() > calls, "{line} {life}");
        stage.warm("");
        let hash = "akamai:acme:hostnames";
        let field: Option<String> = stage.server.ask(&["HGET", hash, "www.example.com"]);
        assert!(field.is_some(), "{line} {life}: the next run fetches it");
    }
}

#[test]
fn a_host_name_that_an_incomplete_run_did_not_fetch_is_asked_for_and_not_denied() {
    let body = json!({"title": "Limit", "limitKey": "K"}).to_string();
    let account = Account::new(3).regular().groups(1).contracts(1);
    for (line, refused, hosts) in [
        ("", "offset=999", 1_100),
        ("--hostnames version", "/properties/prp_100002/versions", 8),
    ] {
        let account = account.clone().properties(4).hostnames(hosts);
        let stage = Stage::new(account.clone());
        let limited = Fault::Status(429, vec![], body.clone());
        stage.api.fault(refused, 9, limited);
        stage.run(&format!("warm {line}")).with(7);
        stage.api.heal();
        let field = |name: &str| -> Option<String> {
            stage.server.ask(&["HGET", "akamai:acme:hostnames", name])
        };
        let mut names = account.hostnames.iter().map(|host| &host.name);
        let missing = names.rfind(|name| field(name).is_none()).unwrap();
        let report = stage.search(missing);
        assert_eq!(report["total"], 1, "{missing}: {report}");
        stage.warm(line);
        assert!(field(missing).is_some(), "the next run fetches it");
    }
}

#[test]
fn a_host_name_of_which_only_the_hash_is_left_is_asked_for_and_not_denied() {
    let stage = warmed();
    stage.delete("akamai:acme:hostname:www.example.com");
    let report = stage.search("www.example.com");
    assert_eq!(kinds(&report)[0], ("exact_hostname", "prp_100001"));
}

#[test]
fn a_host_name_that_moved_away_from_a_property_warmed_by_name_is_asked_for_and_not_denied() {
    let list = "akamai:acme:property:prp_100001:hostnames";
    for (line, forgets) in [
        ("prp_100001", false),
        ("prp_100001", true),
        ("prp_100001 prp_100002", false),
        ("prp_100001 --only hostnames", false),
        ("left.test", false),
    ] {
        let mut account = related();
        account.add_hostname("left.test", "prp_100001");
        let stage = Stage::new(account);
        stage.warm("");
        stage.api.edit(|account| {
            account.remove_hostname("www.example.com");
            account.add_hostname("www.example.com", "prp_100000");
        });
        if forgets {
            stage.delete(list);
        }
        stage.warm(line);
        let calls = stage.api.seen().len();
        stage.search("never.example.com");
        let asked = stage.api.seen().len() > calls;
        assert_eq!(asked, forgets, "{line}");
        let report = stage.search("www.example.com");
        let first = kinds(&report)[0];
        assert_eq!(first, ("exact_hostname", "prp_100000"), "{line}: {report}");
    }
}

#[test]
fn only_a_host_name_that_was_invalidated_is_asked_for() {
    let stage = Stage::new(related());
    stage.warm("");
    stage
        .command("invalidate www.example.com --yes")
        .run()
        .with(0);
    let calls = stage.api.seen().len();
    stage.search("never.example.com");
    assert_eq!(stage.api.seen().len(), calls);
    let report = stage.search("www.example.com");
    assert_eq!(kinds(&report)[0].0, "exact_hostname", "{report}");
}

#[test]
fn a_hash_written_whole_after_a_property_was_deleted_denies_names_at_once() {
    let stage = Stage::new(small());
    stage.warm("");
    stage
        .api
        .edit(|account| account.remove_property("prp_100001"));
    stage.warm("--force");
    assert_eq!(stage.get("akamai:acme:property:prp_100001"), None);
    let calls = stage.api.seen().len();
    for name in ["no-such.example.com", "nor-this.example.com"] {
        assert_eq!(stage.search(name)["total"], 0);
    }
    assert_eq!(stage.api.seen().len(), calls, "no call asks for them");
    // A run by name has not looked for the host names where they are now.
    stage
        .api
        .edit(|account| account.remove_property("prp_100002"));
    stage.run("warm prp_100002").with(5);
    let calls = stage.api.seen().len();
    assert_eq!(stage.search("no-such.example.com")["total"], 0);
    assert!(stage.api.seen().len() > calls);
}

#[test]
fn what_a_failed_group_has_is_not_denied() {
    let account = small();
    let name = account.hostnames[0].name.clone();
    let owner = account.hostnames[0].property.clone();
    let property = account.property(&owner).unwrap().name.clone();
    let stage = Stage::new(account);
    let group = format!("groupId={}", stage.group_of(&owner));
    let fault = Fault::Status(501, vec![], "{}".into());
    stage.api.fault(&group, 99, fault);
    stage.run("warm -q").with(7);
    stage.api.heal();
    let id = |found: &Value| found["results"][0]["property"]["propertyId"].clone();
    let found = stage.search(&name);
    assert_eq!(id(&found), owner.as_str(), "{found}");
    let found = stage.search(&property);
    assert_eq!(id(&found), owner.as_str(), "{found}");
    let found = stage.search("no-such-property");
    assert_eq!(
        (&found["total"], &found["incomplete"]),
        (&json!(0), &json!(true))
    );

    // Once the group has answered, nothing is missing any more.
    stage.warm("");
    let calls = stage.api.seen().len();
    let found = stage.search("no.such.example");
    assert_eq!(
        (&found["total"], &found["incomplete"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(stage.api.seen().len(), calls);
}
