//! `warm` with an API that fails in part, returns false data, or limits calls.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::stage::{Stage, row, small};
use serde_json::{Value, json};

#[test]
fn an_inconsistent_list_of_hostnames_is_not_taken_as_complete() {
    let mut account = Account::new(2)
        .regular()
        .groups(1)
        .contracts(1)
        .properties(3)
        .hostnames(50);
    account.claimed_total = Some(60);
    let stage = Stage::new(account);
    let ended = stage.run("warm -o json").with(7);
    let report = ended.json();
    assert_eq!(report["complete"], false);
    assert_eq!(report["errors"][0]["resource"], "hostnames");
    assert_eq!(report["errors"][0]["code"], "malformed");
    assert_eq!(ended.error()["exit"], 7);
    assert!(
        stage
            .get("akamai:acme:property:prp_100000:hostnames")
            .is_none(),
        "a list that may lack names is not stored"
    );
}

#[test]
fn a_group_that_fails_keeps_its_entries_of_the_former_list() {
    let stage = Stage::new(small());
    stage.warm("");
    let forbidden = stage.group_of("prp_100000");
    stage
        .api
        .edit(|account| account.forbidden.push(forbidden.clone()));
    let report = stage.run("warm --force -o json").with(7).json();
    assert_eq!(report["complete"], false);
    assert_eq!(report["errors"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["errors"][0]["code"], "denied");
    assert_eq!(row(&report, "properties")["failed"], 1);
    let all = stage.json("akamai:acme:properties:all");
    assert_eq!(all.as_array().unwrap().len(), 4, "the former entries stay");

    // Without a former list the shorter one is stored, and the run is incomplete.
    stage.delete("akamai:acme:properties:all");
    stage.run("warm --force -o json").with(7);
    let all = stage.json("akamai:acme:properties:all");
    assert!(all.as_array().unwrap().len() < 4);
}

impl Stage {
    pub fn group_of(&self, id: &str) -> String {
        let mut group = String::new();
        self.api
            .edit(|account| group = account.property(id).unwrap().group.clone());
        group
    }
}

#[test]
fn a_run_that_did_nothing_reports_its_reason_and_no_partial_success() {
    let stage = Stage::new(small());
    let refused = || Fault::Status(403, vec![], "{}".into());
    stage
        .api
        .fault("/papi/v1/properties/prp_100000", 1, refused());
    let ended = stage.run("warm prp_100000 -o json").with(4);
    assert_eq!(ended.error()["code"], "denied");
    assert_eq!(ended.json()["errors"][0]["code"], "denied");
    stage.api.fault("/papi/v1/contracts", 1, refused());
    stage.run("warm --only contracts").with(4);
    stage.api.fault("/papi/v1/contracts", 1, refused());
    stage.run("warm --only contracts,groups").with(7);
}

#[test]
fn a_budget_that_is_used_up_ends_with_9_and_no_further_call() {
    let stage = Stage::new(small());
    let ended = stage.run("warm --budget 2 -o json").with(9);
    assert_eq!(stage.api.seen().len(), 2);
    assert_eq!(ended.json()["complete"], false);
    assert_eq!(ended.error()["exit"], 9);
    assert!(
        stage.get("akamai:acme:warm:lock").is_none(),
        "the lock is released"
    );
}

#[test]
fn a_budget_spent_on_an_api_out_of_reach_ends_with_10() {
    let stage = Stage::new(small());
    stage.api.fault("/papi/v1/", 99, Fault::Reset);
    let ended = stage.run("warm --budget 2 -o json").with(10);
    assert_eq!(ended.error()["code"], "network");
}

#[test]
fn each_api_fault_has_its_own_exit_code() {
    let html = || "<html><body>\u{1b}[31mBad Gateway</body></html>".to_owned();
    for (fault, code, exit) in [
        (
            Fault::Status(
                401,
                vec![],
                "{\"type\":\"pep-authn\",\"title\":\"Bad credentials\"}".into(),
            ),
            "denied",
            4,
        ),
        (
            Fault::Status(400, vec![], "{\"detail\":\"Invalid timestamp\"}".into()),
            "denied",
            4,
        ),
        (
            Fault::Status(400, vec![], "{\"detail\":\"IPBLOCK-BURST\"}".into()),
            "rate_limited",
            9,
        ),
        (Fault::Status(501, vec![], html()), "partial", 7),
        (Fault::Cut, "partial", 7),
    ] {
        let stage = Stage::new(small());
        stage.api.fault("/papi/v1/properties?", 99, fault);
        let ended = stage.run("warm -o json").with(exit);
        assert_eq!(ended.error()["code"], code);
        assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
        assert!(
            stage.get("akamai:acme:properties:all").is_none(),
            "nobody answered for the list"
        );
        assert_eq!(ended.json()["complete"], false);
    }
}

#[test]
fn an_absurd_wait_is_no_panic() {
    let stage = Stage::new(small());
    let headers = vec![("Retry-After", u64::MAX.to_string())];
    stage.api.fault(
        "/papi/v1/groups",
        1,
        Fault::Status(429, headers, "{}".into()),
    );
    stage.run("warm --force -o json").with(9);
}

#[test]
fn calls_in_flight_when_the_budget_ends_are_stored() {
    let stage = Stage::new(small());
    stage.run("warm --budget 3 -o json").with(9);
    // Two calls for contracts and groups, one for a list of properties.
    assert_eq!(stage.api.calls("/papi/v1/properties?"), 1);
    let keys = stage.keys();
    let stored = keys
        .iter()
        .filter(|key| key.starts_with("akamai:acme:property:"));
    assert_eq!(stored.count(), 2, "{keys:?}");
    assert!(
        stage.get("akamai:acme:properties:all").is_none(),
        "a list of a part would be taken for all"
    );
}

#[test]
fn a_resource_limit_affects_only_its_resource() {
    let stage = Stage::new(small());
    let body = json!({"title": "Limit", "detail": "too many", "limitKey": "GROUP"}).to_string();
    let limited = Fault::Status(429, vec![], body);
    stage.api.fault("/papi/v1/properties?", 1, limited);
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(report["errors"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["errors"][0]["code"], "rate_limited");
    assert_eq!(stage.api.seen().len(), small().crawl_calls(), "no retry");
    assert_eq!(row(&report, "details")["stored"], 2);
}

fn without_id(mut body: Value) -> Value {
    body["properties"]["items"][0]["propertyId"] = Value::Null;
    body
}

#[test]
fn an_unreadable_item_affects_only_itself() {
    let stage = Stage::new(small());
    stage
        .api
        .fault("/papi/v1/properties?", 1, Fault::Twist(without_id));
    let report = stage
        .run("warm -o json --only properties,details")
        .with(7)
        .json();
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{report}");
    assert_eq!(errors[0]["code"], "malformed");
    let message = errors[0]["message"].as_str().unwrap();
    assert!(
        message.contains("without `propertyId`, at place 1"),
        "{message}"
    );
    assert_eq!(row(&report, "details")["stored"], 3);

    let stage = Stage::new(small());
    stage
        .api
        .fault("/papi/v1/hostnames", 1, Fault::without_property());
    let report = stage.run("warm -o json").with(7).json();
    assert_eq!(report["errors"].as_array().unwrap().len(), 1, "{report}");
    let fields: i64 = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
    assert_eq!(fields, 5);
    assert_eq!(row(&report, "hostnames")["stored"], 4 + 5 + 1);
}

#[test]
fn a_property_newer_than_the_list_is_fetched_with_its_host_names() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.api.edit(|account| {
        account.add_property("prp_200000", "new");
        account.add_hostname("new.example.com", "prp_200000");
    });
    stage.delete("akamai:acme:hostnames");
    let report = stage.warm("");
    assert_eq!(report["complete"], true);
    assert_eq!(report["api_calls"], 2, "a page and the property: {report}");
    let value = stage.json("akamai:acme:hostname:new.example.com");
    assert_eq!(value["property"]["propertyName"], "new");
    assert!(stage.get("akamai:acme:property:prp_200000").is_some());
    assert!(
        stage
            .get("akamai:acme:property:prp_200000:hostnames")
            .is_some()
    );
    let list = stage.json("akamai:acme:properties:all");
    assert_eq!(list.as_array().unwrap().len(), 5);
    // If there are more than pairs, all pairs are requested again.
    stage.api.edit(|account| {
        for id in ["prp_200001", "prp_200002", "prp_200003"] {
            account.add_property(id, id);
            account.add_hostname(&format!("{id}.example.com"), id);
        }
    });
    stage.delete("akamai:acme:hostnames");
    let report = stage.warm("");
    assert_eq!(report["complete"], true);
    assert_eq!(report["api_calls"], 3, "{report}");
    let list = stage.json("akamai:acme:properties:all");
    assert_eq!(list.as_array().unwrap().len(), 8);
}

#[test]
fn an_account_that_has_lost_all_its_host_names_has_no_hash() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.api.edit(|account| account.hostnames.clear());
    let report = stage.warm("--force");
    assert_eq!(report["complete"], true);
    // Each name with its key and its field.
    assert_eq!(row(&report, "hostnames")["removed"], 12, "{report}");
    let there: i64 = stage.server.ask(&["EXISTS", "akamai:acme:hostnames"]);
    assert_eq!(there, 0);
    assert_eq!(stage.warm("")["api_calls"], 0);
}

#[test]
fn a_host_name_of_a_property_that_may_not_be_seen_keeps_its_field() {
    let stage = Stage::new(small());
    stage.warm("");
    let hidden = stage.group_of("prp_100001");
    stage.api.edit(|account| account.forbidden.push(hidden));
    stage.delete("akamai:acme:properties:all");
    stage.run("warm --force -o json").with(7);
    let fields: i64 = stage.server.ask(&["HLEN", "akamai:acme:hostnames"]);
    assert_eq!(fields, 6);
}

#[test]
fn of_several_customers_each_error_and_row_names_its_own() {
    let stage = Stage::new(small());
    let other = Account::new(3)
        .regular()
        .groups(1)
        .contracts(1)
        .properties(2)
        .hostnames(2);
    stage.api.serve("beta", other);
    let ended = stage.run("warm -c acme -c beta -c gamma -o json").with(7);
    let report = ended.json();
    assert_eq!(report["customers"], json!(["acme", "beta", "gamma"]));
    assert_eq!(report["complete"], false);
    let errors = report["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{report}");
    assert_eq!(errors[0]["customer"], "gamma");
    assert_eq!(
        (&errors[0]["resource"], &errors[0]["code"]),
        (&Value::Null, &json!("config"))
    );
    let message = ended.error()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("warming `gamma`: "), "{message}");
    for row in report["resources"].as_array().unwrap() {
        assert!(
            ["acme", "beta"].contains(&row["customer"].as_str().unwrap()),
            "{row}"
        );
    }
    // A run that did nothing ends with its cause's code.
    stage.empty();
    let denied = Fault::Status(401, vec![], "{}".into());
    stage.api.fault("/papi/v1", 99, denied);
    for line in ["-c acme -c beta", "-c acme -c gamma", "-c gamma -c acme"] {
        let ended = stage.run(&format!("warm {line} -o json")).with(4);
        assert_eq!(ended.error()["code"], "denied", "{line}");
    }
    stage.api.heal();
    // All customers share the budget.
    let ended = stage.run("warm -c acme -c beta --budget 7 -o json").with(9);
    assert_eq!(ended.json()["errors"][0]["customer"], "beta");
    assert!(
        ended.error()["message"]
            .as_str()
            .unwrap()
            .starts_with("warming `beta`: ")
    );
    let planned = stage.warm("-c acme -c beta --dry-run");
    assert!(planned["resources"][0]["customer"].is_string(), "{planned}");
}

#[test]
fn the_last_line_of_json_has_the_message_and_hint_of_the_first_failure() {
    let stage = Stage::new(small());
    let error = stage.run("warm prp_9 prp_8 -o json").with(5).error();
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("prp_") && message.ends_with("(and 1 more)"),
        "{error}"
    );
    assert!(error["hint"].is_string(), "{error}");
    let page = Fault::Status(200, vec![], "<html>login</html>".into());
    stage.api.fault("/papi/v1/properties?", 1, page);
    let error = stage.run("warm -o json").with(7).error();
    let hint = error["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("look for a proxy"), "{error}");
}

#[test]
fn a_property_whose_host_names_fail_does_not_cost_the_others_their_lists() {
    let stage = Stage::new(small());
    let refused = Fault::Status(403, vec![], "{}".into());
    stage.api.fault("/prp_100001/versions", 1, refused);
    let report = stage.run("warm --hostnames version -o json").with(7).json();
    assert_eq!(report["errors"].as_array().unwrap().len(), 1, "{report}");
    for id in ["prp_100000", "prp_100002", "prp_100003"] {
        let key = format!("akamai:acme:property:{id}:hostnames");
        assert!(stage.get(&key).is_some(), "{key}");
    }
    // The next run fetches only what is missing.
    let report = stage.warm("--hostnames version");
    assert_eq!(report["api_calls"], 1, "{report}");
}

fn redirected() -> Fault {
    let headers = vec![("Location", "http://127.0.0.1:1/papi/v1/groups".to_owned())];
    Fault::Status(302, headers, String::new())
}

#[test]
fn a_redirect_is_not_followed() {
    let stage = Stage::new(small());
    stage.api.fault("/papi/v1/groups", 9, redirected());
    let ended = stage.run("warm --only groups -o json").with(1);
    let error = ended.error();
    assert!(error["message"].as_str().unwrap().contains("302"));
    assert!(error["hint"].is_string(), "{error}");
    assert_eq!(stage.api.calls("/papi/v1/groups"), 1);
    // Without the groups the account is unknown.
    stage.run("warm").with(1);
    assert_eq!(stage.data(), Vec::<String>::new());
}
