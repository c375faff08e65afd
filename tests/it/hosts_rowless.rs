//! Active properties without a row in the list of all host names: those that had some are asked for them, and keep them
//! where they may not be read.

use crate::support::account::{Account, Hostname};
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use serde_json::Value;
use std::cell::RefCell;

const HASH: &str = "akamai:acme:hostnames";
const PRP: &str = "prp_100000";

fn list_of(id: &str) -> String {
    format!("akamai:acme:property:{id}:hostnames")
}

/// Returns the host names of `PRP` in the account.
fn names(account: &Account) -> Vec<String> {
    let own = account.hostnames.iter().filter(|host| host.property == PRP);
    let names: Vec<String> = own.map(|host| host.name.clone()).collect();
    assert!(!names.is_empty());
    names
}

impl Stage {
    /// Everything that is cached about host names.
    fn hosts(&self) -> Vec<Option<String>> {
        let mut keys = self.keys();
        keys.retain(|key| key.contains("hostname:") || key.ends_with(":hostnames"));
        keys.retain(|key| key != HASH);
        let values = keys.iter().map(|key| self.get(key));
        let mut all: Vec<Option<String>> = values.collect();
        let mut fields: Vec<String> = self.server.ask(&["HKEYS", HASH]);
        fields.sort();
        all.extend(keys.iter().chain(&fields).cloned().map(Some));
        all
    }

    /// Lets the group of `PRP` be refused, and its rows be missing.
    fn forbid_group_of_prp(&self) {
        self.api.edit(|account| {
            let group = account.property(PRP).map(|one| one.group.clone());
            let group = group.unwrap_or_default();
            let all = account.properties.clone();
            let own = |id: &str| all.iter().any(|one| one.id == id && one.group == group);
            account.hostnames.retain(|host| !own(&host.property));
            account.forbidden.push(group);
        });
    }

    /// Warms all, and changes the account once the last list of properties has been answered.
    fn warm_with_change(&self, change: impl FnOnce(&mut Account)) -> Value {
        let call = "groupId=grp_10001";
        self.api.take_seen();
        self.api.fault(call, 1, Fault::Held);
        let run = self.command("warm --force --concurrency 1 -o json").spawn();
        wait_for("the list", || (self.api.calls(call) > 0).then_some(()));
        self.api.edit(change);
        self.api.heal();
        let ended = run.wait();
        ended.json()
    }
}

#[test]
fn the_host_names_of_a_group_that_may_not_be_read_any_more_stay() {
    let stage = Stage::new(small());
    stage.warm("");
    let before = stage.hosts();
    stage.forbid_group_of_prp();
    // A run that asks for the list of host names alone learns of it from the property; the next ones ask the pair.
    for line in ["", "--force", "", "--force --only hostnames"] {
        stage.delete(HASH);
        let report = stage.run(&format!("warm -o json {line}")).with(7).json();
        assert_eq!(report["complete"], false, "{line}: {report}");
        let errors = report["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{line}: {report}");
        assert_eq!(errors[0]["code"], "denied", "{line}: {report}");
        assert!(errors[0]["id"].as_str().unwrap().contains("/grp_"));
        assert_eq!(stage.hosts(), before, "{line}");
        assert_eq!(
            stage.left(HASH),
            stage.left(&list_of("prp_100001")),
            "{line}"
        );
    }
    let name = &names(&small())[0];
    let found = stage.run(&format!("search {name} -o json")).with(0).json();
    assert_eq!(found["results"][0]["property"]["propertyId"], PRP);
    stage.api.edit(|account| *account = small());
    assert_eq!(stage.warm("--force")["complete"], true);
    assert_eq!(stage.hosts(), before);
}

#[test]
fn a_run_that_is_not_complete_removes_what_a_property_has_lost_and_no_other_serves() {
    const LOSER: &str = "prp_100001";
    let host = |name: &str| format!("akamai:acme:hostname:{name}");
    for (line, refused, hashed) in [
        ("--force", true, true),
        ("--force", true, false),
        ("--force --only details,hostnames,rules", false, true),
    ] {
        let mut account = small();
        for name in ["lost.example.com", "moved.example.com", "kept.example.com"] {
            account.add_hostname(name, LOSER);
        }
        let stage = Stage::new(account);
        stage.warm("");
        stage.api.edit(|account| {
            account.remove_hostname("lost.example.com");
            account.remove_hostname("moved.example.com");
            account.add_hostname("moved.example.com", "prp_100003");
        });
        if refused {
            stage.forbid_group_of_prp();
        } else {
            let fault = Fault::Status(501, vec![], "{}".into());
            stage.api.fault("/rules", usize::MAX, fault);
        }
        if !hashed {
            stage.delete(HASH);
        }
        let case = format!("{line} {refused} {hashed}");
        stage.run(&format!("warm {line}")).with(7);
        assert_eq!(stage.get(&host("lost.example.com")), None, "{case}");
        let field: Option<String> = stage.server.ask(&["HGET", HASH, "lost.example.com"]);
        assert_eq!(field, None, "{case}");
        let moved = stage.get(&host("moved.example.com")).unwrap();
        assert!(moved.contains("prp_100003"), "{case}: {moved}");
        let kept = stage.get(&host("kept.example.com")).unwrap();
        assert!(kept.contains(LOSER), "{case}: {kept}");
        for name in names(&small()) {
            assert!(stage.get(&host(&name)).is_some(), "{case}: {name}");
        }
    }
}

#[test]
fn a_property_that_is_gone_once_the_host_names_are_listed_leaves_no_empty_list() {
    let stage = Stage::new(small());
    stage.warm("");
    let report = stage.warm_with_change(|account| account.remove_property(PRP));
    assert_eq!(report["complete"], true, "{report}");
    let keys = stage.keys().into_iter();
    let left: Vec<String> = keys.filter(|key| key.contains(PRP)).collect();
    assert_eq!(left, [""; 0]);
    for name in names(&small()) {
        assert_eq!(stage.get(&format!("akamai:acme:hostname:{name}")), None);
    }
    assert_eq!(stage.listed(), 3);
}

#[test]
fn a_property_that_has_no_host_name_any_more_costs_a_call_and_gets_an_empty_list() {
    let stage = Stage::new(small());
    stage.warm("");
    stage
        .api
        .edit(|account| account.hostnames.retain(|host| host.property != PRP));
    for calls in [1, 0] {
        stage.delete(HASH);
        stage.api.take_seen();
        stage.warm("");
        assert_eq!(stage.api.calls("/properties/prp_100000/versions/"), calls);
        assert_eq!(stage.get(&list_of(PRP)).as_deref(), Some("[]"));
    }
}

#[test]
fn of_many_properties_that_lost_their_host_names_some_are_asked_and_the_list_is_right_about_the_others()
 {
    let account = Account::new(1).regular().groups(2).contracts(1);
    let stage = Stage::new(account.properties(50).hostnames(50));
    stage.warm("");
    let empty = || {
        let lists = (0..50).map(|at| stage.get(&list_of(&format!("prp_{}", 100_000 + at))));
        lists.filter(|list| list.as_deref() == Some("[]")).count()
    };
    let all = RefCell::new(Vec::new());
    let clear = |account: &mut Account| drop(all.replace(std::mem::take(&mut account.hostnames)));
    stage.api.edit(clear);
    stage.api.take_seen();
    assert_eq!(stage.warm("--force")["complete"], true);
    assert_eq!(stage.api.calls("/versions/"), 20);
    assert_eq!(empty(), 50);
    stage.api.edit(|account| account.hostnames = all.take());
    stage.warm("--force");
    assert_eq!(empty(), 0);
    // Of a pair that may not be read all keep theirs, also those that were not asked.
    stage.forbid_group_of_prp();
    stage.api.edit(|account| account.hostnames.clear());
    stage.delete(HASH);
    stage.run("warm").with(7);
    assert_eq!(empty(), 25);
}

#[test]
fn named_properties_that_the_list_of_host_names_lacks_are_asked_for_theirs() {
    asks_for_host_names_that_the_list_lacks("warm", true);
    asks_for_host_names_that_the_list_lacks("get hostnames", false);
}

fn asks_for_host_names_that_the_list_lacks(line: &str, cached: bool) {
    let account = Account::new(1).regular().groups(1).contracts(1);
    let stage = Stage::new(account.properties(8).hostnames(8));
    let ids: Vec<String> = (0..8).map(|at| format!("prp_{}", 100_000 + at)).collect();
    stage.warm("");
    let before = stage.hosts();
    for id in ids.iter().filter(|_| !cached) {
        stage.delete(&list_of(id));
    }
    stage.api.take_seen();
    let call = "/papi/v1/hostnames?";
    stage.api.fault(call, 1, Fault::Held);
    let rows = RefCell::new(Vec::new());
    stage.api.edit(|account| {
        let own = |host: &mut Hostname| host.property == PRP;
        let own: Vec<Hostname> = account.hostnames.extract_if(.., own).collect();
        rows.replace(own);
    });
    let run = stage.command(&format!("{line} {}", ids.join(" "))).spawn();
    let asked = || (stage.api.calls(call) > 0).then_some(());
    wait_for("the call", asked);
    stage
        .api
        .edit(|account| account.hostnames.extend(rows.take()));
    stage.api.heal();
    run.wait().with(0);
    assert_eq!(stage.hosts(), before, "{line}");
}
