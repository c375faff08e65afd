use super::*;

#[test]
fn a_bare_name_selects_its_resource() {
    for (name, of) in [
        ("prp_1", Some(GetResource::Property)),
        ("123", Some(GetResource::Property)),
        ("prp_1:v5", Some(GetResource::Rules)),
        ("ctr_C-1", Some(GetResource::Contract)),
        ("www.example.com", Some(GetResource::Hostname)),
        ("rules", None),
        ("contracts", None),
        ("grp_1", None),
        ("", None),
    ] {
        assert_eq!(GetResource::of_name(name), of, "{name}");
    }
}

#[test]
fn words_become_the_items_that_they_name() {
    let key = |subject: GetResource, word: &str| {
        let item = subject.named(word).unwrap();
        let key = match &item {
            ReadItem::Entry(entry) => Some(entry.to_string()),
            ReadItem::LatestRules(_) => None,
        };
        (key, item.name())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        key(GetResource::Property, "prp_1"),
        (some("property:prp_1"), "prp_1".into())
    );
    assert_eq!(
        key(GetResource::Rules, "prp_1:v5"),
        (some("property:prp_1:rules:v5"), "prp_1:v5".into())
    );
    assert_eq!(key(GetResource::Rules, "prp_1"), (None, "prp_1".into()));
    assert_eq!(
        key(GetResource::Hostname, "WWW.Example.com."),
        (some("hostname:www.example.com"), "www.example.com".into())
    );
    assert_eq!(
        key(GetResource::Contract, "C-1"),
        (some("contract:ctr_C-1"), "ctr_C-1".into())
    );
    assert_eq!(
        GetResource::Tree.list_item().map(|item| item.name()),
        some("tree")
    );
    assert_eq!(
        GetResource::Groups.list_item().map(|item| item.name()),
        some("all")
    );
    assert_eq!(GetResource::Property.list_item(), None);
}

fn entry(subject: GetResource, word: &str) -> Entry {
    match subject.named(word).unwrap() {
        ReadItem::Entry(entry) => entry,
        ReadItem::LatestRules(id) => panic!("the latest rules of {id}"),
    }
}

#[test]
fn a_host_name_in_unicode_has_another_form() {
    let ascii = |word| {
        let item = entry(GetResource::Hostname, word).in_ascii();
        item.map(|item| item.name())
    };
    assert_eq!(
        ascii("BÜCHER.example.").as_deref(),
        Some("xn--bcher-kva.example")
    );
    assert_eq!(
        ascii("*.bücher.example").as_deref(),
        Some("*.xn--bcher-kva.example")
    );
    assert_eq!(ascii("xn--bcher-kva.example"), None);
    assert_eq!(entry(GetResource::Property, "prp_1").in_ascii(), None);
}

#[test]
fn a_number_is_the_id_of_a_property() {
    assert_eq!(
        GetResource::Property.named("123"),
        GetResource::Property.named("prp_123")
    );
    assert_eq!(
        GetResource::Hostnames.named("123"),
        GetResource::Hostnames.named("prp_123")
    );
}

#[test]
fn words_that_name_nothing_are_refused() {
    for word in [
        "",
        "12a",
        "prp_",
        "prp_1:v5",
        "prp_*",
        "ctr_1",
        "www.example.com",
    ] {
        assert!(GetResource::Property.named(word).is_err(), "{word}");
    }
    for word in [
        "prp_1:5",
        "prp_1:v",
        "prp_1:v0",
        "prp_1:v+1",
        "prp_1:v1:v2",
        "v5",
    ] {
        assert!(GetResource::Rules.named(word).is_err(), "{word}");
    }
    for word in ["", ".", "localhost", "a b.example", "x:y.z"] {
        assert!(GetResource::Hostname.named(word).is_err(), "{word}");
    }
    for word in ["", "ctr_", "ctr_*", "prp_1", "a b"] {
        assert!(GetResource::Contract.named(word).is_err(), "{word}");
    }
}

#[test]
fn a_subresource_of_an_unknown_property_is_unknown_with_it() {
    let absent = |subject: GetResource, word| {
        let mark = entry(subject, word).absent();
        mark.map(|entry| entry.to_string())
    };
    assert_eq!(
        absent(GetResource::Hostnames, "prp_1").as_deref(),
        Some("absent:property:prp_1")
    );
    assert_eq!(
        absent(GetResource::Hostname, "a.example").as_deref(),
        Some("absent:hostname:a.example")
    );
    assert_eq!(
        absent(GetResource::Rules, "prp_1:v5").as_deref(),
        Some("absent:rules:prp_1-v5")
    );
    assert_eq!(Entry::AccountGroups.absent(), None);
}

#[test]
fn a_value_of_another_shape_does_not_fit() {
    let property = entry(GetResource::Property, "prp_1");
    assert!(property.fits(b" {\"a\":1}"));
    for broken in [&b"[]"[..], b"{", b"", b"null", b"\"x\"", b"{} x", b"\xff"] {
        assert!(!property.fits(broken), "{broken:?}");
    }
    assert!(Entry::AccountGroups.fits(b"[]"));
    assert!(!Entry::AccountGroups.fits(b"{}"));
}
