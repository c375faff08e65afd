//! Where Valkey is, from all that may say it.

use super::*;

#[test]
fn the_endpoint_is_found_in_the_order_of_the_variables() {
    let mut variables = vec![
        ("ALECS_CACHE_URL=redis://a", "redis://a:6379/0"),
        ("VALKEY_URL=redis://b", "redis://b:6379/0"),
        ("VALKEY_HOST=c", "redis://c:6379/0"),
        ("VALKEY_PORT=7001", "redis://127.0.0.1:7001/0"),
        ("CACHE_HOST=d", "redis://d:6379/0"),
        ("CACHE_PORT=7002", "redis://127.0.0.1:7002/0"),
        ("REDIS_URL=redis://e", "redis://e:6379/0"),
    ];
    while let Some((strongest, endpoint)) = variables.first() {
        // A port belongs to the host beside it.
        let left = variables.iter().map(|(variable, _)| *variable);
        let left = left.filter(|name| !(strongest.contains("_HOST") && name.contains("_PORT")));
        assert_eq!(
            case(&left.collect::<Vec<_>>().join(" ")).endpoint(),
            *endpoint
        );
        variables.remove(0);
    }
}

#[test]
fn the_environment_of_the_server_just_works() {
    let server = case(
        "VALKEY_HOST=cache VALKEY_PORT=7000 VALKEY_PASSWORD=hunter2 CACHE_HOST=other CACHE_PASSWORD=wrong \
         REDIS_URL=redis://:wrong@x",
    );
    assert_eq!(server.endpoint(), "redis://cache:7000/0");
    assert_eq!(server.password().as_deref(), Some("hunter2"));
    let origin = server.settings().origin_of(&keys::url).unwrap().to_string();
    assert_eq!(origin, "VALKEY_HOST, VALKEY_PORT");
    let alone = case("CACHE_PASSWORD=hunter2");
    assert_eq!(alone.endpoint(), "redis://127.0.0.1:6379/0");
    assert_eq!(alone.password().as_deref(), Some("hunter2"));
}

#[test]
fn the_password_of_one_server_is_not_sent_to_another() {
    for line in [
        "VALKEY_PASSWORD=hunter2 CACHE_PASSWORD=hunter2 --url=redis://elsewhere",
        "CACHE_HOST=h VALKEY_PASSWORD=hunter2",
    ] {
        assert_eq!(case(line).password(), None, "{line}");
    }
}

#[test]
fn variables_that_are_set_to_nothing_do_not_count() {
    let case = case("ALECS_CACHE_URL= VALKEY_HOST= VALKEY_PASSWORD= ALECS_CUSTOMER=");
    assert_eq!(case.endpoint(), "redis://127.0.0.1:6379/0");
    assert_eq!(case.password(), None);
    assert!(!case.settings().customers.named);
}

#[test]
fn a_wrong_url_is_refused_without_showing_it() {
    for (exit, case) in [
        (Exit::Usage, case("--url=http://u:hunter2@h")),
        (Exit::Config, case("VALKEY_URL=redis://u:hunter2@h:x")),
        (Exit::Config, with_file("url = 'hunter2'", "")),
        (Exit::Config, with_file("url = ['hunter2', 'b']", "")),
        (Exit::Config, case("VALKEY_HOST=u:hunter2@h")),
        (Exit::Config, case("CACHE_PORT=x")),
    ] {
        let message = case.refused(exit);
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_database_is_taken_from_the_url_unless_a_flag_says_another() {
    for (case, db) in [
        (case("--url=redis://h/4"), 4),
        (case("--url=redis://h/4 --db=5"), 5),
        (case("ALECS_CACHE_DB=6 --url=redis://h/4"), 4),
        (case("ALECS_CACHE_DB=6 --url=redis://h"), 6),
        (with_file("url = 'redis://h/4'", "ALECS_CACHE_DB=6"), 6),
    ] {
        assert_eq!(case.settings().store.db, db);
    }
}

#[test]
fn an_embedded_server_is_in_the_state_folder_unless_named() {
    let here = std::env::current_dir().unwrap().join("x");
    for (line, folder) in [
        (
            "--url=embedded:",
            "/nonexistent/.local/state/alecs-cache/embedded",
        ),
        (
            "XDG_STATE_HOME=/s --url=embedded:",
            "/s/alecs-cache/embedded",
        ),
        ("--url=embedded:~/x", "/nonexistent/x"),
        ("--url=embedded:x", here.to_str().unwrap()),
    ] {
        match case(line).settings().store.target {
            Deployment::Embedded { dir, .. } => assert_eq!(dir, Path::new(folder)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(case("REDISCLI_AUTH=pw --url=embedded:/x").password(), None);
    let nowhere = case("HOME= --url=embedded:").refused(Exit::Config);
    assert!(nowhere.contains("neither XDG_STATE_HOME nor HOME"));
}
