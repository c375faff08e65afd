//! A run that was asked for some resources finds each former form all the same: what it does not replace is removed or
//! patched, and no later run takes it for new.

use crate::stale_embeds::{Embedding, activate};
use crate::support::stage::{Stage, small};
use serde_json::Value;

const ITEM: &str = "akamai:acme:property:prp_100001";
const LIST: &str = "akamai:acme:properties:all";
const MAP: &str = "akamai:acme:hostname:map";
const NEW: &str = "akamai:acme:hostname:new.example.com";

/// Warms everything that embeds the property, and then changes it at Akamai. Returns its former name as it is cached.
fn changed(stage: &Stage) -> (Embedding<'_>, String) {
    stage.warm("--all --skip rules");
    let embedding = Embedding::asked(stage);
    let old = format!(r#""propertyName":"{}""#, embedding.name);
    activate(stage, &embedding.host);
    (embedding, old)
}

/// Returns the keys with the former name, except the host name that the property has lost: a run for a part of the
/// account does not remove it.
fn former(embedding: &Embedding<'_>, old: &str) -> Vec<String> {
    let mut said = embedding.says(old);
    said.retain(|key| *key != format!("akamai:acme:hostname:{}", embedding.host));
    said
}

#[test]
fn a_part_that_was_stored_in_a_new_form_leaves_no_former_form_and_the_next_run_renews_the_rest() {
    for line in [
        "invalidate hostname:map --refill --yes",
        "invalidate hostnames --refill --yes",
        "invalidate --pattern *:hostnames --refill --yes",
        "invalidate --pattern host* --refill --yes",
        "invalidate --pattern property:prp_100001 --refill --yes",
        "invalidate --pattern property:* --refill --yes",
        "warm --only map --force",
        "warm --only hostnames --force",
        "warm --only details --force",
    ] {
        let stage = Stage::new(small());
        let (embedding, old) = changed(&stage);
        stage.run(line).with(0);
        assert_eq!(embedding.cached(), Vec::<String>::new(), "{line}");
        assert_eq!(former(&embedding, &old), Vec::<String>::new(), "{line}");
        for list in ["versions", "activations"] {
            let kind: String = stage.server.ask(&["TYPE", &format!("{ITEM}:{list}")]);
            let refilled = line.contains("property:*");
            assert_eq!(kind != "none", refilled, "{line}: {list}");
        }
        let list = stage.get(LIST).unwrap();
        assert!(list.contains("renamed"), "{line}: {list}");
        // A later run fetches what was removed, and makes nothing from a former form.
        stage.run("warm").with(0);
        assert_eq!(former(&embedding, &old), Vec::<String>::new(), "{line}");
        assert!(stage.get(NEW).unwrap().contains("renamed"), "{line}");
        stage.run("warm --check").with(0);
    }
}

#[test]
fn a_part_that_has_not_changed_removes_nothing() {
    let stage = Stage::new(small());
    stage.warm("--all --skip rules");
    let embedding = Embedding::asked(&stage);
    let before = stage.data();
    for line in [
        "warm --only map --force",
        "warm --only hostnames --force",
        "warm --only details --force",
        "warm --only versions --force",
        "warm --only versions prp_100001",
        "invalidate hostname:map --refill --yes",
    ] {
        stage.run(line).with(0);
        assert_eq!(embedding.cached().len(), 9, "{line}");
        assert_eq!(stage.data(), before, "{line}");
    }
}

#[test]
fn a_named_run_for_other_resources_compares_the_property_although_no_list_has_it() {
    let stage = Stage::new(small());
    let (embedding, old) = changed(&stage);
    stage.delete(LIST);
    stage.run("warm prp_100001 --only versions").with(0);
    assert_eq!(embedding.cached(), Vec::<String>::new());
    assert_eq!(former(&embedding, &old), Vec::<String>::new());
    let kind: String = stage.server.ask(&["TYPE", &format!("{ITEM}:versions")]);
    assert_eq!(kind, "list");
}

#[test]
fn a_newer_form_that_another_program_has_stored_is_evidence_of_a_change() {
    for (line, most) in [
        ("warm", None),
        ("warm --all --skip rules", None),
        ("warm --only versions", Some(0)),
        ("warm --only map,properties", None),
        ("warm --only properties", Some(0)),
    ] {
        for newer in [ITEM, LIST] {
            let stage = Stage::new(small());
            let (embedding, old) = changed(&stage);
            stage.server_fetches(newer);
            // As long as the server gives a list, so that it is not due.
            stage.expire(newer, 300);
            let hosts = format!("{ITEM}:hostnames");
            stage.delete(&hosts);
            let case = format!("{line}, {newer}");
            let plan = format!("{line} --dry-run -o json");
            let plan = stage.run(&plan).with(0).json();
            let report = stage.run(&format!("{line} -o json")).with(0).json();
            let calls = |report: &Value, name: &str| report[name].as_u64().unwrap();
            let (made, planned) = (calls(&report, "api_calls"), calls(&plan, "planned_calls"));
            assert!(made <= planned, "{case}: {made}, {plan}");
            assert!(most.is_none_or(|most| made <= most), "{case}: {made}");
            assert_eq!(embedding.cached(), Vec::<String>::new(), "{case}");
            assert_eq!(former(&embedding, &old), Vec::<String>::new(), "{case}");
            assert!(stage.get(LIST).unwrap().contains("renamed"), "{case}");
            if line == "warm" {
                assert!(stage.get(NEW).unwrap().contains("renamed"), "{case}");
                let shown = stage.run("get hostnames prp_100001 -o json").with(0);
                assert!(shown.stdout.contains("new.example.com"), "{case}");
            }
            if line.contains("map") {
                let map = stage.get(MAP).unwrap_or_default();
                assert!(map.contains("renamed"), "{case}: {map} {report}");
            }
            stage.run("warm").with(0);
            stage.run("warm --check").with(0);
        }
    }
}
