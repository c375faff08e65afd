//! Where Valkey is, from all that may say it.

use super::*;

#[test]
fn the_endpoint_is_found_in_the_order_of_the_variables() {
    let mut variables = vec![
        ("ALECS_CACHE_URL", "redis://a", "redis://a:6379/0"),
        ("VALKEY_URL", "redis://b", "redis://b:6379/0"),
        ("VALKEY_HOST", "c", "redis://c:6379/0"),
        ("VALKEY_PORT", "7001", "redis://127.0.0.1:7001/0"),
        ("CACHE_HOST", "d", "redis://d:6379/0"),
        ("CACHE_PORT", "7002", "redis://127.0.0.1:7002/0"),
        ("REDIS_URL", "redis://e", "redis://e:6379/0"),
    ];
    while let Some((_, _, endpoint)) = variables.first() {
        let mut case = Case::new();
        // A port alone is a host of its own kind: here only the strongest that is left counts.
        let skip_port = variables[0].0.ends_with("_HOST");
        for (name, value, _) in &variables {
            if !(skip_port && name.ends_with("_PORT")) {
                case = case.variable(name, value);
            }
        }
        assert_eq!(case.endpoint(), *endpoint);
        variables.remove(0);
    }
}

#[test]
fn the_environment_of_the_server_just_works() {
    let case = Case::new()
        .variable("VALKEY_HOST", "cache")
        .variable("VALKEY_PORT", "7000")
        .variable("VALKEY_PASSWORD", "hunter2")
        .variable("CACHE_HOST", "other")
        .variable("CACHE_PASSWORD", "wrong")
        .variable("REDIS_URL", "redis://:wrong@x");
    assert_eq!(case.endpoint(), "redis://cache:7000/0");
    assert_eq!(case.password().as_deref(), Some("hunter2"));
    let origin = case.settings().origin_of(&keys::url).unwrap().to_string();
    assert_eq!(origin, "VALKEY_HOST, VALKEY_PORT");
    let alone = Case::new().variable("CACHE_PASSWORD", "hunter2");
    assert_eq!(
        (alone.endpoint(), alone.password()),
        ("redis://127.0.0.1:6379/0".into(), Some("hunter2".into()))
    );
}

#[test]
fn the_password_of_one_server_is_not_sent_to_another() {
    let case = Case::new()
        .url("redis://elsewhere")
        .variable("VALKEY_PASSWORD", "hunter2")
        .variable("CACHE_PASSWORD", "hunter2");
    assert_eq!(case.password(), None);
    let case = Case::new()
        .variable("CACHE_HOST", "h")
        .variable("VALKEY_PASSWORD", "hunter2");
    assert_eq!(case.password(), None);
}

#[test]
fn variables_that_are_set_to_nothing_do_not_count() {
    let case = Case::new()
        .variable("ALECS_CACHE_URL", "")
        .variable("VALKEY_HOST", "")
        .variable("VALKEY_PASSWORD", "")
        .variable("ALECS_CUSTOMER", "");
    assert_eq!(
        (case.endpoint(), case.password()),
        ("redis://127.0.0.1:6379/0".into(), None)
    );
    assert!(!case.settings().customers.named);
}

#[test]
fn a_wrong_url_is_refused_without_showing_it() {
    for (exit, case) in [
        (Exit::Usage, Case::new().url("http://u:hunter2@h")),
        (
            Exit::Config,
            Case::new().variable("VALKEY_URL", "redis://u:hunter2@h:x"),
        ),
        (Exit::Config, Case::new().file("url = 'hunter2'")),
        (Exit::Config, Case::new().file("url = ['hunter2', 'b']")),
        (
            Exit::Config,
            Case::new().variable("VALKEY_HOST", "u:hunter2@h"),
        ),
        (Exit::Config, Case::new().variable("CACHE_PORT", "x")),
    ] {
        let message = case.refused(exit);
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_database_is_taken_from_the_url_unless_a_flag_says_another() {
    let db = |case: Case| case.settings().store.db;
    assert_eq!(db(Case::new().url("redis://h/4")), 4);
    assert_eq!(db(Case::new().url("redis://h/4").flag("db", "5")), 5);
    assert_eq!(
        db(Case::new()
            .url("redis://h/4")
            .variable("ALECS_CACHE_DB", "6")),
        4
    );
    assert_eq!(
        db(Case::new().url("redis://h").variable("ALECS_CACHE_DB", "6")),
        6
    );
    assert_eq!(
        db(Case::new()
            .file("url = 'redis://h/4'")
            .variable("ALECS_CACHE_DB", "6")),
        6
    );
}

#[test]
fn an_embedded_server_is_in_the_state_folder_unless_named() {
    let dir = |case: Case| match case.settings().store.target {
        Deployment::Embedded { dir, .. } => dir,
        other => panic!("{other:?}"),
    };
    let at = PathBuf::from;
    assert_eq!(
        dir(Case::new().url("embedded:")),
        at("/nonexistent/.local/state/alecs-cache/embedded")
    );
    assert_eq!(
        dir(Case::new()
            .url("embedded:")
            .variable("XDG_STATE_HOME", "/s")),
        at("/s/alecs-cache/embedded")
    );
    assert_eq!(dir(Case::new().url("embedded:~/x")), at("/nonexistent/x"));
    assert_eq!(
        dir(Case::new().url("embedded:x")),
        std::env::current_dir().unwrap().join("x")
    );
    let with_auth = Case::new()
        .url("embedded:/x")
        .variable("REDISCLI_AUTH", "pw");
    assert_eq!(with_auth.password(), None);
    let nowhere = Case::default().url("embedded:");
    assert!(
        nowhere
            .refused(Exit::Config)
            .contains("neither XDG_STATE_HOME nor HOME")
    );
}
