//! Keys parse back to what they were built from, and ambiguous parts are refused.

use super::*;
use proptest::prelude::*;

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![
        "prp_[0-9]{1,8}".prop_map(|text| Id::new(&text).unwrap()),
        "[^:\\p{Cc}]{1,30}".prop_filter_map("refused", |text| Id::new(&text).ok()),
    ]
}

fn leaf() -> impl Strategy<Value = Entry> {
    let plain = prop::sample::select(Entry::SINGLES.to_vec());
    prop_oneof![
        plain,
        (id(), id(), any::<Option<u64>>()).prop_map(|(contract, group, limit)| {
            Entry::PropertiesOf {
                contract,
                group,
                limit,
            }
        }),
        id().prop_map(Entry::Property),
        "(?s).{1,40}".prop_map(|text| Entry::PropertyDetails(TypedProperty::new(&text).unwrap())),
        "(?s).{1,40}".prop_filter_map("refused", |text| GroupTerm::new(&text)
            .ok()
            .map(Entry::GroupSearch)),
        id().prop_map(Entry::PropertyHostnames),
        (id(), any::<u32>()).prop_map(|(id, version)| Entry::Rules(id, version)),
        id().prop_map(Entry::Versions),
        id().prop_map(Entry::Activations),
        "\\PC{1,20}\\.\\PC{1,20}"
            .prop_filter_map("refused", |name| Fqdn::new(&name).ok().map(Entry::Hostname)),
        "(?s).{1,60}".prop_filter_map("refused", |text| Query::new(&text).ok().map(Entry::Search)),
        id().prop_map(Entry::Contract),
        (id(), id()).prop_map(|(resource, id)| Entry::Absent(resource, id)),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    (leaf(), any::<bool>()).prop_map(|(leaf, locked)| if locked { leaf.lock() } else { leaf })
}

fn customer() -> impl Strategy<Value = Customer> {
    "[A-Za-z0-9][A-Za-z0-9._-]{0,63}".prop_filter_map("reserved", |name| Customer::new(&name).ok())
}

proptest! {
    #[test]
    fn a_built_key_parses_back_to_itself(prefix in "akamai:|stats:|\\PC{1,12}", customer in customer(), entry in entry()) {
        let Ok(scheme) = Scheme::new(&prefix) else { return Ok(()) };
        let key = scheme.key(&customer, &entry);
        prop_assert_eq!(scheme.parse(key.as_bytes()), Some(Key::Of(customer.clone(), entry)));
        prop_assert_eq!(scheme.split(key.as_bytes()).map(|(customer, _)| customer), Some(customer));
    }

    #[test]
    fn a_parsed_key_is_built_back_to_the_same_bytes(rest in "(property|properties|hostname|search|absent|account|contract|groups|stats|warm)(:[a-z0-9.*_-]{1,8}){0,4}(:lock)?") {
        let scheme = Scheme::default();
        let key = format!("akamai:acme:{rest}");
        if let Some(Key::Of(customer, entry)) = scheme.parse(key.as_bytes()) {
            prop_assert_eq!(scheme.key(&customer, &entry), key);
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused_without_a_panic(key in any::<Vec<u8>>()) {
        let scheme = Scheme::default();
        let _ = scheme.parse(&key);
        let _ = scheme.split(&key);
    }

    #[test]
    fn the_pattern_of_a_customer_matches_no_other_customer(one in customer(), other in customer(), entry in entry()) {
        prop_assume!(one != other);
        let scheme = Scheme::default();
        let pattern = scheme.pattern(&one, "*");
        prop_assert!(glob::matches(pattern.as_bytes(), scheme.key(&one, &entry).as_bytes()));
        prop_assert!(!glob::matches(pattern.as_bytes(), scheme.key(&other, &entry).as_bytes()));
    }
}

#[test]
fn every_key_has_the_form_of_the_shared_layout() {
    let scheme = Scheme::default();
    let acme = Customer::new("acme").unwrap();
    let prp = || Id::new("prp_123").unwrap();
    for (entry, expected) in [
        (Entry::Properties, "akamai:acme:properties:all"),
        (Entry::Property(prp()), "akamai:acme:property:prp_123"),
        (
            Entry::PropertyHostnames(prp()),
            "akamai:acme:property:prp_123:hostnames",
        ),
        (
            Entry::Rules(prp(), 5),
            "akamai:acme:property:prp_123:rules:v5",
        ),
        (
            Entry::Versions(prp()),
            "akamai:acme:property:prp_123:versions",
        ),
        (
            Entry::Activations(prp()),
            "akamai:acme:property:prp_123:activations",
        ),
        (
            Entry::Hostname(Fqdn::new("WWW.Example.com").unwrap()),
            "akamai:acme:hostname:www.example.com",
        ),
        (Entry::HostnameMap, "akamai:acme:hostname:map"),
        (Entry::Hostnames, "akamai:acme:hostnames"),
        (
            Entry::Search(Query::new("A: b*").unwrap()),
            "akamai:acme:search:a: b*",
        ),
        (Entry::Searches, "akamai:acme:searches"),
        (
            Entry::PropertiesOf {
                contract: Id::new("C-1").unwrap(),
                group: Id::new("all").unwrap(),
                limit: Some(50),
            },
            "akamai:acme:properties:C-1:all:50",
        ),
        (
            Entry::PropertyDetails(TypedProperty::new("WWW.Example.com: new").unwrap()),
            "akamai:acme:property:WWW.Example.com: new:details",
        ),
        (
            Entry::PropertyDetails(TypedProperty::from(&prp())),
            "akamai:acme:property:prp_123:details",
        ),
        (Entry::AccountContracts, "akamai:acme:account:contracts"),
        (Entry::AccountGroups, "akamai:acme:account:groups"),
        (
            Entry::GroupSearch(GroupTerm::new("Main: EU").unwrap()),
            "akamai:acme:groups:Main: EU",
        ),
        (Entry::Contracts, "akamai:acme:contracts:all"),
        (Entry::Groups, "akamai:acme:groups:all"),
        (
            Entry::Contract(Id::new("ctr_C-123456").unwrap()),
            "akamai:acme:contract:ctr_C-123456",
        ),
        (Entry::CpCodes, "akamai:acme:cpcodes:all"),
        (Entry::Tree, "akamai:acme:properties:tree"),
        (Entry::Metric(Tally::Hits), "akamai:acme:metrics:cache:hits"),
        (
            Entry::Property(prp()).lock(),
            "akamai:acme:property:prp_123:lock",
        ),
        (Entry::WarmLock, "akamai:acme:warm:lock"),
    ] {
        assert_eq!(scheme.key(&acme, &entry), expected);
        let parsed = scheme.parse(expected.as_bytes());
        assert_eq!(parsed, Some(Key::Of(acme.clone(), entry)), "{expected}");
    }
    let day = jiff::civil::date(2026, 3, 4);
    let stats = scheme.stats(day, Tally::Misses);
    assert_eq!(stats, "akamai:stats:2026-03-04:misses");
    assert_eq!(
        scheme.parse(stats.as_bytes()),
        Some(Key::Stats(day, Tally::Misses))
    );
}

#[test]
fn parts_that_extend_into_other_parts_are_refused() {
    let long = "a".repeat(65);
    for name in [
        "",
        "a*",
        "acme:x",
        "[a-z]",
        "stats",
        ".a",
        "-a",
        "a b",
        "ä",
        long.as_str(),
    ] {
        assert!(Customer::new(name).is_err(), "{name}");
    }
    for name in ["acme", "acme.eu", "acme2", "A_b-c", "0"] {
        assert!(Customer::new(name).is_ok(), "{name}");
    }
    for text in ["", "a:b", "lock", "a\nb", &"x".repeat(256)] {
        assert!(Id::new(text).is_err(), "{text}");
    }
    for text in ["map", "", "a:b.c", "a.b\n"] {
        assert!(Fqdn::new(text).is_err(), "{text}");
    }
    for text in ["", "lock", "LOCK", "x:lock"] {
        assert!(Query::new(text).is_err(), "{text}");
    }
    for text in ["", "all", "lock", "x:lock"] {
        assert!(GroupTerm::new(text).is_err(), "{text}");
    }
    assert!(TypedProperty::new("").is_err());
    for prefix in ["", "a*", "a b:", "[", "a\\"] {
        assert!(Scheme::new(prefix).is_err(), "{prefix}");
    }
}

#[test]
fn keys_outside_the_scheme_do_not_parse() {
    for key in [
        "session:1",
        "akamai:acme",
        "akamai:acme:",
        "akamai:a*:property:prp_1",
        "akamai:acme:property:prp_1:rules:v05",
        "akamai:acme:property:prp_1:rules:5",
        "akamai:acme:hostname:WWW.example.com",
        "akamai:acme:search:ABC",
        "akamai:stats:2026-3-04:hits",
        "akamai:stats:2026-03-04:else",
        "akamai:acme:unheard:of",
        "akamai:acme:property::details",
        "akamai:acme:groups:",
        "akamai:acme:account:all",
    ] {
        assert_eq!(Scheme::default().parse(key.as_bytes()), None, "{key}");
    }
    assert_eq!(Scheme::default().parse(b"akamai:acme:property:\xff"), None);
}

#[test]
fn a_typed_property_is_an_id_a_number_or_a_name() {
    let typed = |text| TypedProperty::new(text).unwrap();
    for (text, id) in [("prp_1", "prp_1"), (" prp_1 ", "prp_1"), ("123", "prp_123")] {
        assert_eq!(typed(text).id(), Id::new(id).ok(), "{text}");
    }
    for (text, name) in [
        ("WWW.Example.com", "www.example.com"),
        (" Löwe", "löwe"),
        ("prp_", "prp_"),
        ("12a", "12a"),
        ("prp_1:x", "prp_1:x"),
    ] {
        assert_eq!(typed(text).id(), None, "{text}");
        assert_eq!(typed(text).name(), name, "{text}");
    }
}
