use super::*;
use serde_json::json;

fn report() -> Value {
    json!({
        "endpoint": "x",
        "hit_rate": 84.5,
        "latency_ms": {"p99": null},
        "server_latency": [{"addr": "a:1", "command": "get", "calls": 3}],
        "nodes": [{"addr": "a:1", "evicted_keys": 0}, {"addr": "b:2", "evicted_keys": 7}, {"addr": "c:3", "evicted_keys": null}],
        "customers": [],
    })
}

fn known() -> Vec<String> {
    [
        "hit_rate",
        "latency_ms.p99",
        "nodes.*.evicted_keys",
        "server_latency.*.calls",
        "customers.*.keys",
    ]
    .map(String::from)
    .into()
}

fn broken(text: &str) -> Vec<String> {
    let assertion = Assertion::parse(text, &known()).unwrap();
    let judged = assertion.judge(&report());
    let broken = judged.iter().filter(|one| !one.met);
    broken.map(ToString::to_string).collect()
}

#[test]
fn an_assertion_is_compared_with_the_number_of_that_name() {
    for (text, met) in [
        ("hit_rate>=84.5", true),
        ("hit_rate >= 85", false),
        ("hit_rate<85", true),
        ("hit_rate<=84.5", true),
        ("hit_rate>84.5", false),
        ("hit_rate==84.5", true),
        ("hit_rate!=84.5", false),
        ("hit_rate>-1e3", true),
    ] {
        assert_eq!(broken(text).is_empty(), met, "{text}");
    }
    assert_eq!(
        broken("hit_rate>=85"),
        ["`hit_rate>=85` is not met: hit_rate is 84.5"]
    );
}

#[test]
fn a_star_stands_for_all_elements_and_a_missing_value_fails() {
    assert_eq!(
        broken("nodes.*.evicted_keys==0"),
        [
            "`nodes.*.evicted_keys==0` is not met: nodes.b:2.evicted_keys is 7",
            "`nodes.*.evicted_keys==0` is not met: nodes.c:3.evicted_keys has no value",
        ]
    );
    assert_eq!(
        broken("latency_ms.p99!=1"),
        ["`latency_ms.p99!=1` is not met: latency_ms.p99 has no value"]
    );
    assert_eq!(
        broken("server_latency.*.calls<3"),
        ["`server_latency.*.calls<3` is not met: server_latency.a:1/get.calls is 3"]
    );
    assert_eq!(
        broken("customers.*.keys<1"),
        ["`customers.*.keys<1` is not met: customers.*.keys has no value"]
    );
}

#[test]
fn an_invalid_assertion_is_refused_with_similar_names() {
    let refused = |text: &str| Assertion::parse(text, &known()).unwrap_err();
    for text in [
        "hit_rate",
        "hit_rate=85",
        ">=85",
        "hit_rate>=",
        "",
        "hit_rate=>85",
    ] {
        assert!(matches!(refused(text), AssertError::Shape(_)), "{text}");
    }
    for text in [
        "hit_rate>=x",
        "hit_rate>=NaN",
        "hit_rate>=85%",
        "hit_rate>>85",
    ] {
        assert!(matches!(refused(text), AssertError::Number(_)), "{text}");
    }
    let error = refused("hit_rat>=85").to_string();
    assert_eq!(error, "unknown figure `hit_rat`; did you mean hit_rate?");
    let error = refused("nosuch==0").to_string();
    assert_eq!(error, "unknown figure `nosuch`");
    let error = refused("evicted_kyes==0").to_string();
    assert!(error.contains("nodes.*.evicted_keys"), "{error}");
}

#[test]
fn each_number_has_a_line_with_pass_or_fail() {
    let assertion = Assertion::parse("nodes.*.evicted_keys==0", &known()).unwrap();
    let lines: Vec<String> = assertion
        .judge(&report())
        .iter()
        .map(CheckedAssertion::line)
        .collect();
    assert_eq!(
        lines,
        [
            "PASS nodes.*.evicted_keys==0: nodes.a:1.evicted_keys is 0",
            "FAIL nodes.*.evicted_keys==0: nodes.b:2.evicted_keys is 7",
            "FAIL nodes.*.evicted_keys==0: nodes.c:3.evicted_keys is no value",
        ]
    );
}

#[test]
fn the_names_of_a_report_are_those_of_its_numbers() {
    assert_eq!(
        names(&report()),
        ["hit_rate", "server_latency.*.calls", "nodes.*.evicted_keys"]
    );
}
