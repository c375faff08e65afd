//! Host names with other letters than ASCII: what is typed in Unicode means the same name at every command.

use crate::support::stage::{Stage, small};

const TYPED: [&str; 3] = ["bücher.example", "BÜCHER.example.", "xn--bcher-kva.example"];
const KEY: &str = "akamai:acme:hostname:xn--bcher-kva.example";

/// A cache of an account that has a name in either form.
fn warmed() -> Stage {
    let mut account = small();
    account.hostnames.clear();
    account.add_hostname("xn--bcher-kva.example", "prp_100000");
    account.add_hostname("grün.example", "prp_100001");
    let stage = Stage::new(account);
    stage.warm("");
    assert!(stage.left(KEY) > 0);
    stage
}

#[test]
fn invalidate_removes_a_unicode_name_in_the_form_that_is_cached() {
    let stage = warmed();
    for typed in TYPED {
        for options in ["", " --cascade"] {
            let line = format!("invalidate -o json{options} {typed}");
            let ended = stage.run(&line).with(0);
            assert!(!ended.stderr.contains("does not show"), "{}", ended.stderr);
            let report = ended.json();
            assert_eq!(report["by_target"].as_array().map(Vec::len), Some(1));
            assert!(report["removed"].as_u64() > Some(0), "{report}");
            assert_eq!(stage.get(KEY), None, "{line}");
            stage.run("undo").with(0);
            assert!(stage.get(KEY).is_some(), "{line}");
        }
    }
    let listed = stage.command("invalidate -").stdin("bücher.example\n");
    listed.run().with(0);
    assert_eq!(stage.get(KEY), None);
    stage.run("invalidate grün.example").with(0);
    assert_eq!(stage.get("akamai:acme:hostname:grün.example"), None);
    let unknown = stage.run("invalidate --cascade unbekannt-ü.example");
    let warnings = unknown.with(0).stderr;
    assert_eq!(warnings.matches("does not show").count(), 1, "{warnings}");
}

#[test]
fn warm_fetches_the_property_of_a_unicode_name_cached_or_not() {
    let stage = warmed();
    for typed in TYPED.into_iter().chain(["grün.example"]) {
        let report = stage.warm(typed);
        assert_eq!(report["complete"], true, "{report}");
        assert_eq!(stage.api.calls("/search/find-by-value"), 0, "{typed}");
    }
    stage.run("invalidate --everything --yes").with(0);
    let report = stage.warm("bücher.example");
    assert_eq!(report["complete"], true, "{report}");
    assert!(stage.left(KEY) > 0);
    stage.run("warm --check bücher.example").with(0);
}

#[test]
fn inspect_shows_a_unicode_name_in_the_form_that_is_cached() {
    let stage = warmed();
    let shown = |typed: &str| {
        let report = stage.run(&format!("inspect -o json {typed}")).with(0);
        report.json()["key"].clone()
    };
    for typed in TYPED {
        assert_eq!(shown(typed), KEY, "{typed}");
    }
    assert_eq!(shown("grün.example"), "akamai:acme:hostname:grün.example");
    let missing = stage.run("inspect hostname:bücher.example").with(5);
    assert!(missing.stderr.contains("hostname:bücher.example"));
}
