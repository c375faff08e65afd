//! The keys removed are exactly those that an independent, naive model removes.

use super::*;
use crate::domain::key::{Customer, Scheme};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn why(target: usize) -> Reason {
    Reason::named(target)
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn host(text: &str) -> Fqdn {
    Fqdn::new(text).unwrap()
}

/// Feeds all keys to a graph in order, as one scan would, and then those that were held back.
fn removed<'a>(graph: &Graph, keys: &[&'a str]) -> BTreeSet<&'a str> {
    let mut known = KnownEntities::default();
    let mut removed = BTreeSet::new();
    let mut held = Vec::new();
    for key in keys {
        match graph.judge(key.as_bytes()) {
            Decision::Keep => {}
            Decision::Shared(kinds, pattern) => held.push((*key, kinds, pattern)),
            Decision::Named(_) => {
                removed.insert(*key);
            }
            Decision::Own(kind, why) => {
                known.add(kind, why.target, (*key).into());
                removed.insert(*key);
            }
        }
    }
    removed.extend(
        held.iter()
            .filter(|(_, kinds, pattern)| known.why(kinds).is_some() || pattern.is_some())
            .map(|(key, _, _)| key),
    );
    removed
}

const KEYS: [&str; 44] = [
    "properties:all",
    "properties:all:all:100",
    "properties:ctr_1:grp_1:all",
    "properties:ctr_12:grp_1:all",
    "properties:all:1:50",
    "properties:1:all:50",
    "properties:12:1:50",
    "properties:tree",
    "properties:all:lock",
    "property:prp_1",
    "property:prp_1:details",
    "property:prp_1:hostnames",
    "property:prp_1:rules:v5",
    "property:prp_1:lock",
    "property:prp_1:hostnames:lock",
    "property:prp_12",
    "property:prp_12:hostnames",
    "property:prp_*",
    "property:prp_[1]:rules:v1",
    "hostname:www.a.b",
    "hostname:a.b",
    "hostname:*.a.b",
    "hostname:map",
    "hostnames",
    "search:prp_1",
    "search:a: [b]*\n",
    "searches",
    "contracts:all",
    "contract:ctr_1",
    "contract:ctr_12",
    "groups:all",
    "cpcodes:all",
    "absent:property:prp_1",
    "absent:hostname:a.b",
    "absent:hostname:new.b",
    "absent:rules:prp_1-v9",
    "absent:search:new.b",
    "unheard:of",
    "metrics:cache:hits",
    "warm:state",
    "invalidated",
    "generation",
    "generations",
    "audit",
];

#[test]
fn a_property_takes_its_subresources_the_lists_and_the_map() {
    let mut graph = Graph::new(false);
    graph.property(&id("prp_1"), why(0));
    let expected = BTreeSet::from([
        "properties:all",
        "properties:all:all:100",
        "properties:ctr_1:grp_1:all",
        "properties:ctr_12:grp_1:all",
        "properties:all:1:50",
        "properties:1:all:50",
        "properties:12:1:50",
        "property:prp_1",
        "property:prp_1:details",
        "property:prp_1:hostnames",
        "property:prp_1:rules:v5",
        "hostname:map",
        "absent:property:prp_1",
        "absent:rules:prp_1-v9",
    ]);
    assert_eq!(removed(&graph, &KEYS), expected);
    let mut cascade = Graph::new(true);
    cascade.property(&id("prp_1"), why(0));
    let from = Reason {
        target: 0,
        with: Some("property:prp_1:hostnames".into()),
    };
    cascade.host(&host("a.b"), from);
    let more = [
        "hostname:a.b",
        "absent:hostname:a.b",
        "absent:hostname:new.b",
        "absent:search:new.b",
        "properties:tree",
        "search:prp_1",
        "search:a: [b]*\n",
        "searches",
    ];
    assert_eq!(
        removed(&cascade, &KEYS),
        expected.into_iter().chain(more).collect()
    );
}

#[test]
fn a_target_that_is_not_cached_removes_nothing() {
    let mut graph = Graph::new(true);
    graph.property(&id("prp_"), why(0));
    graph.property(&id("prp_123"), why(1));
    graph.host(&host("b.c"), why(2));
    graph.contract(&id("ctr_"), 3);
    assert_eq!(removed(&graph, &KEYS), BTreeSet::new());
}

#[test]
fn what_a_pattern_matches_is_removed_beside_a_target_that_is_not_cached() {
    let mut graph = Graph::new(true);
    graph.property(&id("prp_9"), why(0));
    graph.pattern("properties:1:*", 1);
    assert_eq!(
        removed(&graph, &KEYS),
        BTreeSet::from(["properties:1:all:50"])
    );
}

#[test]
fn a_host_name_takes_its_key_and_the_map() {
    let mut graph = Graph::new(false);
    graph.host(&host("*.a.b"), why(0));
    assert_eq!(
        removed(&graph, &KEYS),
        BTreeSet::from(["hostname:*.a.b", "hostname:map"])
    );
    let Scope::Keys(keys) = graph.scope() else {
        panic!("no walk is needed")
    };
    assert_eq!(
        keys,
        ["absent:hostname:*.a.b", "hostname:*.a.b", "hostname:map"]
    );
}

#[test]
fn a_contract_takes_its_key_and_the_list_and_with_cascade_its_derived_keys() {
    let mut graph = Graph::new(false);
    graph.contract(&id("ctr_1"), 0);
    assert_eq!(
        removed(&graph, &KEYS),
        BTreeSet::from(["contract:ctr_1", "contracts:all"])
    );
    let mut cascade = Graph::new(true);
    cascade.contract(&id("ctr_1"), 0);
    let expected = BTreeSet::from([
        "contract:ctr_1",
        "contracts:all",
        "properties:all:all:100",
        "properties:all:1:50",
        "properties:ctr_1:grp_1:all",
        "properties:1:all:50",
        "properties:tree",
    ]);
    assert_eq!(removed(&cascade, &KEYS), expected);
}

#[test]
fn everything_leaves_the_bookkeeping_and_the_locks() {
    let mut graph = Graph::new(false);
    graph.everything(0);
    let left: Vec<&str> = KEYS
        .into_iter()
        .filter(|key| graph.judge(key.as_bytes()) == Decision::Keep)
        .collect();
    let expected = [
        "properties:all:lock",
        "property:prp_1:lock",
        "property:prp_1:hostnames:lock",
        "metrics:cache:hits",
        "warm:state",
        "invalidated",
        "generation",
        "audit",
    ];
    assert_eq!(left, expected);
}

#[test]
fn a_pattern_takes_bookkeeping_only_if_it_spells_it_out() {
    let takes = |pattern: &str, key: &str| {
        let mut graph = Graph::new(false);
        graph.pattern(pattern, 0);
        graph.judge(key.as_bytes()) != Decision::Keep
    };
    for (pattern, key, expected) in [
        ("*", "unheard:of", true),
        ("*", "metrics:cache:hits", false),
        ("metrics:*", "metrics:cache:hits", true),
        ("*", "audit", false),
        ("audit", "audit", true),
        ("generation*", "generation", true),
        ("*", "generation", false),
        ("*", "generations", true),
        ("invalidated", "invalidated", false),
        ("*", "property:prp_1:lock", false),
        ("property:*", "property:prp_1:lock", false),
        ("property:*:lock", "property:prp_1:lock", false),
        ("warm:lock", "warm:lock", false),
        ("property:prp_1*", "property:prp_12", true),
        ("property:prp_1", "property:prp_12", false),
        ("property:prp_\\*", "property:prp_12", false),
        ("property:prp_\\*", "property:prp_*", true),
    ] {
        assert_eq!(takes(pattern, key), expected, "{pattern} {key}");
    }
}

#[test]
fn each_key_has_the_reason_of_its_removal() {
    let mut graph = Graph::new(true);
    graph.property(&id("prp_1"), why(3));
    let with = |with: &str| Reason {
        target: 3,
        with: Some(with.into()),
    };
    assert_eq!(
        graph.judge(b"property:prp_1"),
        Decision::Own(EntityKind::Property, why(3))
    );
    let below = Decision::Own(EntityKind::Property, with("property:prp_1"));
    assert_eq!(graph.judge(b"property:prp_1:rules:v5"), below);
    let mut known = KnownEntities::default();
    assert_eq!(known.why(&[EntityKind::Property]), None);
    known.add(EntityKind::Property, 7, "property:prp_7".into());
    known.add(EntityKind::Property, 3, "property:prp_1".into());
    known.add(EntityKind::Property, 5, "property:prp_5".into());
    assert_eq!(
        known.why(&[EntityKind::Property, EntityKind::Host]),
        Some(with("property:prp_1"))
    );
}

#[test]
fn only_what_the_server_refreshes_is_softened() {
    let soft: Vec<(&str, u64)> = KEYS
        .into_iter()
        .filter_map(|key| Some((key, soft_limit(key.as_bytes())?.as_secs())))
        .collect();
    let expected = [
        ("properties:all", 30),
        ("property:prp_1", 60),
        ("property:prp_12", 60),
        ("property:prp_*", 60),
        ("contracts:all", 600),
        ("groups:all", 600),
    ];
    assert_eq!(soft, expected);
}

#[test]
fn a_walk_covers_no_more_than_the_patterns_have_in_common() {
    let mut graph = Graph::new(false);
    graph.pattern("property:prp_9*", 0);
    assert_eq!(graph.scope(), Scope::Beginning(b"property:prp_9".to_vec()));
    graph.pattern("property:prp_8*", 1);
    assert_eq!(graph.scope(), Scope::Beginning(b"property:prp_".to_vec()));
    graph.key("groups:all", 2);
    assert_eq!(graph.scope(), Scope::Beginning(Vec::new()));
}

const IDS: [&str; 6] = ["prp_1", "prp_12", "prp_2", "prp_*", "prp_[12]", "prp_?"];
const HOSTS: [&str; 5] = ["a.b", "www.a.b", "*.a.b", "[a].b", "a?.b"];

fn words() -> impl Strategy<Value = String> {
    let part = prop::sample::select(
        [
            &IDS[..],
            &HOSTS[..],
            &[
                "property",
                "all",
                "tree",
                "details",
                "hostname",
                "hostnames",
                "rules",
                "prp_1-v5",
                "search",
                "v5",
                "lock",
                "map",
            ],
        ]
        .concat(),
    );
    let first = prop::sample::select(vec![
        "property",
        "properties",
        "hostname",
        "hostnames",
        "search",
        "searches",
        "absent",
        "contract",
        "contracts",
        "groups",
        "metrics",
        "audit",
        "invalidated",
        "generation",
        "unheard",
    ]);
    (first, prop::collection::vec(part, 0..4)).prop_map(|(first, parts)| {
        parts
            .into_iter()
            .fold(first.to_owned(), |key, part| format!("{key}:{part}"))
    })
}

/// The naive model: globs over whole keys, tried one by one.
fn model(keys: &[String], ids: &[&str], hosts: &[&str], cascade: bool) -> BTreeSet<String> {
    let has = |glob: &str| {
        keys.iter()
            .any(|k| glob::matches(glob.as_bytes(), k.as_bytes()) && !k.ends_with(":lock"))
    };
    let mut globs = Vec::new();
    let mut known = false;
    for id in ids {
        let id = glob::escape(id);
        let own = [format!("property:{id}"), format!("property:{id}:*")];
        known |= own.iter().any(|glob| has(glob));
        globs.extend(own);
    }
    let mut known_host = false;
    for name in hosts {
        let glob = format!("hostname:{}", glob::escape(name));
        known_host |= has(&glob);
        globs.push(glob);
    }
    if known {
        globs.extend(["properties:*".to_owned(), "hostname:map".into()]);
        if cascade {
            globs.extend(["search:*".into(), "searches".into()]);
        }
    }
    if known_host {
        globs.push("hostname:map".into());
    }
    let is_removed = |key: &&String| {
        let tree = *key == "properties:tree" && !(known && cascade);
        if let ["absent", resource, id] = key.split(':').collect::<Vec<_>>()[..] {
            let included = known && cascade && ["hostname", "search"].contains(&resource);
            let own = match resource {
                "hostname" => hosts.contains(&id),
                "contract" | "search" => false,
                "rules" => ids.iter().any(|own| {
                    id.strip_prefix(own)
                        .is_some_and(|rest| rest.starts_with("-v"))
                }),
                _ => ids.contains(&id),
            };
            return id != "lock" && (own || included);
        }
        !tree
            && !key.ends_with(":lock")
            && globs
                .iter()
                .any(|glob| glob::matches(glob.as_bytes(), key.as_bytes()))
    };
    keys.iter().filter(is_removed).cloned().collect()
}

proptest! {
    #[test]
    fn the_removed_keys_are_those_of_the_naive_model(
        keys in prop::collection::btree_set(words(), 0..60),
        ids in prop::sample::subsequence(IDS.to_vec(), 0..4),
        hosts in prop::sample::subsequence(HOSTS.to_vec(), 0..3),
        cascade in any::<bool>(),
    ) {
        let keys: Vec<String> = keys.into_iter().collect();
        let mut graph = Graph::new(cascade);
        for (target, text) in ids.iter().enumerate() {
            graph.property(&id(text), why(target));
        }
        for name in &hosts {
            graph.host(&host(name), why(9));
        }
        let texts: Vec<&str> = keys.iter().map(String::as_str).collect();
        let expected = model(&keys, &ids, &hosts, cascade);
        let removed: BTreeSet<String> = removed(&graph, &texts).into_iter().map(ToOwned::to_owned).collect();
        prop_assert_eq!(&removed, &expected);
        let in_scope = |key: &String| match graph.scope() {
            Scope::Keys(keys) => keys.contains(key),
            Scope::Beginning(prefix) => key.as_bytes().starts_with(&prefix),
        };
        prop_assert!(removed.iter().all(in_scope));
    }

    #[test]
    fn a_pattern_is_removed_as_the_server_would_match_it_within_its_customer(
        key in words(),
        pattern in "[a-z:*?_\\[\\]]{1,12}",
    ) {
        let mut graph = Graph::new(false);
        graph.pattern(&pattern, 0);
        let acme = Customer::new("acme").unwrap();
        let scheme = Scheme::default();
        let glob = scheme.pattern(&acme, &pattern);
        let whole = format!("{}{key}", scheme.of_customer(&acme));
        if graph.judge(key.as_bytes()) != Decision::Keep {
            prop_assert!(glob::matches(glob.as_bytes(), whole.as_bytes()));
            let Scope::Beginning(prefix) = graph.scope() else { panic!("patterns need a walk") };
            prop_assert!(key.as_bytes().starts_with(&prefix));
        }
    }
}

#[test]
fn any_key_below_a_property_is_removed_with_it() {
    let mut graph = Graph::new(false);
    graph.property(&id("prp_?"), why(0));
    let keys = ["property:prp_?:prp_1:details", "property:prp_1:details"];
    assert_eq!(removed(&graph, &keys), keys[..1].iter().copied().collect());
}

#[test]
fn a_cascade_takes_the_details_by_id_by_number_and_by_name_in_any_case() {
    const DETAILS: [&str; 7] = [
        "property:prp_1:details",
        "property:1:details",
        "property: prp_1 :details",
        "property:WWW.Example.com:details",
        "property:other.example.com:details",
        "property:prp_12:details",
        "property:12:details",
    ];
    let graph = |cascade, name: Option<&str>| {
        let mut graph = Graph::new(cascade);
        graph.property(&id("prp_1"), why(0));
        match name {
            Some(name) => graph.property_name(&id("prp_1"), name),
            None => graph.unnamed_property(&id("prp_1")),
        }
        graph
    };
    let below = ["property:prp_1:details"];
    assert_eq!(
        removed(&graph(false, Some("www.example.com")), &DETAILS),
        below.into()
    );
    assert_eq!(removed(&graph(false, None), &DETAILS), below.into());
    let named = graph(true, Some("www.EXAMPLE.com"));
    assert_eq!(
        removed(&named, &DETAILS),
        DETAILS[..4].iter().copied().collect()
    );
    // If the name is not cached, details under any name may be the property's.
    let unnamed = graph(true, None);
    assert_eq!(
        removed(&unnamed, &DETAILS),
        DETAILS[..5].iter().copied().collect()
    );
    let shared = Decision::Shared(vec![EntityKind::Property], None);
    assert_eq!(unnamed.judge(DETAILS[4].as_bytes()), shared);
}
