//! Addresses and files that name the server, as other tools and platforms write them.

use crate::support::run::Home;
use crate::support::server::Server;
use std::time::{Duration, Instant};

#[test]
fn the_address_is_understood_as_other_tools_and_platforms_write_it() {
    let server = Server::valkey();
    let home = Home::new();
    let (port, socket) = (
        server.port.to_string(),
        server.socket().display().to_string(),
    );
    let tcp = format!("tcp://127.0.0.1:{port}");
    let redis = format!("redis://127.0.0.1:{port}/0?ssl_cert_reqs=none&protocol=3");
    let redis_only = format!("redis://127.0.0.1:{port}/0");
    let unix = format!("redis+unix://default:hunter2@{socket}?db=2");
    for (variables, warned) in [
        (
            vec![("VALKEY_PORT", tcp.as_str())],
            "VALKEY_PORT is no port",
        ),
        (
            vec![("REDIS_URL", redis.as_str())],
            "`ssl_cert_reqs` is ignored",
        ),
        (
            vec![("VALKEYCLI_HOST", "127.0.0.1"), ("VALKEYCLI_PORT", &port)],
            "",
        ),
        (vec![("ALECS_CACHE_URL", &unix)], ""),
        (
            vec![
                ("ALECS_CACHE_URL", &redis_only),
                ("VALKEY_PORT", "tcp://10.0.0.5:6379"),
            ],
            "VALKEY_PORT is no port but an address: it is ignored",
        ),
        (
            vec![
                ("REDIS_URL", &redis_only),
                ("VALKEY_PORT", "tcp://10.0.0.5:6379"),
            ],
            "VALKEY_PORT is no port but an address: it is ignored",
        ),
    ] {
        let mut run = home.command("inspect akamai:*");
        for (name, value) in &variables {
            run = run.env(name, *value);
        }
        let ended = run.run().with(0);
        assert!(
            ended.stderr.contains(warned),
            "{variables:?}: {}",
            ended.stderr
        );
    }
    let ended = home
        .run(&format!("inspect --url 127.0.0.1:{port} *"))
        .with(2);
    let wanted = format!("--url needs a scheme: try redis://127.0.0.1:{port}");
    ended.says(&wanted);
    let ended = home
        .run("inspect --url redis://h?ssl_cert_reqs=none *")
        .with(2);
    ended.says("`ssl_cert_reqs`");
}

#[test]
fn credentials_in_a_list_of_addresses_are_not_printed() {
    let home = Home::new();
    for line in [
        "locks --mode cluster --node u:hunter2@127.0.0.1:1",
        "locks --mode sentinel --sentinel redis://:hunter2@127.0.0.1:1",
        "get groups -c acme --akamai-host https://u:hunter2@127.0.0.1/",
    ] {
        let run = home
            .command(line)
            .env("AKAMAI_ACME_HOST", "https://u:hunter2@h/");
        let run = run
            .env("AKAMAI_ACME_CLIENT_TOKEN", "hunter2")
            .env("AKAMAI_ACME_CLIENT_SECRET", "hunter2");
        let ended = run.env("AKAMAI_ACME_ACCESS_TOKEN", "hunter2").run();
        assert_ne!(ended.code(), 0);
    }
    for variable in ["ALECS_CACHE_NODES", "ALECS_CACHE_SENTINELS"] {
        let run = home
            .command("locks")
            .env(variable, "redis://:hunter2@127.0.0.1:1");
        let ended = run.run();
        assert_ne!(ended.code(), 0);
    }
}

#[test]
fn a_tls_file_without_an_end_is_refused_and_a_plain_port_is_reported_at_once() {
    let server = Server::valkey();
    let home = Home::new();
    let url = format!("rediss://127.0.0.1:{}", server.port);
    let ended = home
        .run(&format!("locks --url {url} --tls-ca /dev/zero"))
        .with(3);
    ended.says("larger than 1 MiB");
    let began = Instant::now();
    let ended = home.run(&format!("locks --url {url} --connect-timeout 30s"));
    ended.says("without TLS");
    assert!(began.elapsed() < Duration::from_secs(20));
}
