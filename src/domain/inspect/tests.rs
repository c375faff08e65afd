use super::*;
use crate::domain::key::{Fqdn, Id};
use crate::domain::ttl::Policy;

fn target(text: &str) -> Result<InspectTarget, InspectTargetError> {
    let acme = Customer::new("acme").unwrap();
    InspectTarget::parse(text.as_bytes(), false, &Scheme::default(), &acme)
}

fn exact(text: &str) -> Result<InspectTarget, InspectTargetError> {
    let acme = Customer::new("acme").unwrap();
    InspectTarget::parse(text.as_bytes(), true, &Scheme::default(), &acme)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what it is compared with may fail"
)]
fn key(text: &str) -> Result<InspectTarget, InspectTargetError> {
    Ok(InspectTarget::Key(text.into()))
}

#[test]
fn an_argument_names_a_key_or_is_refused() {
    for (text, named) in [
        ("prp_1", "akamai:acme:property:prp_1"),
        ("ctr_C-1", "akamai:acme:contract:ctr_C-1"),
        ("WWW.Example.com.", "akamai:acme:hostname:www.example.com"),
        (
            "hostname:WWW.Example.com",
            "akamai:acme:hostname:www.example.com",
        ),
        ("search:WWW: b\n", "akamai:acme:search:www: b\n"),
        ("search:a\\b", "akamai:acme:search:a\\b"),
        ("search:x:lock", "akamai:acme:search:x:lock"),
        (
            "property:prp_1:hostnames",
            "akamai:acme:property:prp_1:hostnames",
        ),
        ("hostnames", "akamai:acme:hostnames"),
        ("beta:property:prp_1", "akamai:beta:property:prp_1"),
        ("akamai:beta:property:prp_1", "akamai:beta:property:prp_1"),
        ("stats:2026-01-02:hits", "akamai:stats:2026-01-02:hits"),
    ] {
        assert_eq!(target(text), key(named), "{text}");
        assert_eq!(exact(text), key(named), "{text}");
    }
    for text in ["", "nonsense", "a:b:c", "session:1", "123", "grp_1"] {
        assert!(target(text).is_err(), "{text}");
    }
}

#[test]
fn a_pattern_is_recognized_by_its_text_alone() {
    for (text, glob) in [
        ("property:*", "akamai:acme:property:*"),
        ("search:a?", "akamai:acme:search:a?"),
        ("akamai:beta:p[ae]*", "akamai:beta:p[ae]*"),
        ("search:a\\**", "akamai:acme:search:a\\**"),
        ("stats:*", "akamai:stats:*"),
        ("*", "akamai:acme:*"),
    ] {
        assert_eq!(
            target(text),
            Ok(InspectTarget::Pattern(glob.into())),
            "{text}"
        );
    }
}

#[test]
fn keys_below_a_property_match_a_glob() {
    let parts = |key: &str| parts_of(key.as_bytes(), &Scheme::default());
    assert_eq!(
        parts("akamai:acme:property:prp_1"),
        Some(b"akamai:acme:property:prp_1:*".to_vec())
    );
    assert_eq!(parts("akamai:acme:property:prp_1:hostnames"), None);
    assert_eq!(parts("akamai:acme:contract:ctr_1"), None);
}

#[test]
fn glob_characters_are_literal_if_escaped_or_exact() {
    for (escaped, text, named) in [
        ("search:a\\*b", "search:a*b", "akamai:acme:search:a*b"),
        (
            "\\*.example.com",
            "*.example.com",
            "akamai:acme:hostname:*.example.com",
        ),
        (
            "search:\\[x]\\\\\\?",
            "search:[x]\\?",
            "akamai:acme:search:[x]\\?",
        ),
        ("akamai:acme:x\\*", "akamai:acme:x*", "akamai:acme:x*"),
    ] {
        assert_eq!(target(escaped), key(named), "{escaped}");
        assert_eq!(exact(text), key(named), "{text}");
    }
    assert!(exact("no:such*").is_err());
}

#[test]
fn only_whole_keys_may_be_other_bytes_than_utf_8() {
    let acme = Customer::new("acme").unwrap();
    let parse = |word: &[u8]| InspectTarget::parse(word, false, &Scheme::default(), &acme);
    let word = b"akamai:acme:search:caf\xe9";
    assert_eq!(parse(word), Ok(InspectTarget::Key(word.to_vec())));
    let refused = parse(b"search:caf\xe9").unwrap_err().to_string();
    assert!(
        refused.starts_with("`search:caf\\xe9` is neither"),
        "{refused}"
    );
}

#[test]
fn freshness_is_judged_against_the_policy() {
    let policy = Some(Lifetime {
        given: Duration::from_mins(15),
        stale_for: Duration::ZERO,
        renewed: true,
    });
    let left = |seconds| Ttl::Left(Duration::from_secs(seconds));
    assert_eq!(KeyFreshness::of(left(181), policy), KeyFreshness::Fresh);
    assert_eq!(
        KeyFreshness::of(left(179), policy),
        KeyFreshness::RefreshDue
    );
    assert_eq!(KeyFreshness::of(Ttl::Forever, policy), KeyFreshness::NoTtl);
    assert_eq!(KeyFreshness::of(Ttl::Forever, None), KeyFreshness::Unknown);
    assert!(about_to_expire(left(44), policy));
    assert!(!about_to_expire(left(46), policy));
}

#[test]
fn a_key_is_judged_as_a_read_judges_it() {
    use crate::domain::read::freshness::Freshness;
    use crate::domain::ttl::Resource;
    let policy = Policy::default();
    for stale_for in [0, 600, 3_600].map(Duration::from_secs) {
        let lifetimes = Lifetimes {
            policy: &policy,
            stale_for,
        };
        let key = Scheme::default().parse(b"akamai:acme:property:prp_1");
        let lifetime = Lifetime::of(&key.unwrap(), &lifetimes);
        for left in (1..6_000).map(|left| Ttl::Left(Duration::from_millis(left * 1_000 + 1))) {
            let read = match lifetimes.freshness(Resource::Details, left) {
                Some(Freshness::Fresh) => vec![KeyFreshness::Fresh],
                Some(Freshness::Stale) => vec![KeyFreshness::Stale],
                _ => vec![KeyFreshness::RefreshDue, KeyFreshness::KeptBeyondTtl],
            };
            let judged = KeyFreshness::of(left, lifetime);
            assert!(read.contains(&judged), "{left:?} {stale_for:?}");
            let known = judged != KeyFreshness::KeptBeyondTtl;
            assert_eq!(fresh_for(left, lifetime).is_some(), known);
        }
    }
}

#[test]
fn locks_marks_and_counts_have_a_time_and_are_never_due_for_a_refresh() {
    let policy = Policy::default();
    let lifetimes = Lifetimes {
        policy: &policy,
        stale_for: Duration::from_hours(1),
    };
    let lifetime = |key: &str| {
        Lifetime::of(
            &Scheme::default().parse(key.as_bytes()).unwrap(),
            &lifetimes,
        )
    };
    for (key, seconds) in [
        ("akamai:acme:property:prp_1:lock", 30),
        ("akamai:acme:warm:lock", 60),
        ("akamai:acme:invalidated", 3_600),
        ("akamai:acme:absent:property:prp_1", 60),
        ("akamai:stats:2026-01-02:hits", 604_800),
    ] {
        let found = lifetime(key);
        assert_eq!(
            found.map(|life| life.given.as_secs()),
            Some(seconds),
            "{key}"
        );
        let little = Ttl::Left(Duration::from_secs(1));
        assert_eq!(
            KeyFreshness::of(little, found),
            KeyFreshness::Fresh,
            "{key}"
        );
        assert_eq!(
            KeyFreshness::of(Ttl::Forever, found),
            KeyFreshness::NoTtl,
            "{key}"
        );
    }
    for key in [
        "akamai:acme:generation",
        "akamai:acme:audit",
        "akamai:acme:metrics:cache:hits",
    ] {
        assert_eq!(lifetime(key), None, "{key}");
    }
}

#[test]
fn tags_are_computed_from_the_value() {
    let item = serde_json::json!({
        "propertyId": "prp_1", "propertyName": "a", "contractId": "ctr_1", "groupId": "grp_1",
    });
    let id = Id::new("prp_1").unwrap();
    let expected = ["property:prp_1", "group:grp_1", "contract:ctr_1"];
    let text = item.to_string();
    assert_eq!(tags(&Entry::Property(id.clone()), &text), expected);
    let host = serde_json::json!({ "property": item, "hostname": {} });
    let name = Fqdn::new("a.b").unwrap();
    assert_eq!(tags(&Entry::Hostname(name), &host.to_string()), expected);
    assert_eq!(tags(&Entry::Rules(id, 1), "{}"), ["property:prp_1"]);
}
