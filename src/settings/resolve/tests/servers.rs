//! Arrangements of servers, and what of them is refused.

use super::*;

#[test]
fn sentinels_are_reached_with_their_own_user_and_password() {
    let pw = password_file("watch");
    let case = || {
        Case::new()
            .flag("mode", "sentinel")
            .flag("sentinels", "s")
            .flag("sentinel_username", "w")
    };
    let with_file = case().flag("sentinel_password_file", pw.path().to_str().unwrap());
    for case in [
        with_file,
        case().variable("ALECS_CACHE_SENTINEL_PASSWORD", "watch"),
    ] {
        let expected = Deployment::Sentinel {
            sentinels: vec![node("s", 26379)],
            master: "mymaster".into(),
            username: Some("w".into()),
            password: Some(Secret::new("watch")),
        };
        assert_eq!(case.settings().store.target, expected);
    }
    let case = Case::new()
        .variable("ALECS_CACHE_MODE", "sentinel")
        .variable("ALECS_CACHE_SENTINELS", "a, b:1")
        .variable("ALECS_CACHE_MASTER_NAME", "m");
    assert_eq!(case.endpoint(), "sentinel://m@a:26379,b:1");
}

#[test]
fn a_cluster_is_found_through_its_nodes_or_the_url() {
    let nodes = |case: Case| match case.settings().store.target {
        Deployment::Cluster(nodes) => nodes,
        other => panic!("{other:?}"),
    };
    let cluster = || Case::new().flag("mode", "cluster");
    assert_eq!(
        nodes(cluster().flag("nodes", "a:1,b:2")),
        [node("a", 1), node("b", 2)]
    );
    assert_eq!(nodes(cluster().url("redis://c:3")), [node("c", 3)]);
    assert_eq!(
        nodes(cluster().url("redis://c:3").flag("nodes", "a:1")),
        [node("a", 1), node("c", 3)]
    );
    assert_eq!(
        nodes(
            cluster()
                .variable("REDIS_URL", "redis://other")
                .flag("nodes", "a:1")
        ),
        [node("a", 1)]
    );
    assert_eq!(
        cluster()
            .url("redis://u:pw@c:3")
            .settings()
            .store
            .username
            .as_deref(),
        Some("u")
    );
}

/// Each case is refused with this code and a reason that says this.
fn all_refused<const N: usize>(cases: [(Case, Exit, &str); N]) {
    for (case, exit, reason) in cases {
        let message = case.refused(exit);
        assert!(message.contains(reason), "{message:?} lacks {reason:?}");
    }
}

#[test]
fn a_cluster_has_no_databases() {
    let cluster = || Case::new().flag("mode", "cluster").flag("nodes", "a:1");
    let reason = "a cluster has database 0 alone";
    all_refused([
        (cluster().flag("db", "1"), Exit::Usage, reason),
        (cluster().flag("db", "0"), Exit::Usage, reason),
        (
            cluster().variable("ALECS_CACHE_DB", "1"),
            Exit::Config,
            reason,
        ),
        (cluster().url("redis://h/4"), Exit::Usage, reason),
    ]);
    assert_eq!(cluster().url("redis://h/0").settings().store.db, 0);
}

#[test]
fn a_mode_needs_its_servers() {
    let of_variable = Case::new().variable("ALECS_CACHE_MODE", "sentinel");
    all_refused([
        (
            Case::new().flag("mode", "cluster"),
            Exit::Usage,
            "needs a node",
        ),
        (
            Case::new().flag("mode", "sentinel"),
            Exit::Usage,
            "needs a sentinel",
        ),
        (of_variable, Exit::Config, "needs a sentinel"),
    ]);
}

#[test]
fn servers_of_another_mode_are_refused() {
    let single = "but the mode is single";
    let master = Case::new().flag("master_name", "m");
    let cluster = || Case::new().flag("mode", "cluster");
    let sentinel = Case::new()
        .flag("mode", "sentinel")
        .flag("sentinels", "a:1");
    all_refused([
        (Case::new().flag("nodes", "a:1"), Exit::Usage, single),
        (Case::new().flag("sentinels", "a:1"), Exit::Usage, single),
        (master, Exit::Usage, single),
        (
            Case::new().variable("ALECS_CACHE_NODES", "a"),
            Exit::Config,
            single,
        ),
        (cluster().url("unix:///s"), Exit::Usage, "a unix socket"),
        (
            cluster().url("embedded:"),
            Exit::Usage,
            "an embedded server",
        ),
        (sentinel.url("redis://h"), Exit::Usage, "one server"),
    ]);
}

#[test]
fn a_flag_that_would_do_nothing_is_refused() {
    let ca = Case::new().flag("tls_ca", "/ca");
    let insecure = Case::new().flag("tls_insecure", "true");
    let name = Case::new().flag("tls_server_name", "h");
    let socket = Case::new().url("unix:///s").flag("tls", "true");
    let cert = Case::new().url("rediss://h").flag("tls_cert", "/c");
    let watcher = Case::new().flag("sentinel_username", "u");
    let embedded = Case::new().url("embedded:/x").flag("username", "u");
    all_refused([
        (ca, Exit::Usage, "--tls-ca has no effect without TLS"),
        (insecure, Exit::Usage, "--tls-insecure has no effect"),
        (name, Exit::Usage, "--tls-server-name has no effect"),
        (socket, Exit::Usage, "--tls has no effect"),
        (cert, Exit::Usage, "go together"),
        (watcher, Exit::Usage, "without sentinels"),
        (embedded, Exit::Usage, "private"),
    ]);
}

#[test]
fn a_stronger_mode_leaves_weaker_lists_aside() {
    let file = "mode = 'cluster'\nnodes = ['a:1']\n";
    assert_eq!(Case::new().file(file).endpoint(), "cluster://a:1");
    assert_eq!(
        Case::new()
            .file(file)
            .flag("mode", "single")
            .url("redis://h")
            .endpoint(),
        "redis://h:6379/0"
    );
    let case = Case::new()
        .variable("REDIS_URL", "redis://h")
        .flag("mode", "sentinel")
        .flag("sentinels", "s:1");
    assert_eq!(case.endpoint(), "sentinel://mymaster@s:1");
}

#[test]
fn the_address_of_another_program_moves_nothing_that_is_meant_for_this_one() {
    let stray = |file: &str| {
        Case::new()
            .file(file)
            .variable("REDIS_URL", "redis://stray")
    };
    let sentinel = "[profile.p]\nmode = 'sentinel'\nsentinels = ['s:1']\n";
    let case = stray(sentinel).variable("ALECS_CACHE_PROFILE", "p");
    assert_eq!(case.endpoint(), "sentinel://mymaster@s:1");
    let cluster = "mode = 'cluster'\nnodes = ['a:1']\n";
    assert_eq!(stray(cluster).endpoint(), "cluster://a:1");
    let named = Case::new()
        .variable("REDIS_URL", "redis://stray")
        .variable("ALECS_CACHE_MODE", "cluster")
        .variable("ALECS_CACHE_NODES", "a:1");
    assert_eq!(named.endpoint(), "cluster://a:1");
    assert_eq!(
        stray("url = 'redis://own'\n").endpoint(),
        "redis://own:6379/0"
    );
    assert_eq!(stray("retries = 1\n").endpoint(), "redis://stray:6379/0");
}

#[test]
fn tls_comes_from_the_scheme_or_the_flag() {
    let tls = |case: Case| case.settings().store.tls;
    assert_eq!(tls(Case::new().url("rediss://h")), Some(Tls::default()));
    assert_eq!(tls(Case::new().url("valkeys://h")), Some(Tls::default()));
    let insecure = Tls {
        insecure: true,
        ca: Some("/ca".into()),
        ..Tls::default()
    };
    let case = Case::new()
        .url("redis://h")
        .flag("tls", "true")
        .flag("tls_insecure", "true")
        .flag("tls_ca", "/ca");
    assert_eq!(tls(case), Some(insecure));
    assert_eq!(tls(Case::new().variable("ALECS_CACHE_TLS_CA", "/ca")), None);
    assert_eq!(
        tls(Case::new()
            .file("tls = true")
            .variable("ALECS_CACHE_TLS", "false")),
        None
    );
}
