//! `doctor` reports credentials that are missing, refused, or of another account.

use crate::doctor::{check, failed, look, names_of_failed, stage};
use crate::support::akamai::{Akamai, Fault};
use crate::support::run::Home;
use crate::support::server::Server;

#[test]
fn credentials_of_another_account_than_the_cached_one_are_reported() {
    let stage = stage();
    stage.warm("");
    stage
        .api
        .edit(|account| "act_Other".clone_into(&mut account.id));
    let refused = stage.run("warm prp_100000").with(2);
    let ended = look(&stage, "").run().with(2);
    let (detail, hint) = failed(&ended, "account");
    assert!(refused.stderr.contains(&detail), "{detail}");
    assert!(detail.contains("act_Other"), "{detail}");
    assert!(hint.contains("--section"), "{hint}");
    assert_eq!(check(&ended, "akamai")["ok"], true);
}

#[test]
fn a_section_that_the_file_lacks_is_reported_as_3() {
    let stage = stage();
    let ended = look(&stage, "-c amce").run().with(3);
    let (detail, _) = failed(&ended, "credentials");
    assert!(
        detail.contains("amce") && detail.contains("did you mean `acme`?"),
        "{detail}"
    );
    assert_eq!(stage.api.seen().len(), 0);
}

#[test]
fn without_a_customer_the_sections_of_the_file_are_named() {
    let stage = stage();
    let file = Akamai::edgerc(stage.home.path(), &["acme", "beta"]);
    let line = format!("doctor -o json --url {}", stage.server.url());
    let run = stage.home.command(&line).env("AKAMAI_EDGERC", file);
    let (_, hint) = failed(&run.run().with(3), "credentials");
    assert_eq!(hint, "name a customer with -c (acme, beta)");
}

#[test]
fn an_empty_variable_beside_others_is_named_and_not_the_file_that_is_missing() {
    let home = Home::new();
    let told = |line: &str| {
        let run = home.command(line).env("AKAMAI_ACME_HOST", "localhost");
        let run = run.env("AKAMAI_ACME_CLIENT_TOKEN", "hunter2");
        let run = run.env("AKAMAI_ACME_ACCESS_TOKEN", "hunter2");
        run.env("AKAMAI_ACME_CLIENT_SECRET", "").run().with(3)
    };
    let reason = "AKAMAI_ACME_CLIENT_SECRET is empty (AKAMAI_ACME_HOST is set)";
    let hint = "set all variables of the section (is the secret available to this CI job?), or name a file with --edgerc";
    let server = Server::valkey();
    let doctor = told(&format!("doctor -c acme -o json --url {}", server.url()));
    let expected = (reason.to_owned(), hint.to_owned());
    assert_eq!(failed(&doctor, "credentials"), expected);
    let get = told(&format!("get groups -c acme --url {}", server.url()));
    let shown = format!("error: {reason}\n  hint: {hint}\n");
    assert!(get.stderr.ends_with(&shown), "{}", get.stderr);
}

#[test]
fn a_file_that_others_may_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = stage();
    let run = look(&stage, "");
    let file = Akamai::edgerc(stage.home.path(), &["acme", "beta"]);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = run.run().with(3);
    let (_, hint) = failed(&ended, "credentials file");
    assert!(hint.contains("chmod 600"), "{hint}");
    assert_eq!(check(&ended, "akamai")["ok"], true);
}

#[test]
fn incomplete_variables_are_reported_with_their_own_remedy() {
    let stage = stage();
    let run = look(&stage, "");
    Akamai::edgerc(stage.home.path(), &["acme", "beta"]);
    let ended = run.env("AKAMAI_ACME_HOST", "localhost").run().with(3);
    let (detail, hint) = failed(&ended, "credentials file");
    assert!(detail.contains("AKAMAI_ACME_CLIENT_SECRET"), "{detail}");
    assert_eq!(hint, "set all variables of the section, or none");
}

#[test]
fn refused_credentials_are_reported_as_4_with_a_hint() {
    let skew = r#"{"type":"https://problems.luna.akamaiapis.net/-/pep-authn/request-error","title":"Bad request","status":400,"detail":"Invalid timestamp"}"#;
    let past = vec![("date", "Sat, 28 Nov 2020 10:00:00 GMT".to_owned())];
    for (fault, expected) in [
        (
            Fault::Status(
                401,
                vec![],
                r#"{"title":"Not authorized","status":401,"detail":"Inactive client token"}"#
                    .into(),
            ),
            "the section of .edgerc",
        ),
        (Fault::Status(400, past, skew.into()), "set the clock"),
        (
            Fault::Status(
                403,
                vec![],
                r#"{"title":"Forbidden","status":403,"detail":"No such account"}"#.into(),
            ),
            "--account-key",
        ),
    ] {
        let stage = stage();
        stage.api.fault("/groups", usize::MAX, fault);
        let ended = look(&stage, "").run().with(4);
        let (detail, hint) = failed(&ended, "akamai");
        assert!(hint.contains(expected), "{detail}: {hint}");
        assert_eq!(names_of_failed(&ended), ["akamai"]);
    }
}
