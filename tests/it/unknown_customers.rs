//! Unknown customers, and names that are not valid customers.

use crate::support::run::Ended;
use crate::support::stage::{Stage, small};
use serde_json::json;

/// A cache with keys of acme and beta only.
fn cached() -> Stage {
    let stage = Stage::new(small());
    for key in ["akamai:acme:property:prp_1", "akamai:beta:property:prp_1"] {
        stage.server_writes(key, "{}");
    }
    stage
}

fn for_customer(stage: &Stage, line: &str, customer: &str) -> Ended {
    stage.command(line).env("ALECS_CUSTOMER", customer).run()
}

#[test]
fn a_mistyped_customer_gets_a_suggestion_and_leaves_no_key() {
    let stage = cached();
    let before = stage.keys();
    for (line, exit) in [
        ("invalidate prp_1", 0),
        ("invalidate prp_1 --cascade -o json", 0),
        ("invalidate www.example.com", 0),
        ("invalidate --everything --yes", 0),
        ("invalidate --pattern property:* --yes", 0),
        ("invalidate prp_1 --dry-run", 0),
        ("inspect prp_1", 5),
        ("inspect property:*", 0),
        ("hit-rate", 0),
        ("stats", 0),
        ("log", 0),
        ("locks", 0),
        ("customers", 0),
        ("doctor --no-akamai", 0),
        ("undo", 5),
        ("get property prp_1", 3),
        ("search www.example.com", 3),
    ] {
        let ended = for_customer(&stage, line, "amce").with(exit);
        let warning =
            "warning: nothing is cached for customer amce (cached: acme, beta); did you mean acme?";
        assert!(ended.stderr.contains(warning), "{line}: {}", ended.stderr);
        assert_eq!(stage.keys(), before, "{line}");
    }
    let report = for_customer(&stage, "invalidate prp_1 -o json", "amce").json();
    assert_eq!(report["customer"], "amce");
    assert_eq!(report["removed"], 0);
}

#[test]
fn a_customer_with_keys_or_credentials_is_known() {
    let stage = cached();
    for (line, exit) in [
        ("invalidate prp_9", 0),
        ("hit-rate", 0),
        ("get property prp_100000", 0),
    ] {
        let ended = for_customer(&stage, line, "acme").with(exit);
        assert!(
            !ended.stderr.contains("warning"),
            "{line}: {}",
            ended.stderr
        );
    }
    // A customer in `.edgerc` gets marks even if all its keys are gone.
    let stage = Stage::new(small());
    stage.command("invalidate prp_1 --refill").run();
    assert!(stage.keys().contains(&"akamai:acme:invalidated".to_owned()));
}

#[test]
fn without_a_name_commands_that_find_nothing_say_who_has_keys() {
    let stage = cached();
    for (line, exit) in [
        ("invalidate prp_1", 0),
        ("inspect prp_1", 5),
        ("inspect property:*", 0),
        ("get property prp_1", 3),
        ("search www.example.com", 3),
    ] {
        let ended = for_customer(&stage, line, "").with(exit);
        let told = "for customer default (cached: acme, beta); name one with -c";
        assert!(ended.stderr.contains(told), "{line}: {}", ended.stderr);
    }
}

#[test]
fn stats_and_runs_for_all_customers_name_those_that_cannot_be_managed() {
    let stage = cached();
    for name in ["Acme Corp", "*"] {
        let key = format!("akamai:{name}:property:prp_1");
        let _: String = stage.server.ask(&["SET", &key, "{}"]);
    }
    let expected = json!(["*", "Acme Corp"]);
    for line in [
        "stats --full",
        "stats",
        "invalidate prp_1 --all-customers --yes --dry-run",
        "invalidate prp_1 --all-customers --yes",
    ] {
        let json = for_customer(&stage, &format!("{line} -o json"), "")
            .with(0)
            .json();
        assert_eq!(json["not_manageable"], expected, "{line}");
        let shown = for_customer(&stage, line, "").with(0);
        let told =
            "warning: not manageable, because their names are not allowed here: *, Acme Corp";
        assert!(shown.stderr.contains(told), "{line}: {}", shown.stderr);
    }
    assert!(stage.keys().contains(&"akamai:*:property:prp_1".to_owned()));
}
