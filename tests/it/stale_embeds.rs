//! A changed property makes other keys stale too: searches, lists and details that embed it.

use crate::invalidate::hosts_of;
use crate::support::account::changes::Network;
use crate::support::stage::{Stage, row, small};
use serde_json::json;

pub const PRP: &str = "prp_100001";
const LIST: &str = "akamai:acme:properties:all:all:50";
const MAP: &str = "akamai:acme:hostname:map";

/// The ALECS server's side: what it writes to the cache and reads from it.
pub struct Embedding<'a> {
    stage: &'a Stage,
    pub name: String,
    pub host: String,
}

impl<'a> Embedding<'a> {
    /// Writes the keys as if clients had requested the property in every way.
    pub fn asked(stage: &'a Stage) -> Self {
        let item = stage.json(&format!("akamai:acme:property:{PRP}"));
        let name = item["propertyName"].as_str().unwrap().to_owned();
        let host = hosts_of(stage, PRP)[0].clone();
        let server = Self { stage, name, host };
        for key in server.embedding() {
            let result = if key.contains(":search:") {
                json!([{"property": item, "hostnames": []}])
            } else {
                json!({"content": [{"type": "text", "text": item.to_string()}]})
            };
            stage.server_writes(&key, &result.to_string());
        }
        server
    }

    /// Returns the keys for this property that only the server writes.
    fn embedding(&self) -> Vec<String> {
        let search = |query: &str| format!("akamai:acme:search:{query}");
        let details = |typed: &str| format!("akamai:acme:property:{typed}:details");
        let number = PRP.trim_start_matches("prp_");
        vec![
            search(&self.host),
            search(&self.name.to_lowercase()),
            search(PRP),
            details(PRP),
            details(number),
            details(&self.name),
            details(&self.name.to_uppercase()),
            LIST.to_owned(),
            "akamai:acme:properties:ctr_1:grp_1:100".to_owned(),
        ]
    }

    pub fn cached(&self) -> Vec<String> {
        let there = |key: &String| self.stage.get(key).is_some();
        self.embedding().into_iter().filter(there).collect()
    }

    /// Returns the server's answer to a search for a hostname: its cached result, otherwise the hostname's key.
    /// `None` means that it asks the API.
    fn search_host(&self, host: &str) -> Option<String> {
        self.stage
            .get(&format!("akamai:acme:search:{host}"))
            .or_else(|| self.stage.get(&format!("akamai:acme:hostname:{host}")))
    }

    /// Returns the keys whose values mention the text.
    pub fn says(&self, text: &str) -> Vec<String> {
        let said = |key: &String| {
            let kind: String = self.stage.server.ask(&["TYPE", key]);
            let value = match kind.as_str() {
                "string" => self.stage.get(key).unwrap_or_default(),
                "hash" => {
                    let all: Vec<String> = self.stage.server.ask(&["HVALS", key]);
                    all.join(" ")
                }
                _ => String::new(),
            };
            value.contains(text)
        };
        self.stage.keys().into_iter().filter(said).collect()
    }
}

/// Activates a version with another hostname than before.
pub fn activate(stage: &Stage, host: &str) {
    stage.api.change(|account, now| {
        let version = account.draft(PRP, now);
        account.activate(PRP, Network::Production, version, now);
        account.property_mut(PRP).unwrap().name = "renamed".into();
        account.remove_hostname(host);
        account.add_hostname("new.example.com", PRP);
    });
}

#[test]
fn after_either_recipe_the_server_sees_the_new_version_everywhere() {
    for recipe in [
        "warm prp_100001",
        "invalidate prp_100001 --cascade --refill",
        "invalidate prp_100001 --refill",
        "warm --force",
    ] {
        let stage = Stage::new(small());
        stage.warm("--only contracts,groups,properties,details,hostnames,map");
        let server = Embedding::asked(&stage);
        assert_eq!(server.says("renamed"), Vec::<String>::new());
        activate(&stage, &server.host);
        stage.run(recipe).with(0);
        assert_eq!(server.cached(), Vec::<String>::new(), "{recipe}");
        let search = server.search_host("new.example.com").unwrap();
        assert!(search.contains("renamed"), "{recipe}: {search}");
        // Full runs leave keys that are no longer listed to the sweep of generations.
        if recipe != "warm --force" {
            assert_eq!(server.search_host(&server.host), None, "{recipe}");
            let old = format!(r#""propertyName":"{}""#, server.name);
            assert_eq!(server.says(&old), Vec::<String>::new(), "{recipe}");
        }
        let list = stage.json("akamai:acme:properties:all");
        assert_eq!(list.as_array().unwrap().len(), 4, "{recipe}");
        assert!(list.to_string().contains("renamed"), "{recipe}");
        let item = stage.json(&format!("akamai:acme:property:{PRP}"));
        assert_eq!(item["propertyName"], "renamed", "{recipe}");
    }
}

#[test]
fn a_run_that_finds_nothing_changed_removes_nothing() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let server = Embedding::asked(&stage);
    // The server stores the same items in another order, with more fields of each hostname.
    let key = format!("akamai:acme:property:{PRP}:hostnames");
    let mut hosts = stage.json(&key);
    for host in hosts.as_array_mut().unwrap() {
        host["certStatus"] = json!({"production": []});
    }
    stage.server_writes(&key, &hosts.to_string());
    let before = stage.data();
    for line in [
        "warm --force",
        "warm prp_100001",
        "warm --force --only properties",
    ] {
        stage.run(line).with(0);
        assert_eq!(server.cached(), server.embedding(), "{line}");
        assert_eq!(stage.data(), before, "{line}");
    }
}

#[test]
fn what_embeds_other_properties_by_their_names_stays() {
    let stage = Stage::new(small());
    stage.warm("");
    let server = Embedding::asked(&stage);
    let other = stage.json("akamai:acme:property:prp_100002");
    let other = other["propertyName"].as_str().unwrap();
    let kept = [
        format!("akamai:acme:property:{other}:details"),
        "akamai:acme:property:prp_100002:details".to_owned(),
        format!("akamai:beta:property:{}:details", server.name),
        "akamai:beta:search:x".to_owned(),
        "akamai:acme:groups:Main".to_owned(),
    ];
    for key in &kept {
        stage.server_writes(key, "{}");
    }
    activate(&stage, &server.host);
    let report = stage.warm(PRP);
    assert_eq!(server.cached(), Vec::<String>::new());
    for key in &kept {
        assert!(stage.get(key).is_some(), "{key}");
    }
    let removed = row(&report, "search")["removed"].as_u64().unwrap();
    assert_eq!(removed, server.embedding().len() as u64, "{report}");
}

#[test]
fn a_change_of_host_names_alone_removes_searches_and_the_map() {
    let stage = Stage::new(small());
    stage.warm("--only contracts,groups,properties,details,hostnames,map");
    let server = Embedding::asked(&stage);
    stage
        .api
        .edit(|account| account.add_hostname("more.example.com", PRP));
    stage.warm("--only hostnames --force");
    assert_eq!(server.cached(), Vec::<String>::new());
    assert_eq!(stage.get(MAP), None);
}

#[test]
fn a_list_alone_that_has_changed_and_a_property_that_is_not_listed_any_more_count_as_changes() {
    let stage = Stage::new(small());
    stage.warm("--only properties");
    let search = "akamai:acme:search:anything";
    let by_name = "akamai:acme:property:Renamed:details";
    let change = |change: &dyn Fn(&Stage)| {
        stage.server_writes(search, "[]");
        stage.server_writes(LIST, "{}");
        stage.server_writes(by_name, "{}");
        change(&stage);
        stage.warm("--only properties --force");
        (stage.get(search), stage.get(LIST))
    };
    let unchanged = change(&|_| {});
    assert_eq!(unchanged, (Some("[]".into()), Some("{}".into())));
    let renamed = change(&|stage| {
        stage
            .api
            .edit(|account| account.property_mut(PRP).unwrap().name = "renamed".into());
    });
    assert_eq!((renamed, stage.get(by_name)), ((None, None), None));
    let lost = change(&|stage| stage.api.edit(|account| account.remove_property(PRP)));
    assert_eq!((lost, stage.get(by_name)), ((None, None), None));
}

#[test]
fn a_list_that_has_changed_leaves_no_former_item_and_no_former_host_names() {
    for line in [
        "warm --only properties --force",
        "warm --only details --force",
        "warm --only versions prp_100001",
        "get properties --no-record",
    ] {
        let stage = Stage::new(small());
        stage.warm("");
        let server = Embedding::asked(&stage);
        let others = hosts_of(&stage, "prp_100002");
        activate(&stage, &server.host);
        let old = format!(r#""propertyName":"{}""#, server.name);
        assert!(!server.says(&old).is_empty());
        if line.starts_with("get") {
            let list = "akamai:acme:properties:all";
            stage.expire(list, 20);
        }
        stage.run(line).with(0);
        let list = "akamai:acme:properties:all".to_owned();
        let mut said = server.says(&old);
        // The run did not request it; the next one will.
        said.retain(|key| *key != list || !line.contains("details"));
        assert_eq!(said, Vec::<String>::new(), "{line}");
        for host in others {
            let key = format!("akamai:acme:hostname:{host}");
            assert!(stage.get(&key).is_some(), "{line}: {key}");
        }
    }
}

#[test]
fn what_nothing_says_to_have_changed_keeps_its_host_names() {
    let stage = Stage::new(small());
    stage.warm("");
    let hosts = hosts_of(&stage, PRP);
    let before = stage.data();
    let expired = format!("akamai:acme:property:{PRP}");
    for line in [
        "warm --only details --force",
        "warm --only properties,details",
        "get property prp_100001",
    ] {
        stage.delete(&expired);
        // Only a note changed.
        stage
            .api
            .edit(|account| account.property_mut("prp_100002").unwrap().terse = true);
        stage.run(line).with(0);
        let mut now = stage.data();
        now.retain(|key| before.contains(key));
        assert_eq!(now, before, "{line}");
        for host in &hosts {
            let field: bool = stage
                .server
                .ask(&["HEXISTS", "akamai:acme:hostnames", host]);
            assert!(field, "{line}: {host}");
        }
    }
}

#[test]
fn a_property_whose_own_key_has_merely_expired_is_compared_with_the_list() {
    let search = "akamai:acme:search:anything";
    for line in [
        "warm prp_100001",
        "warm --skip hostnames",
        "warm --only details --force",
    ] {
        let stage = Stage::new(small());
        stage.warm("");
        let expires = || {
            stage.server_writes(search, "[]");
            stage.delete(&format!("akamai:acme:property:{PRP}"));
        };
        expires();
        stage.run(line).with(0);
        assert!(stage.get(search).is_some(), "{line}: nothing has changed");
        expires();
        stage.api.change(|account, now| {
            let version = account.draft(PRP, now);
            account.activate(PRP, Network::Production, version, now);
            account.property_mut(PRP).unwrap().name = "renamed".into();
        });
        stage.run(line).with(0);
        assert_eq!(stage.get(search), None, "{line}");
    }
}

#[test]
fn a_first_run_removes_what_embeds_any_property_and_reads_nothing_that_it_wrote() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let walks = stage.proxy().seen("SCAN");
    assert_eq!(walks, 0, "an empty server has nothing to be found");
    stage.empty();
    let embedding = [
        "search:shop",
        "properties:all:all:50",
        "property:shop:details",
        "property:prp_100000:details",
        "absent:property:prp_100001",
    ];
    for key in embedding {
        stage.server_writes(key, "{}");
    }
    let hosts_read = || {
        let read = |words: &Vec<String>| {
            words[0] == "GET" && words[1].starts_with("akamai:acme:hostname:")
        };
        let commands = stage.proxy().commands();
        commands.into_iter().filter(read).count()
    };
    let before = hosts_read();
    stage.warm("");
    let left: Vec<&str> = embedding
        .into_iter()
        .filter(|key| stage.get(&format!("akamai:acme:{key}")).is_some())
        .collect();
    assert_eq!(left, [""; 0]);
    assert!(stage.get("akamai:acme:properties:all").is_some());
    assert_eq!(hosts_read(), before);
}

#[test]
fn a_crawl_renews_the_host_names_of_what_has_changed_though_they_are_fresh() {
    let account = crate::support::account::Account::new(1).regular();
    // One pair: a crawl costs no more than asking for changes.
    let account = account.groups(1).contracts(1).properties(4).hostnames(6);
    let stage = Stage::new(account);
    stage.warm("");
    let server = Embedding::asked(&stage);
    activate(&stage, &server.host);
    let list = "akamai:acme:properties:all";
    stage.expire(list, 20);
    let report = stage.warm("");
    assert_eq!(report["incremental"], false, "{report}");
    let old = format!(r#""propertyName":"{}""#, server.name);
    assert_eq!(server.says(&old), Vec::<String>::new());
    let search = server.search_host("new.example.com").unwrap();
    assert!(search.contains("renamed"), "{search}");
    assert_eq!(server.search_host(&server.host), None);
}

#[test]
fn a_refresh_by_get_removes_what_embeds_the_former_version() {
    let stage = Stage::new(small());
    stage.warm("");
    let server = Embedding::asked(&stage);
    let key = format!("akamai:acme:property:{PRP}");
    stage.expire(&key, 100);
    stage.run(&format!("get property {PRP}")).with(0);
    assert!(stage.left(&key) > 100, "it is refreshed");
    assert_eq!(server.cached(), server.embedding(), "nothing has changed");

    activate(&stage, &server.host);
    stage.expire(&key, 100);
    stage.run(&format!("get property {PRP}")).with(0);
    assert!(stage.left(&key) > 100, "it is refreshed");
    assert_eq!(server.cached(), Vec::<String>::new());
}

#[test]
fn what_was_stored_before_the_api_failed_removes_what_embeds_it_all_the_same() {
    use crate::support::akamai::Fault;
    let stage = Stage::new(small());
    stage.warm("");
    let server = Embedding::asked(&stage);
    activate(&stage, &server.host);
    let down = Fault::Status(
        403,
        Vec::new(),
        r#"{"title":"Forbidden","status":403}"#.into(),
    );
    stage.api.fault("/hostnames", 9, down);
    stage.run("warm prp_100001").with(7);
    assert_eq!(
        stage.json(&format!("akamai:acme:property:{PRP}"))["propertyName"],
        "renamed"
    );
    assert_eq!(server.cached(), Vec::<String>::new());
}

#[test]
fn without_scan_what_can_be_named_is_removed_and_the_run_says_what_may_stay() {
    for refusal in [
        "ERR unknown command 'SCAN'",
        "NOPERM User default has no permissions to run the 'scan' command",
    ] {
        let stage = Stage::new(small()).behind_proxy();
        stage.warm("");
        let server = Embedding::asked(&stage);
        activate(&stage, &server.host);
        stage.proxy().on("SCAN").refuse(refusal);
        let ended = stage.run("warm prp_100001").with(0);
        ended.says("may show former versions");
    }
}

#[test]
fn a_version_that_is_new_takes_the_former_lists_of_versions_and_activations() {
    let lists = ["versions", "activations"];
    let key = |list: &str| format!("akamai:acme:property:{PRP}:{list}");
    for line in [
        "warm prp_100001",
        "warm",
        "warm --force",
        "get property prp_100001",
    ] {
        let stage = Stage::new(small());
        stage.warm("--all");
        let item = format!("akamai:acme:property:{PRP}");
        let warm = |line: &str| stage.run(line).with(0);
        // Nothing has changed.
        warm("warm prp_100001");
        assert!(
            lists
                .iter()
                .all(|list| stage.get_kind(&key(list)) != "none")
        );
        activate(&stage, &hosts_of(&stage, PRP)[0].clone());
        stage.expire(&item, 100);
        warm(line);
        for list in lists {
            let kept = stage.get_kind(&key(list));
            assert_eq!(kept, "none", "{line}: {list}");
            let other = key(list).replace(PRP, "prp_100002");
            assert_ne!(stage.get_kind(&other), "none", "{line}: {list}");
        }
        let latest = stage.json(&item)["latestVersion"].as_u64().unwrap();
        let told = stage.run("get versions prp_100001 -o json").with(0).json();
        let first = told["items"][0]["value"][0].as_str();
        assert_eq!(first, Some(format!("v{latest}").as_str()), "{line}");
    }
    // If the property is not cached, nothing shows what a list was made from.
    let stage = Stage::new(small());
    stage.run("get versions prp_100001").with(0);
    stage.delete("akamai:acme:property:prp_100001");
    stage.run("warm prp_100001 --only details").with(0);
    assert_eq!(stage.get_kind(&key("versions")), "none");
    // What the same run stores stays.
    stage
        .run("warm prp_100001 --only details,versions,activations")
        .with(0);
    assert!(
        lists
            .iter()
            .all(|list| stage.get_kind(&key(list)) != "none")
    );
}

#[test]
fn a_property_that_get_brings_in_a_new_form_is_in_the_list_in_that_form() {
    let list = "akamai:acme:properties:all";
    let item = format!("akamai:acme:property:{PRP}");
    for left in ["100", "0"] {
        let stage = Stage::new(small());
        stage.warm("");
        let server = Embedding::asked(&stage);
        stage.expire(list, 3000);
        let others = stage.json(list).as_array().map(Vec::len);
        activate(&stage, &server.host);
        let _: i64 = stage.server.ask(&["EXPIRE", &item, left]);
        let calls = stage.api.seen().len();
        stage.run("get property prp_100001").with(0);
        assert_eq!(stage.api.seen().len(), calls + 1);
        let new = stage.json(&item);
        assert_eq!(new["propertyName"], "renamed");
        let listed = stage.json(list);
        let items = listed.as_array().unwrap();
        assert!(items.contains(&new), "{left}: {listed}");
        assert_eq!(Some(items.len()), others, "{left}");
        assert!((2_990..=3_000).contains(&stage.left(list)), "{left}");
        assert_eq!(server.cached(), Vec::<String>::new(), "{left}");
    }
}

impl Stage {
    fn get_kind(&self, key: &str) -> String {
        self.server.ask(&["TYPE", key])
    }
}
