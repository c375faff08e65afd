//! Properties that change, move or disappear while a run of the whole account makes the calls for each alone.

use crate::invalidate::hosts_of;
use crate::support::account::{Account, Hostname, PAGE};
use crate::support::akamai::Fault;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

const PRP: &str = "prp_100001";

impl Stage {
    /// Warms, and changes the account after a matching call has been answered. Returns the report.
    #[track_caller]
    fn warm_beside(&self, line: &str, call: &str, change: impl FnOnce(&mut Account)) -> Value {
        self.api.take_seen();
        self.api.fault(call, 1, Fault::Held);
        let line = format!("warm --all --concurrency 1 -o json {line}");
        let run = self.command(&line).spawn();
        wait_for("the call", || (self.api.calls(call) > 0).then_some(()));
        self.api.edit(change);
        self.api.heal();
        let report = run.wait().with(0).json();
        assert_eq!(report["complete"], true, "{report}");
        report
    }

    /// Returns the keys with one of these texts in their name or value, without bookkeeping.
    fn with_any(&self, texts: &[String]) -> Vec<String> {
        let has = |text: &str| texts.iter().any(|one| text.contains(one.as_str()));
        let fields: Vec<String> = self.server.ask(&["HGETALL", "akamai:acme:hostnames"]);
        let mut keys = self.data();
        keys.retain(|key| {
            let value = match key.as_str() {
                "akamai:acme:hostnames" => Some(fields.concat()),
                _ => self.server.try_ask(&["GET", key]).ok(),
            };
            has(key) || value.is_some_and(|value: String| has(&value))
        });
        keys
    }

    fn versions_in_host_keys(&self) -> Vec<u64> {
        let keys = self.data().into_iter();
        let keys = keys.filter(|key| {
            key.starts_with("akamai:acme:hostname:") && key != "akamai:acme:hostname:map"
        });
        let values = keys.map(|key| self.json(&key)["property"].clone());
        let own = values.filter(|property| property["propertyId"] == PRP);
        own.map(|property| property["latestVersion"].as_u64().unwrap())
            .collect()
    }
}

fn latest(account: &Account) -> u32 {
    account.property(PRP).unwrap().latest
}

/// The call for the rules of the property.
fn rules() -> String {
    format!("/properties/{PRP}/versions/{}/rules", latest(&small()))
}

#[test]
fn a_property_that_is_deleted_meanwhile_leaves_nothing() {
    for cold in [true, false] {
        let stage = Stage::new(small());
        let mut own: Vec<String> = vec![PRP.to_owned()];
        let hosts = small().hostnames.into_iter();
        own.extend(
            hosts
                .filter(|host| host.property == PRP)
                .map(|host| host.name),
        );
        assert!(own.len() > 1);
        if !cold {
            stage.warm("--all");
        }
        stage.warm_beside("--force", &rules(), |account| {
            account.remove_property(PRP);
        });
        assert_eq!(stage.with_any(&own), Vec::<String>::new(), "cold: {cold}");
        for made in ["properties:all", "properties:tree", "hostname:map"] {
            assert!(
                stage.get(&format!("akamai:acme:{made}")).is_some(),
                "{made}"
            );
        }
    }
}

#[test]
fn a_host_name_of_a_property_that_is_deleted_meanwhile_goes_to_another_that_has_it() {
    const NAME: &str = "shared.example.com";
    for cold in [true, false] {
        let mut account = small();
        account.add_hostname(NAME, PRP);
        account.hostnames.push(Hostname {
            name: NAME.to_owned(),
            property: "prp_100002".to_owned(),
            staging: true,
            production: false,
            split: false,
        });
        let stage = Stage::new(account);
        if !cold {
            stage.warm("--all");
        }
        stage.warm_beside("--force", &rules(), |account| {
            account.remove_property(PRP);
        });
        let key = stage.json(&format!("akamai:acme:hostname:{NAME}"));
        assert_eq!(key["property"]["propertyId"], "prp_100002");
        let field: String = stage.server.ask(&["HGET", "akamai:acme:hostnames", NAME]);
        assert!(field.contains("prp_100002"), "{field}");
        let map = stage.json("akamai:acme:hostname:map");
        assert_eq!(map[NAME]["property"]["propertyId"], "prp_100002");
        assert!(hosts_of(&stage, "prp_100002").contains(&NAME.to_owned()));
        assert_eq!(stage.with_any(&[PRP.to_owned()]), Vec::<String>::new());
    }
}

/// Moves the property to the group of another.
fn move_away(account: &mut Account) {
    let own = account.property(PRP).unwrap().clone();
    let mut others = account.properties.iter();
    let other = others.find(|other| other.group != own.group).unwrap();
    let (contract, group) = (other.contract.clone(), other.group.clone());
    account.move_property(PRP, &contract, &group);
}

#[test]
fn a_property_that_moves_meanwhile_is_fetched_from_where_it_is() {
    let mut account = small();
    account.misplaced = 404;
    let stage = Stage::new(account);
    stage.warm_beside("", "/papi/v1/hostnames", move_away);
    let mut moved = small();
    move_away(&mut moved);
    let group = moved.property(PRP).unwrap().group.clone();
    assert_eq!(
        stage.json(&format!("akamai:acme:property:{PRP}"))["groupId"],
        *group
    );
    for host in hosts_of(&stage, PRP) {
        let value = stage.json(&format!("akamai:acme:hostname:{host}"));
        assert_eq!(value["property"]["groupId"], *group);
    }
    for below in [
        format!("rules:v{}", latest(&moved)),
        "activations".to_owned(),
    ] {
        let key = format!("akamai:acme:property:{PRP}:{below}");
        assert!(stage.get(&key).is_some(), "{key}");
    }
}

#[test]
fn a_property_that_moved_before_a_continued_run_and_changes_during_it_is_fetched_whole() {
    let before = latest(&small());
    let edit = |account: &mut Account| account.property_mut(PRP).unwrap().latest += 1;
    let stage = Stage::new(small());
    stage.warm("--all");
    stage.api.edit(edit);
    for key in ["properties:all", "hostnames"] {
        stage.delete(&format!("akamai:acme:{key}"));
    }
    stage.killed_at("/papi/v1/hostnames");
    stage.api.edit(move_away);
    let activations = format!("/properties/{PRP}/activations");
    stage.warm_beside("--resume", &activations, edit);
    let item = stage.json(&format!("akamai:acme:property:{PRP}"));
    assert_eq!(item["latestVersion"], before + 2);
    let versions: Vec<String> = stage.server.ask(&[
        "LRANGE",
        &format!("akamai:acme:property:{PRP}:versions"),
        "0",
        "-1",
    ]);
    assert_eq!(versions.first(), Some(&format!("v{}", before + 2)));
    let rules = format!("akamai:acme:property:{PRP}:rules:v{}", before + 2);
    assert!(stage.get(&rules).is_some());
    let embedded = stage.versions_in_host_keys();
    let newest = u64::from(before) + 2;
    assert!(!embedded.is_empty() && embedded.iter().all(|version| *version == newest));
}

#[test]
fn a_property_that_moves_to_a_group_that_was_read_is_found_although_another_may_not_be_read() {
    let mut account = Account::new(1).regular().groups(3).contracts(1);
    account = account.properties(6).hostnames(9);
    let [to, from, refused] = [0, 1, 2].map(|at| account.groups[at].id.clone());
    account.forbidden.push(refused);
    let mut all = account.properties.iter();
    let moved = all.find(|one| one.group == from).unwrap().clone();
    let stage = Stage::new(account);
    let report = stage.warm_beside("", &format!("groupId={to}"), |account| {
        account.move_property(&moved.id, &moved.contract, &to);
    });
    assert_ne!(report["unreadable"], json!([]));
    let list = stage.get("akamai:acme:properties:all").unwrap();
    assert!(list.contains(&moved.id), "{list}");
    assert!(!hosts_of(&stage, &moved.id).is_empty());
    assert_eq!(stage.warm("")["api_calls"], 0);
}

#[test]
fn a_property_whose_host_name_is_on_no_page_is_asked_for_it() {
    const NAME: &str = "shifted.example.com";
    let mut account = Account::new(1).regular().groups(1).contracts(1);
    account = account.properties(5).hostnames(PAGE + 50);
    account.add_property("prp_200000", "shifted");
    account.add_hostname(NAME, "prp_200000");
    let own = account.hostnames.pop().unwrap();
    account.hostnames.insert(PAGE, own);
    let ids = account.properties.iter().map(|one| one.id.as_str());
    let ids = ids.collect::<Vec<_>>().join(" ");
    for named in ["", &ids] {
        let stage = Stage::new(account.clone());
        stage.warm_beside(named, "/papi/v1/hostnames", |account| {
            account.hostnames.remove(0);
            account.add_hostname("new.example.com", PRP);
        });
        assert_eq!(hosts_of(&stage, "prp_200000"), [NAME], "{named}");
        let key = stage.json(&format!("akamai:acme:hostname:{NAME}"));
        assert_eq!(key["property"]["propertyId"], "prp_200000");
    }
}
