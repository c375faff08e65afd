//! Arrangements of servers, and what of them is refused.

use super::*;

#[test]
fn sentinels_are_reached_with_their_own_user_and_password() {
    let pw = file_with("watch");
    let line = "--mode=sentinel --sentinel=s --sentinel-username=w";
    for case in [
        case(&format!(
            "{line} --sentinel-password-file={}",
            pw.path().display()
        )),
        case(&format!("ALECS_CACHE_SENTINEL_PASSWORD=watch {line}")),
    ] {
        let expected = Deployment::Sentinel {
            sentinels: vec![node("s", 26379)],
            master: "mymaster".into(),
            username: Some("w".into()),
            password: Some(Secret::new("watch")),
        };
        assert_eq!(case.settings().store.target, expected);
    }
    let file = "sentinels = ' a, b:1'";
    let of_variables = "ALECS_CACHE_MODE=sentinel ALECS_CACHE_MASTER_NAME=m";
    let case = with_file(file, of_variables);
    assert_eq!(case.endpoint(), "sentinel://m@a:26379,b:1");
}

#[test]
fn a_cluster_is_found_through_its_nodes_or_the_url() {
    for (line, nodes) in [
        ("--node=a:1,b:2", vec![node("a", 1), node("b", 2)]),
        ("--url=redis://c:3", vec![node("c", 3)]),
        (
            "--url=redis://c:3 --node=a:1",
            vec![node("a", 1), node("c", 3)],
        ),
        ("REDIS_URL=redis://other --node=a:1", vec![node("a", 1)]),
    ] {
        let store = case(&format!("{line} --mode=cluster")).settings().store;
        assert_eq!(store.target, Deployment::Cluster(nodes), "{line}");
    }
    let user = case("--mode=cluster --url=redis://u:pw@c:3")
        .settings()
        .store
        .username;
    assert_eq!(user.as_deref(), Some("u"));
}

/// Each is refused with this code and a reason that says this.
fn all_refused<const N: usize>(cases: [(&str, Exit, &str); N]) {
    for (line, exit, reason) in cases {
        let message = case(line).refused(exit);
        assert!(message.contains(reason), "{message:?} lacks {reason:?}");
    }
}

#[test]
fn a_cluster_has_no_databases() {
    let reason = "a cluster has database 0 alone";
    all_refused([
        ("--mode=cluster --node=a:1 --db=1", Exit::Usage, reason),
        ("--mode=cluster --node=a:1 --db=0", Exit::Usage, reason),
        (
            "ALECS_CACHE_DB=1 --mode=cluster --node=a:1",
            Exit::Config,
            reason,
        ),
        (
            "--mode=cluster --node=a:1 --url=redis://h/4",
            Exit::Usage,
            reason,
        ),
    ]);
    let zero = case("--mode=cluster --node=a:1 --url=redis://h/0");
    assert_eq!(zero.settings().store.db, 0);
}

#[test]
fn a_mode_needs_its_servers() {
    all_refused([
        ("--mode=cluster", Exit::Usage, "needs a node"),
        ("--mode=sentinel", Exit::Usage, "needs a sentinel"),
        (
            "ALECS_CACHE_MODE=sentinel",
            Exit::Config,
            "needs a sentinel",
        ),
    ]);
}

#[test]
fn servers_of_another_mode_are_refused() {
    let single = "but the mode is single";
    all_refused([
        ("--node=a:1", Exit::Usage, single),
        ("--sentinel=a:1", Exit::Usage, single),
        ("--master-name=m", Exit::Usage, single),
        ("ALECS_CACHE_NODES=a", Exit::Config, single),
        (
            "--mode=cluster --url=unix:///s",
            Exit::Usage,
            "a unix socket",
        ),
        (
            "--mode=cluster --url=embedded:",
            Exit::Usage,
            "an embedded server",
        ),
        (
            "--mode=sentinel --sentinel=a:1 --url=redis://h",
            Exit::Usage,
            "one server",
        ),
    ]);
}

#[test]
fn a_flag_that_would_do_nothing_is_refused() {
    all_refused([
        (
            "--tls-ca=/ca",
            Exit::Usage,
            "--tls-ca has no effect without TLS",
        ),
        (
            "--tls-insecure",
            Exit::Usage,
            "--tls-insecure has no effect",
        ),
        (
            "--tls-server-name=h",
            Exit::Usage,
            "--tls-server-name has no effect",
        ),
        ("--url=unix:///s --tls", Exit::Usage, "--tls has no effect"),
        ("--url=rediss://h --tls-cert=/c", Exit::Usage, "go together"),
        ("--sentinel-username=u", Exit::Usage, "without sentinels"),
        ("--url=embedded:/x --username=u", Exit::Usage, "private"),
    ]);
}

#[test]
fn a_stronger_mode_leaves_weaker_lists_aside() {
    let file = "mode = 'cluster'\nnodes = ['a:1']\n";
    for (case, endpoint) in [
        (with_file(file, ""), "cluster://a:1"),
        (
            with_file(file, "--mode=single --url=redis://h"),
            "redis://h:6379/0",
        ),
        (
            case("REDIS_URL=redis://h --mode=sentinel --sentinel=s:1"),
            "sentinel://mymaster@s:1",
        ),
    ] {
        assert_eq!(case.endpoint(), endpoint);
    }
}

#[test]
fn the_address_of_another_program_moves_nothing_that_is_meant_for_this_one() {
    for (file, more, endpoint) in [
        (
            "[profile.p]\nmode = 'sentinel'\nsentinels = ['s:1']\n",
            "--profile=p",
            "sentinel://mymaster@s:1",
        ),
        ("mode = 'cluster'\nnodes = ['a:1']\n", "", "cluster://a:1"),
        (
            "",
            "ALECS_CACHE_MODE=cluster ALECS_CACHE_NODES=a:1",
            "cluster://a:1",
        ),
        ("url = 'redis://own'\n", "", "redis://own:6379/0"),
        ("retries = 1\n", "", "redis://stray:6379/0"),
    ] {
        let case = with_file(file, &format!("REDIS_URL=redis://stray {more}"));
        assert_eq!(case.endpoint(), endpoint);
    }
}

#[test]
fn tls_comes_from_the_scheme_or_the_flag() {
    let on = Some(Tls::default());
    let insecure = Tls {
        insecure: true,
        ca: Some("/ca".into()),
        ..Tls::default()
    };
    for (case, tls) in [
        (case("--url=rediss://h"), on.clone()),
        (case("--url=valkeys://h"), on),
        (
            case("--url=redis://h --tls --tls-insecure --tls-ca=/ca"),
            Some(insecure),
        ),
        (case("ALECS_CACHE_TLS_CA=/ca"), None),
        (with_file("tls = true", "ALECS_CACHE_TLS=false"), None),
    ] {
        assert_eq!(case.settings().store.tls, tls);
    }
}
