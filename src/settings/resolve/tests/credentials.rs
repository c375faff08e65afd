//! Users and passwords.

use super::*;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_password_file_outranks_the_url_and_that_a_variable() {
    let file = file_with("of file\n");
    let file = file.path().display();
    let variables = "VALKEYCLI_AUTH=of-variable REDISCLI_AUTH=of-older-variable";
    for (case, password) in [
        (case(variables), "of-variable"),
        (case("REDISCLI_AUTH=x"), "x"),
        (
            case(&format!("{variables} --url=redis://:of-url@h")),
            "of-url",
        ),
        (
            case(&format!(
                "{variables} --url=redis://:of-url@h --password-file={file}"
            )),
            "of file",
        ),
        (
            case(&format!("{variables} VALKEY_URL=redis://:of-url@h")),
            "of-url",
        ),
        (
            with_file("url = 'redis://:of-url@h'", variables),
            "of-variable",
        ),
        (
            with_file(&format!("password_file = '{file}'"), ""),
            "of file",
        ),
    ] {
        assert_eq!(case.password().as_deref(), Some(password));
    }
}

#[test]
fn a_user_is_found_as_the_password_is() {
    for (line, user) in [
        ("", Some("of-variable")),
        ("--url=redis://of-url@h", Some("of-url")),
        ("--url=redis://of-url@h --username=of-flag", Some("of-flag")),
        ("--url=redis://:pw@h", None),
    ] {
        let case = case(&format!("VALKEYCLI_USER=of-variable {line}"));
        assert_eq!(case.settings().store.username.as_deref(), user, "{line}");
    }
}

#[test]
fn a_missing_or_empty_password_file_is_a_matter_of_the_configuration() {
    case("--password-file=/nonexistent/pw").refused(Exit::Config);
    let empty = file_with("\n");
    case(&format!("--password-file={}", empty.path().display())).refused(Exit::Config);
}

#[test]
fn a_password_that_others_can_see_is_warned_of_and_never_shown() {
    let typed = case("--url=redis://u:hunter2@h");
    let settings = typed.settings();
    assert_eq!(settings.warnings.len(), 1);
    assert!(!format!("{settings:?}").contains("hunter2"));
    let (shown, _) = typed.row("url");
    assert_eq!(shown.as_deref(), Some("redis://u:********@h:6379"));
    let of_variable = case("VALKEY_URL=redis://u:hunter2@h").settings();
    assert!(of_variable.warnings.is_empty());
    let file = file_with("x");
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let case = case(&format!("--password-file={}", file.path().display()));
    assert_eq!(case.settings().warnings.len(), 1);
}
