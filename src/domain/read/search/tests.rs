use super::*;
use proptest::prelude::*;

fn candidates(text: &str) -> Vec<(Match, String)> {
    let wanted = SearchTerm::new(text).unwrap();
    let names = wanted.hostnames().into_iter();
    names.map(|(how, name)| (how, name.to_string())).collect()
}

#[test]
fn a_host_name_is_searched_with_and_without_www_and_under_a_wildcard() {
    let expected = [
        (Match::ExactHostname, "www.example.com"),
        (Match::HostnameWithWww, "www.www.example.com"),
        (Match::HostnameWithoutWww, "example.com"),
        (Match::WildcardHostname, "*.example.com"),
    ];
    let expected = expected.map(|(how, name)| (how, name.to_owned()));
    assert_eq!(candidates("WWW.Example.com"), expected);
    assert_eq!(candidates(" www.example.com. "), expected);
}

#[test]
fn a_domain_of_two_labels_has_no_wildcard_above_it() {
    let expected = [
        (Match::ExactHostname, "example.com".to_owned()),
        (Match::HostnameWithWww, "www.example.com".to_owned()),
    ];
    assert_eq!(candidates("example.com"), expected);
}

#[test]
fn an_internationalized_name_is_searched_in_both_forms() {
    let exact = |text: &str| -> Vec<String> {
        let all = candidates(text).into_iter();
        all.filter(|(how, _)| *how == Match::ExactHostname)
            .map(|(_, name)| name)
            .collect()
    };
    assert_eq!(
        exact("BÜCHER.example"),
        ["bücher.example", "xn--bcher-kva.example"]
    );
    assert_eq!(
        exact("xn--bcher-kva.example"),
        ["xn--bcher-kva.example", "bücher.example"]
    );
    assert_eq!(exact("*.wild.example"), ["*.wild.example"]);
}

#[test]
fn a_text_that_is_not_a_host_name_is_searched_among_properties_only() {
    for text in [
        "shop",
        "prp_1",
        "a b.c",
        "https://www.example.com/",
        "a..b",
        ".",
        "x.y:8080",
    ] {
        assert!(candidates(text).is_empty(), "{text}");
    }
}

#[test]
fn empty_and_too_long_texts_are_refused() {
    assert_eq!(SearchTerm::new(" \t"), Err(SearchError::Empty));
    assert_eq!(
        SearchTerm::new(&"x".repeat(LONGEST + 1)),
        Err(SearchError::TooLong)
    );
    assert_eq!(SearchTerm::new("a:LOCK").unwrap().query(), None);
    assert_eq!(SearchTerm::new(".").unwrap().lower(), ".");
}

#[test]
fn properties_are_found_by_name_then_by_id_each_once_and_whole_ones_first() {
    let listed = |id: &str, name: &str| {
        let json = format!(r#"{{"propertyId":"{id}","propertyName":"{name}"}}"#);
        Property::parse(&json).unwrap()
    };
    let all = [
        listed("prp_12", "Shop"),
        listed("prp_1", "eshop prp_1"),
        listed("prp_31", "other"),
        listed("prp_2", "prp_12 twin"),
    ];
    let found = |text: &str| -> Vec<(Match, &str)> {
        let found = SearchTerm::new(text).unwrap().among(&all);
        found
            .into_iter()
            .map(|(how, listed)| (how, listed.id.as_str()))
            .collect()
    };
    assert_eq!(
        found("SHOP"),
        [
            (Match::PropertyName, "prp_12"),
            (Match::PropertyName, "prp_1")
        ]
    );
    assert_eq!(
        found("prp_12"),
        [
            (Match::PropertyId, "prp_12"),
            (Match::PropertyName, "prp_2")
        ]
    );
    assert_eq!(found("12")[0], (Match::PropertyId, "prp_12"));
    assert_eq!(found("prp_3"), [(Match::PropertyId, "prp_31")]);
    assert_eq!(found("nothing"), []);
}

#[test]
fn a_wildcard_counts_only_if_no_name_is_cached() {
    let cached = vec![
        (Match::ExactHostname, "a"),
        (Match::ExactHostname, "a in punycode"),
        (Match::HostnameWithWww, "w"),
        (Match::WildcardHostname, "*"),
    ];
    assert_eq!(
        choose(cached),
        [(Match::ExactHostname, "a"), (Match::HostnameWithWww, "w")]
    );
    assert_eq!(
        choose(vec![(Match::WildcardHostname, "*")]),
        [(Match::WildcardHostname, "*")]
    );
}

#[test]
fn a_result_has_the_servers_shape() {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let found = [
        SearchHit::new(
            Match::ExactHostname,
            raw(r#"{"propertyId":"prp_1"}"#),
            Some(raw(r#"{"cnameFrom":"a.b"}"#)),
        ),
        SearchHit::new(Match::PropertyName, raw("{}"), None),
    ];
    assert_eq!(
        serde_json::to_string(&found).unwrap(),
        r#"[{"type":"exact_hostname","property":{"propertyId":"prp_1"},"hostname":{"cnameFrom":"a.b"},"matchReason":"Exact hostname match (cached)"},{"type":"property_name","property":{},"matchReason":"Property name match"}]"#
    );
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused_and_never_panics(text in "\\PC{0,80}") {
        if let Ok(wanted) = SearchTerm::new(&text) {
            for (_, name) in wanted.hostnames() {
                prop_assert!(name.as_str().contains('.'));
            }
            prop_assert!(!wanted.lower().is_empty());
        }
    }
}
