//! Random keyspaces and targets on a real server, compared key by key and field by field with an independent, naive
//! implementation of the rules.

use crate::support::run::Run;
use crate::support::stage::{Stage, small};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const CUSTOMERS: [&str; 3] = ["acme", "acme2", "acme.eu"];
const IDS: [&str; 6] = ["prp_1", "prp_12", "prp_2", "prp_*", "prp_[12]", "prp_?\\"];
const HOSTS: [&str; 5] = ["a.b", "www.a.b", "*.a.b", "[x].a.b", "z-1.a.b"];
const TEXTS: [&str; 5] = ["prp_1", "a: [b]*?\\", "two\nlines", "🚀", "x:lock-"];
const PATTERNS: [&str; 9] = [
    "property:prp_1*",
    "property:prp_[12]",
    "property:*:hostnames",
    "properties:*",
    "hostname:*.b",
    "hostnames",
    "search:*",
    "*",
    "absent:??*",
];

/// Content of the server: strings by key, and each customer's hash of hostnames.
#[derive(Default, Clone)]
struct World {
    keys: BTreeMap<String, String>,
    fields: BTreeMap<String, BTreeMap<String, String>>,
}

/// The request.
#[derive(Default, Debug)]
struct Asked {
    customers: Vec<&'static str>,
    words: Vec<String>,
    ids: Vec<&'static str>,
    hosts: Vec<&'static str>,
    contracts: Vec<&'static str>,
    keys: Vec<String>,
    patterns: Vec<&'static str>,
    group: Option<&'static str>,
    everything: bool,
    cascade: bool,
    soft: bool,
}

struct Dice(fastrand::Rng);

impl Dice {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.usize(..of.len())]
    }

    fn some<T: Copy>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let count = self.0.usize(..=most.min(of.len()));
        self.0.choose_multiple(of.iter().copied(), count)
    }

    fn often(&mut self) -> bool {
        self.0.u8(..4) > 0
    }
}

fn item(id: &str, group: &str) -> serde_json::Value {
    json!({"propertyId": id, "propertyName": format!("name of {id}"), "contractId": "ctr_1", "groupId": group})
}

fn world(dice: &mut Dice) -> World {
    let mut world = World::default();
    for customer in CUSTOMERS {
        let of = |rest: &str| format!("akamai:{customer}:{rest}");
        let mut put = |dice: &mut Dice, rest: String, value: String| {
            if dice.often() {
                world.keys.insert(of(&rest), value);
            }
        };
        for id in IDS {
            if !dice.often() {
                continue;
            }
            let group = dice.one(&["grp_1", "grp_12"]);
            put(dice, format!("property:{id}"), item(id, group).to_string());
            let hosts: Vec<_> = dice
                .some(&HOSTS, 2)
                .iter()
                .map(|name| json!({"cnameFrom": name}))
                .collect();
            put(
                dice,
                format!("property:{id}:hostnames"),
                json!(hosts).to_string(),
            );
            for below in ["details", "rules:v5", "activations", "unheard"] {
                put(dice, format!("property:{id}:{below}"), "[]".into());
            }
            put(dice, format!("property:{id}:lock"), "1".into());
            put(dice, format!("absent:property:{id}"), "404".into());
        }
        for name in HOSTS {
            let owner = dice.one(&IDS);
            let value = json!({"property": {"propertyId": owner}, "hostname": {}});
            put(dice, format!("hostname:{name}"), value.to_string());
            put(dice, format!("absent:hostname:{name}"), "404".into());
        }
        let listed: Vec<_> = dice
            .some(&IDS, 2)
            .into_iter()
            .map(|id| item(id, "grp_1"))
            .collect();
        put(dice, "properties:all".into(), json!(listed).to_string());
        for rest in [
            "properties:all:all:100",
            "properties:ctr_1:grp_1:all",
            "properties:ctr_12:grp_1:all",
            "properties:tree",
            "properties:all:lock",
            "hostname:map",
            "searches",
            "contracts:all",
            "contract:ctr_1",
            "contract:ctr_12",
            "groups:all",
            "cpcodes:all",
            "unheard:of",
            "metrics:cache:hits",
            "generation",
            "generations",
        ] {
            put(dice, rest.into(), "[]".into());
        }
        for text in TEXTS {
            put(dice, format!("search:{text}"), "[]".into());
            // A text with a colon is no hostname, so it is not searched for.
            if !text.contains(':') {
                put(dice, format!("absent:search:{text}"), "404".into());
            }
        }
        let mut fields = BTreeMap::new();
        for name in dice.some(&HOSTS, 4) {
            let owner = dice.one(&IDS);
            let value = json!({"propertyId": owner, "property": {"groupId": "grp_1"}});
            fields.insert(name.to_owned(), value.to_string());
        }
        // Lists whose clients left the prefixes out.
        for rest in ["properties:1:all:50", "properties:12:1:50"] {
            world.keys.insert(of(rest), "[]".into());
        }
        if !fields.is_empty() {
            world.fields.insert(of("hostnames"), fields);
        }
    }
    for key in [
        "session:prp_1",
        "akamai2:acme:property:prp_1",
        "akamai:stats:2026-01-02:hits",
    ] {
        world.keys.insert(key.into(), "x".into());
    }
    world
}

fn asked(dice: &mut Dice) -> Asked {
    let mut asked = Asked {
        customers: vec!["acme"],
        cascade: dice.0.bool(),
        soft: dice.0.u8(..4) == 0,
        ..Asked::default()
    };
    if dice.0.u8(..4) == 0 {
        asked.customers.push("acme.eu");
    }
    match dice.0.u8(..10) {
        0..3 => asked.ids = dice.some(&IDS, 3),
        3..5 => asked.hosts = dice.some(&HOSTS, 2),
        5 => asked.contracts = dice.some(&["ctr_1", "ctr_12"], 2),
        6 => asked.patterns = dice.some(&PATTERNS, 2),
        7 => asked.everything = true,
        8 => {
            asked.cascade = false;
            let rest = dice.one(&[
                "property:prp_1",
                "groups:all",
                "search:a: [b]*?\\",
                "hostname:a.b",
            ]);
            asked.keys = vec![format!("akamai:acme:{rest}")];
        }
        _ => {
            asked.cascade = true;
            asked.group = Some("grp_1");
        }
    }
    if !asked.everything && dice.0.u8(..5) == 0 {
        asked.patterns.push(dice.one(&PATTERNS));
    }
    let mut words: Vec<String> = Vec::new();
    words.extend(
        asked
            .ids
            .iter()
            .chain(&asked.hosts)
            .chain(&asked.contracts)
            .map(ToString::to_string),
    );
    words.extend(asked.keys.iter().cloned());
    for pattern in &asked.patterns {
        words.extend(["--pattern".to_owned(), (*pattern).to_owned()]);
    }
    if let Some(group) = asked.group {
        words.extend(["--tag".to_owned(), format!("group:{group}")]);
    }
    if asked.everything {
        words.push("--everything".into());
    }
    if words.is_empty() {
        asked.ids = vec!["prp_1"];
        words.push("prp_1".into());
    }
    // It is refused with patterns alone.
    asked.cascade &= words.len() > 2 * asked.patterns.len();
    words.extend(asked.cascade.then(|| "--cascade".to_owned()));
    words.extend(asked.soft.then(|| "--soft".to_owned()));
    asked.words = words;
    asked
}

fn owner(value: &str, path: &[&str]) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_str(value).ok()?;
    for word in path {
        value = value.get_mut(word)?.take();
    }
    value.as_str().map(ToOwned::to_owned)
}

/// Returns what is removed for one customer: keys, and fields of the hash of hostnames.
#[expect(
    clippy::too_many_lines,
    reason = "the rules one after the other, as they are written"
)]
fn removed_for(
    world: &World,
    asked: &Asked,
    customer: &str,
    matching: &dyn Fn(&str) -> BTreeSet<String>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = format!("akamai:{customer}:");
    let has = |rest: &str| world.keys.contains_key(&format!("{of}{rest}"));
    let value = |rest: &str| world.keys.get(&format!("{of}{rest}"));
    let none = BTreeMap::new();
    let hash = world.fields.get(&format!("{of}hostnames")).unwrap_or(&none);
    let own: Vec<&str> = world
        .keys
        .keys()
        .filter_map(|key| key.strip_prefix(&of))
        .collect();
    let below = |id: &str| -> Vec<String> {
        let own = own.iter().filter(|rest| {
            **rest == format!("property:{id}") || rest.starts_with(&format!("property:{id}:"))
        });
        own.filter(|rest| !rest.ends_with(":lock"))
            .map(ToString::to_string)
            .collect()
    };
    let host_owner = |name: &str| {
        value(&format!("hostname:{name}")).and_then(|v| owner(v, &["property", "propertyId"]))
    };
    let field_owner = |name: &str| hash.get(name).and_then(|v| owner(v, &["propertyId"]));

    let mut ids: BTreeSet<String> = asked.ids.iter().map(ToString::to_string).collect();
    if let Some(group) = asked.group {
        let listed = value("properties:all").map_or("[]", String::as_str);
        let listed: Vec<serde_json::Value> = serde_json::from_str(listed).unwrap();
        for item in &listed {
            if item["groupId"] == group {
                ids.insert(item["propertyId"].as_str().unwrap().to_owned());
            }
        }
        for id in IDS {
            let item = value(&format!("property:{id}"));
            if item.is_some_and(|item| owner(item, &["groupId"]).as_deref() == Some(group)) {
                ids.insert(id.to_owned());
            }
        }
        ids.extend(hash.keys().filter_map(|name| field_owner(name)));
    }
    // A host name shows that the property that it names is known.
    let mut claimed = false;
    if asked.cascade {
        for name in &asked.hosts {
            let owners = [host_owner(name), field_owner(name)];
            let mut owners: Vec<_> = owners.into_iter().flatten().collect();
            if owners.is_empty() {
                let names = |id: &&&str| {
                    let list = value(&format!("property:{id}:hostnames"));
                    list.is_some_and(|list| list.contains(&json!({"cnameFrom": name}).to_string()))
                };
                owners = IDS.iter().filter(names).map(ToString::to_string).collect();
            }
            claimed |= !owners.is_empty();
            ids.extend(owners);
        }
    }
    let mut hosts: BTreeSet<String> = asked.hosts.iter().map(ToString::to_string).collect();
    if asked.cascade {
        for id in &ids {
            let list = value(&format!("property:{id}:hostnames")).map_or("[]", String::as_str);
            let list: Vec<serde_json::Value> = serde_json::from_str(list).unwrap();
            hosts.extend(
                list.iter()
                    .map(|item| item["cnameFrom"].as_str().unwrap().to_owned()),
            );
        }
        let by_field = hash
            .keys()
            .filter(|name| field_owner(name).is_some_and(|id| ids.contains(&id)));
        let by_field: Vec<String> = by_field.cloned().collect();
        claimed |= !by_field.is_empty();
        hosts.extend(by_field);
    }
    if !asked.cascade {
        let of_hosts = HOSTS.iter().filter_map(|name| host_owner(name));
        let mut owners = of_hosts.chain(hash.keys().filter_map(|name| field_owner(name)));
        claimed |= owners.any(|id| ids.contains(&id));
    }
    // Only names from lists and fields are looked up in the hash; a key's own value decides about the key.
    let fields: BTreeSet<String> = hosts
        .iter()
        .filter(|name| hash.contains_key(*name))
        .cloned()
        .collect();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    if asked.cascade {
        for name in HOSTS {
            if host_owner(name).is_some_and(|id| ids.contains(&id)) && !hosts.contains(name) {
                keys.insert(format!("hostname:{name}"));
                claimed = true;
            }
        }
    }
    for name in &hosts {
        keys.extend([
            format!("hostname:{name}"),
            format!("absent:hostname:{name}"),
        ]);
    }
    for id in &ids {
        keys.extend(below(id));
        keys.insert(format!("absent:property:{id}"));
    }
    let listed = |id: &String| {
        value("properties:all")
            .is_some_and(|list| list.contains(&format!("\"{}\"", id.replace('\\', "\\\\"))))
    };
    let known = claimed
        || ids.iter().any(|id| !below(id).is_empty())
        || ids.iter().filter(|id| !id.contains('\\')).any(listed);
    let known_host =
        hosts.iter().any(|name| has(&format!("hostname:{name}"))) || !fields.is_empty();
    let starts = |with: &'static str| {
        own.iter()
            .filter(move |rest| rest.starts_with(with))
            .map(ToString::to_string)
    };
    if known {
        keys.extend(starts("properties:").filter(|rest| rest != "properties:tree"));
        if asked.cascade {
            keys.extend(starts("search:"));
            // A property may have received a name that no property had before.
            keys.extend(starts("absent:hostname:"));
            keys.extend(starts("absent:search:"));
            keys.extend(["searches".into(), "properties:tree".into()]);
        }
    }
    if known || known_host {
        keys.insert("hostname:map".into());
    }
    for contract in &asked.contracts {
        let spellings = [*contract, contract.trim_start_matches("ctr_")];
        let is_of = |rest: &str| {
            let of = spellings.map(|spelling| format!("properties:{spelling}:"));
            of.iter().any(|of| rest.starts_with(of))
        };
        let lists: Vec<String> = own
            .iter()
            .filter(|rest| asked.cascade && is_of(rest))
            .map(ToString::to_string)
            .collect();
        if has(&format!("contract:{contract}")) || !lists.is_empty() {
            keys.insert("contracts:all".into());
            keys.extend(asked.cascade.then(|| "properties:tree".to_owned()));
            keys.extend(starts("properties:all:").filter(|_| asked.cascade));
        }
        keys.extend(lists);
        keys.insert(format!("contract:{contract}"));
    }
    for key in &asked.keys {
        keys.extend(key.strip_prefix(&of).map(ToOwned::to_owned));
    }
    let bookkeeping = |rest: &String| rest.starts_with("metrics:") || rest == "generation";
    for pattern in &asked.patterns {
        let matched = matching(&format!("{of}{pattern}"));
        let rests = matched.iter().map(|key| key[of.len()..].to_owned());
        keys.extend(rests.filter(|rest| !bookkeeping(rest)));
    }
    if asked.everything {
        keys.extend(
            own.iter()
                .map(ToString::to_string)
                .filter(|rest| !bookkeeping(rest)),
        );
        keys.insert("hostnames".into());
    }
    keys.retain(|rest| !rest.ends_with(":lock"));
    (keys, fields)
}

fn softened(rest: &str) -> Option<i64> {
    let words: Vec<&str> = rest.split(':').collect();
    match words.as_slice() {
        ["property", _] => Some(60),
        ["properties", "all"] => Some(30),
        ["contracts" | "groups", "all"] => Some(600),
        _ => None,
    }
}

#[test]
fn what_is_left_is_what_an_independent_model_says() {
    let stage = Stage::new(small());
    // The last ones once found a mistake.
    for seed in (0..120).chain([231, 617, 1245, 2801]) {
        let mut dice = Dice(fastrand::Rng::with_seed(seed));
        let (world, asked) = (world(&mut dice), asked(&mut dice));
        stage.empty();
        for (key, value) in &world.keys {
            let _: String = stage.server.ask(&["SET", key, value, "EX", "1800"]);
        }
        for (key, fields) in &world.fields {
            for (name, value) in fields {
                let _: i64 = stage.server.ask(&["HSET", key, name, value]);
            }
        }
        // The server decides what a pattern matches.
        let matching = |glob: &str| -> BTreeSet<String> {
            let (_, keys): (String, Vec<String>) = stage
                .server
                .ask(&["SCAN", "0", "MATCH", glob, "COUNT", "100000"]);
            keys.into_iter().collect()
        };
        let mut left = world.clone();
        let (mut removed, mut soft) = (0, Vec::new());
        // A hash whose fields are all removed may be gone before its turn as a key comes.
        let mut with_last_field = 0;
        for customer in &asked.customers {
            let (keys, fields) = removed_for(&world, &asked, customer, &matching);
            let hash = format!("akamai:{customer}:hostnames");
            if keys.contains("hostnames")
                && let Some(of) = left.fields.remove(&hash)
            {
                removed += 1;
                with_last_field += u64::from(of.keys().all(|name| fields.contains(name)));
            } else if let Some(of) = left.fields.get_mut(&hash) {
                of.retain(|name, _| !fields.contains(name));
                if of.is_empty() {
                    left.fields.remove(&hash);
                }
            }
            for rest in keys {
                let key = format!("akamai:{customer}:{rest}");
                match softened(&rest).filter(|_| asked.soft) {
                    Some(limit) if left.keys.contains_key(&key) => soft.push((key, limit)),
                    Some(_) => {}
                    None => removed += u64::from(left.keys.remove(&key).is_some()),
                }
            }
        }
        let customers = asked.customers.join(",");
        let how = dice.one(&["--no-undo", "--undo", "--max-keys 1000"]);
        let run = stage.command(&format!("invalidate --yes -o json -c {customers} {how}"));
        let run = asked.words.iter().fold(run, Run::arg);
        let ended = run.run();
        let told = format!("seed {seed}, {how}: {asked:?}\n{}", ended.stderr);
        assert_eq!(ended.code(), 0, "{told}");
        let done = ended.json();

        let own = |key: &String| !key.ends_with(":invalidated") && !key.ends_with(":audit");
        let keys: BTreeSet<String> = stage.keys().into_iter().filter(own).collect();
        let expected = left
            .keys
            .keys()
            .chain(left.fields.keys())
            .cloned()
            .collect();
        let lost: Vec<_> = BTreeSet::difference(&expected, &keys).collect();
        let kept: Vec<_> = keys.difference(&expected).collect();
        assert!(
            lost.is_empty() && kept.is_empty(),
            "{told}\nfell: {lost:?}\nstayed: {kept:?}"
        );
        for (key, fields) in &left.fields {
            let names: BTreeSet<String> = stage.server.ask(&["HKEYS", key]);
            assert_eq!(names, fields.keys().cloned().collect(), "{told}");
        }
        let reported = done["removed"].as_u64().unwrap();
        let right = removed - with_last_field..=removed;
        assert!(right.contains(&reported), "{reported}, {right:?}: {told}");
        assert_eq!(done["softened"], soft.len(), "{told}");
        for (key, limit) in soft {
            let left = stage.left(&key);
            assert!((1..=limit).contains(&left), "{key} has {left}: {told}");
        }
    }
}
