//! `undo` restores no copy of a property that has changed or was deleted since, whatever was removed.

use crate::invalidate::hosts_of;
use crate::support::account::changes::Network;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

const PRP: &str = "prp_100001";
const LIST: &str = "akamai:acme:properties:ctr_1:grp_1:50";
const TEXT: &str = "akamai:acme:properties:all:all:50";
const SEARCH: &str = "akamai:acme:search:anything";
const HASH: &str = "akamai:acme:hostnames";

/// Removals, each of something that shows the property.
const REMOVALS: [&str; 9] = [
    "prp_100003",
    "HOST",
    "akamai:acme:hostnames",
    "akamai:acme:properties:all",
    "--pattern search:* --yes",
    "--pattern properties:* --yes",
    "--pattern hostname:* --yes",
    "prp_100001 --cascade",
    "--everything --yes",
];

struct World {
    stage: Stage,
    name: String,
    host: String,
}

impl World {
    /// An account whose cache has everything that shows the property, also the server's results.
    fn new() -> Self {
        let stage = Stage::new(small());
        stage.warm("--all");
        let item = stage.json(&format!("akamai:acme:property:{PRP}"));
        let host = hosts_of(&stage, PRP)[0].clone();
        let text = |text: &str| json!({"content": [{"type": "text", "text": text}]});
        let name = item["propertyName"].as_str().unwrap_or_default().to_owned();
        for (key, value) in [
            (LIST, text(&json!([item]).to_string())),
            (TEXT, text(&format!("1. {name}"))),
            (SEARCH, json!([{"type": "property_name", "property": item}])),
        ] {
            let value = value.to_string();
            stage.server_writes(key, &value);
        }
        Self { stage, name, host }
    }

    fn invalidate(&self, removal: &str) {
        let removal = removal.replace("HOST", &self.host);
        let ended = self.stage.run(&format!("invalidate {removal} -o json"));
        assert!(
            ended.with(0).json()["removed"].as_u64() > Some(0),
            "{removal}"
        );
    }

    /// Activates a version of another name without the host name.
    fn activate(&self) {
        self.stage.api.change(|account, now| {
            let version = account.draft(PRP, now);
            account.activate(PRP, Network::Production, version, now);
            if let Some(property) = account.property_mut(PRP) {
                property.name = "renamed".into();
            }
            account.remove_hostname(&self.host);
        });
    }

    /// Returns all keys with their values.
    fn values(&self) -> Vec<(String, String)> {
        let value = |key: String| {
            let kind: String = self.stage.server.ask(&["TYPE", &key]);
            let value = match kind.as_str() {
                "string" => self.stage.get(&key).unwrap_or_default(),
                "hash" => {
                    let mut all: Vec<String> = self.stage.server.ask(&["HGETALL", &key]);
                    all.sort();
                    all.join(" ")
                }
                "list" => {
                    let all: Vec<String> = self.stage.server.ask(&["LRANGE", &key, "0", "-1"]);
                    all.join(" ")
                }
                _ => kind,
            };
            (key, value)
        };
        let data = self.stage.data().into_iter();
        let bookkeeping = [
            "akamai:acme:warm:state",
            "akamai:acme:generation",
            "akamai:acme:generations",
        ];
        data.filter(|key| !bookkeeping.contains(&key.as_str()))
            .map(value)
            .collect()
    }

    /// Returns the keys that show the text. The rule tree of a version never changes.
    fn says(&self, text: &str) -> Vec<String> {
        let said = |(key, value): (String, String)| {
            (key.contains(text) || value.contains(text)).then_some(key)
        };
        let values = self.values().into_iter();
        values
            .filter(|(key, _)| !key.contains(":rules:"))
            .filter_map(said)
            .collect()
    }
}

#[test]
fn nothing_shows_the_former_version() {
    for removal in REMOVALS {
        for fetch in ["warm prp_100001", "get property prp_100001"] {
            let world = World::new();
            world.invalidate(removal);
            world.activate();
            world.stage.run(fetch).with(0);
            let before = world.says(&world.name);
            world.stage.run("undo").with(0);
            let after = world.says(&world.name);
            if world.says("renamed").is_empty() {
                // `get` answered from the cache.
                assert!(fetch.starts_with("get"), "{removal}");
                continue;
            }
            assert_eq!(after, before, "{removal}, {fetch}");
            if fetch.starts_with("warm") {
                assert_eq!(after, Vec::<String>::new(), "{removal}");
            }
        }
    }
}

#[test]
fn a_newer_form_in_the_list_or_in_a_host_name_counts_as_well() {
    for (removal, fetch) in [
        ("prp_100001 --cascade", Some("get properties")),
        (
            "prp_100001 --cascade",
            Some("warm --only hostnames --force"),
        ),
        ("prp_100001 --cascade", None),
        ("--pattern search:* --yes", None),
    ] {
        let world = World::new();
        let list = world.stage.json("akamai:acme:properties:all").to_string();
        world.invalidate(removal);
        if let Some(fetch) = fetch {
            world.activate();
            world.stage.run(fetch).with(0);
        } else {
            let list = list.replace(&format!("\"{}\"", world.name), "\"renamed\"");
            let key = "akamai:acme:properties:all";
            world.stage.server_writes(key, &list);
        }
        // The versions, host names and activations of the property do not show its name.
        let old = || (world.says(&world.name), world.says(PRP));
        let before = old();
        assert_ne!(world.says("renamed"), [""; 0], "{removal}, {fetch:?}");
        let planned = world.stage.run("undo -n -o json").with(0).json();
        let done = world.stage.run("undo -o json").with(0).json();
        assert_eq!(old(), before, "{removal}, {fetch:?}");
        assert_eq!(planned["restored"], done["restored"]);
    }
}

#[test]
fn a_newer_form_in_a_host_name_that_was_removed_with_it_counts_as_well() {
    let world = World::new();
    let key = format!("akamai:acme:hostname:{}", world.host);
    let host = world.stage.get(&key).unwrap_or_default();
    world.invalidate("prp_100001 --cascade");
    let newer = host.replace(&format!("\"{}\"", world.name), "\"renamed\"");
    world.stage.server_writes(&key, &newer);
    let before = (world.says(&world.name), world.says(PRP));
    world.stage.run("undo").with(0);
    let after = (world.says(&world.name), world.says(PRP));
    assert_eq!(after, before);
}

/// The server refreshes the list more often than the property.
#[test]
fn what_showed_two_versions_before_comes_back_as_it_was() {
    for removal in ["prp_100001 --cascade", "prp_100003", "--everything --yes"] {
        let world = World::new();
        let key = "akamai:acme:properties:all";
        let mut list = world.stage.json(key);
        for item in list.as_array_mut().into_iter().flatten() {
            let version = item["latestVersion"].as_u64().unwrap_or_default();
            item["latestVersion"] = (version + 1).into();
        }
        world.stage.server_writes(key, &list.to_string());
        let before = world.values();
        world.invalidate(removal);
        let planned = world.stage.run("undo -n -o json").with(0).json();
        let done = world.stage.run("undo -o json").with(0).json();
        assert_eq!(world.values(), before, "{removal}");
        let none = Value::from(0);
        let counts = [&planned["skipped_newer"], &done["skipped_newer"]];
        assert_eq!(counts, [&none; 2], "{removal}");
        assert_eq!(planned["restored"], done["restored"], "{removal}");
    }
}

#[test]
fn nothing_shows_a_property_that_was_deleted() {
    for removal in REMOVALS {
        for fetch in ["warm prp_100001", "warm --force"] {
            if (removal, fetch) == ("--everything --yes", "warm --force") {
                // Nothing is left that names the property to the run.
                continue;
            }
            let world = World::new();
            world.invalidate(removal);
            world.stage.api.edit(|account| account.remove_property(PRP));
            let code = if fetch.contains(PRP) { 5 } else { 0 };
            world.stage.run(fetch).with(code);
            let before = [world.says(PRP), world.says(&world.name)];
            world.stage.run("undo").with(0);
            let after = [world.says(PRP), world.says(&world.name)];
            assert_eq!(after, before, "{removal}, {fetch}");
            if fetch.contains(PRP) {
                assert_eq!(after, [const { Vec::<String>::new() }; 2], "{removal}");
            }
        }
    }
}

#[test]
fn all_comes_back_if_nothing_has_changed() {
    for removal in REMOVALS {
        let world = World::new();
        let before = world.values();
        world.invalidate(removal);
        world.stage.run("warm prp_100001 --only details").with(0);
        world.stage.run("undo").with(0);
        assert_eq!(world.values(), before, "{removal}");
    }
}

#[test]
fn a_restored_hash_has_the_fields_of_the_other_properties() {
    let world = World::new();
    let fields = || -> Vec<String> { world.stage.server.ask(&["HKEYS", HASH]) };
    let (before, of_it) = (fields(), hosts_of(&world.stage, PRP));
    world.invalidate("--everything --yes");
    world.activate();
    world.stage.run("get property prp_100001").with(0);
    let done = world.stage.run("undo -o json").with(0).json();
    let mut expected: Vec<String> = before;
    expected.retain(|name| !of_it.contains(name));
    let mut after = fields();
    assert_eq!((after.sort(), expected.sort()), ((), ()));
    assert_eq!(after, expected);
    assert!(
        done["skipped_newer"].as_u64() >= Some(of_it.len() as u64),
        "{done}"
    );
    assert_ne!(done["restored"], Value::from(0));
}

#[test]
fn a_hash_of_which_no_field_comes_back_is_not_counted_as_restored() {
    let stage = Stage::new(small());
    let item = |version: u8| json!({"propertyId": "prp_1", "latestVersion": version});
    let field = json!({"propertyId": "prp_1", "property": item(1)}).to_string();
    let _: i64 = stage
        .server
        .ask(&["HSET", HASH, "a.example", &field, "b.example", &field]);
    stage.expire(HASH, 900);
    stage.run("invalidate --everything --yes").with(0);
    stage.server_writes("akamai:acme:property:prp_1", &item(2).to_string());
    let done = stage.run("undo -o json").with(0).json();
    assert_eq!(
        (&done["restored"], &done["skipped_newer"]),
        (&json!(0), &json!(2))
    );
    assert!(!stage.keys().contains(&HASH.to_owned()));
}
