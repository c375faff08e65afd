//! Users and passwords.

use super::*;

#[test]
fn a_password_file_outranks_the_url_and_that_a_variable() {
    let file = password_file("of file\n");
    let base = || {
        Case::new()
            .variable("VALKEYCLI_AUTH", "of variable")
            .variable("REDISCLI_AUTH", "of older variable")
    };
    assert_eq!(base().password().as_deref(), Some("of variable"));
    assert_eq!(
        Case::new()
            .variable("REDISCLI_AUTH", "x")
            .password()
            .as_deref(),
        Some("x")
    );
    assert_eq!(
        base().url("redis://:of-url@h").password().as_deref(),
        Some("of-url")
    );
    let with_file = |case: Case| case.flag("password_file", file.path().to_str().unwrap());
    assert_eq!(
        with_file(base().url("redis://:of-url@h"))
            .password()
            .as_deref(),
        Some("of file")
    );
    assert_eq!(
        base()
            .variable("VALKEY_URL", "redis://:of-url@h")
            .password()
            .as_deref(),
        Some("of-url")
    );
    assert_eq!(
        base()
            .file("url = 'redis://:of-url@h'")
            .password()
            .as_deref(),
        Some("of variable")
    );
    let of_config = Case::new().file(&format!("password_file = '{}'", file.path().display()));
    assert_eq!(of_config.password().as_deref(), Some("of file"));
}

#[test]
fn a_user_is_found_as_the_password_is() {
    let user = |case: Case| case.settings().store.username;
    let text = |text: &str| Some(text.to_owned());
    let base = || Case::new().variable("VALKEYCLI_USER", "of-variable");
    assert_eq!(user(base()), text("of-variable"));
    assert_eq!(user(base().url("redis://of-url@h")), text("of-url"));
    assert_eq!(
        user(base().url("redis://of-url@h").flag("username", "of-flag")),
        text("of-flag")
    );
    assert_eq!(user(base().url("redis://:pw@h")), None);
}

#[test]
fn a_missing_or_empty_password_file_is_a_matter_of_the_configuration() {
    Case::new()
        .flag("password_file", "/nonexistent/pw")
        .refused(Exit::Config);
    let empty = password_file("\n");
    Case::new()
        .flag("password_file", empty.path().to_str().unwrap())
        .refused(Exit::Config);
}

#[test]
fn a_password_that_others_can_see_is_warned_of_and_never_shown() {
    use std::os::unix::fs::PermissionsExt as _;
    let settings = Case::new().url("redis://u:hunter2@h").settings();
    assert_eq!(settings.warnings.len(), 1);
    assert!(!format!("{settings:?}").contains("hunter2"));
    let row = settings
        .rows
        .iter()
        .find(|row| row.setting == "url")
        .unwrap();
    assert_eq!(row.value.as_deref(), Some("redis://u:********@h:6379"));
    assert!(
        Case::new()
            .variable("VALKEY_URL", "redis://u:hunter2@h")
            .settings()
            .warnings
            .is_empty()
    );
    let file = password_file("x");
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let case = Case::new().flag("password_file", file.path().to_str().unwrap());
    assert_eq!(case.settings().warnings.len(), 1);
}
