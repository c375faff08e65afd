//! The store with TLS. The tests use Redis for it, because their Valkey is built without TLS.

use crate::support::certificates::Certificates;
use crate::support::cluster::Cluster;
use crate::support::run::Home;
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, free_port, options};
use alecs_cache::testing::store::options::{Deployment, Tls};
use alecs_cache::testing::store::{Error, Options, Store, Write};
use std::path::PathBuf;
use std::time::Duration;

/// A server that accepts only TLS on its port.
fn server(certificates: &Certificates, clients: &str) -> Server {
    server_with(certificates.server_arguments(), clients)
}

fn server_with(mut arguments: Vec<String>, clients: &str) -> Server {
    let port = free_port();
    let text = port.to_string();
    arguments.extend(["--tls-auth-clients".to_owned(), clients.to_owned()]);
    arguments.extend(["--port", "0", "--tls-port", &text].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Server::start_on(Kind::Redis, port, &arguments)
}

fn with(server: &Server, tls: Tls) -> Options {
    Options {
        tls: Some(tls),
        ..server.options()
    }
}

fn trusting(path: PathBuf) -> Tls {
    Tls {
        ca: Some(path),
        ..Tls::default()
    }
}

async fn works(options: &Options) {
    let store = Store::connect(options).await.expect("connected");
    let batch: Vec<Write> = (0..600)
        .map(|n| Write::Set {
            key: format!("k{n}"),
            value: vec![b'v'; 3000],
            ttl: Some(Duration::from_secs(9)),
        })
        .collect();
    for result in store.write(&batch).await {
        result.expect("written");
    }
    let read = store.get(&["k599".to_owned()]).await.remove(0);
    assert_eq!(read.expect("read").map(|value| value.len()), Some(3000));
}

async fn refused(options: &Options) -> Error {
    let error = Store::connect(options).await.expect_err("refused");
    assert!(matches!(error, Error::Tls { .. }), "{error}");
    error
}

#[tokio::test]
async fn a_server_is_believed_only_with_a_certificate_of_a_trusted_authority() {
    let certificates = Certificates::new();
    let server = server(&certificates, "no");
    works(&with(&server, trusting(certificates.pem("authority")))).await;
    let unknown = refused(&with(&server, trusting(certificates.pem("stranger")))).await;
    assert!(unknown.to_string().contains("certificate"), "{unknown}");
    refused(&with(&server, Tls::default())).await;
    let insecure = Tls {
        insecure: true,
        ..Tls::default()
    };
    works(&with(&server, insecure)).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let certificates = Certificates::new();
    let server = server(&certificates, "no");
    let mut options = with(&server, trusting(certificates.pem("authority")));
    let named = |host: &str| {
        let mut node = server.node();
        node.host = host.to_owned();
        Deployment::Single(node)
    };
    options.target = named("localhost");
    works(&options).await;
    options.target = named("127.0.0.2");
    options.connect_timeout = Duration::from_secs(2);
    let error = Store::connect(&options).await.expect_err("not its name");
    assert!(
        matches!(error, Error::Tls { .. } | Error::Connect { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_is_refused_on_either_side() {
    let certificates = Certificates::new();
    certificates.expire();
    let server = server_with(certificates.arguments_of("expired"), "no");
    let error = refused(&with(&server, trusting(certificates.pem("authority")))).await;
    assert!(error.to_string().contains("Expired"), "{error}");
    let asking = self::server(&certificates, "yes");
    for client in ["expired", "imposter"] {
        let tls = Tls {
            cert: Some(certificates.pem(client)),
            key: Some(certificates.key(client)),
            ..trusting(certificates.pem("authority"))
        };
        refused(&with(&asking, tls)).await;
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_gets_ours() {
    let certificates = Certificates::new();
    let server = server(&certificates, "yes");
    let mut tls = trusting(certificates.pem("authority"));
    refused(&with(&server, tls.clone())).await;
    tls.cert = Some(certificates.pem("client"));
    let half = Store::connect(&with(&server, tls.clone()))
        .await
        .expect_err("no key");
    assert!(matches!(half, Error::Settings(_)), "{half}");
    tls.key = Some(certificates.key("stranger"));
    let other = Store::connect(&with(&server, tls.clone()))
        .await
        .expect_err("another's key");
    assert!(matches!(other, Error::Settings(_)), "{other}");
    tls.key = Some(certificates.key("client"));
    works(&with(&server, tls)).await;
}

#[tokio::test]
async fn a_server_without_tls_is_not_taken_for_one_with() {
    let certificates = Certificates::new();
    let plain = Server::redis();
    refused(&with(&plain, trusting(certificates.pem("authority")))).await;
    let tls = server(&certificates, "no");
    let error = Store::connect(&tls.options())
        .await
        .expect_err("not in clear");
    assert!(matches!(error, Error::Connect { .. }), "{error}");
}

#[tokio::test]
async fn files_that_are_no_certificates_are_a_mistake_in_the_settings() {
    let certificates = Certificates::new();
    let server = server(&certificates, "no");
    for path in [certificates.key("authority"), "/nonexistent.pem".into()] {
        let error = Store::connect(&with(&server, trusting(path.clone())))
            .await
            .expect_err("no certificate");
        assert!(
            matches!(&error, Error::Settings(text) if text.contains(&path.display().to_string())),
            "{error}"
        );
    }
}

#[tokio::test]
async fn sentinels_and_what_they_watch_are_reached_by_tls() {
    let certificates = Certificates::new();
    let mut arguments = certificates.server_arguments();
    arguments.extend(["--tls-auth-clients", "no", "--tls-replication", "yes"].map(str::to_owned));
    let (primary, replica) = (free_port(), free_port());
    let start = |port: u16, more: &[&str]| {
        let text = port.to_string();
        let mut all: Vec<&str> = arguments.iter().map(String::as_str).collect();
        all.extend(["--port", "0", "--tls-port", &text]);
        all.extend(more);
        Server::start_on(Kind::Redis, port, &all)
    };
    let first = start(primary, &[]);
    let port = primary.to_string();
    let second = start(replica, &["--replicaof", "127.0.0.1", &port]);
    let mut lines = String::new();
    for pair in arguments.chunks(2) {
        let name = pair[0].trim_start_matches("--");
        lines.extend([
            name, " \"", &pair[1], "\"
",
        ]);
    }
    let sentinels = Sentinels::watching_by_tls(first, second, &lines);
    let mut options = sentinels.options();
    options.tls = Some(trusting(certificates.pem("authority")));
    works(&options).await;
    options.tls = Some(trusting(certificates.pem("stranger")));
    refused(&options).await;
}

#[tokio::test]
async fn a_cluster_is_reached_by_tls() {
    let certificates = Certificates::new();
    let mut arguments = certificates.server_arguments();
    arguments.extend(["--tls-auth-clients", "no", "--tls-cluster", "yes"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let cluster = Cluster::start_by_tls(&arguments);
    let mut options = options(Deployment::Cluster(cluster.seeds()));
    options.tls = Some(trusting(certificates.pem("authority")));
    works(&options).await;
}

#[test]
fn behind_a_tunnel_the_certificate_is_verified_against_the_name_that_is_given() {
    let certificates = Certificates::new();
    let server = server_with(certificates.named_arguments(), "no");
    let home = Home::new();
    let url = format!("rediss://127.0.0.1:{}/0", server.port);
    let ca = certificates.pem("authority");
    let ask = |line: &str| {
        let run = home.command(line).env("ALECS_CACHE_URL", &url);
        run.env("ALECS_CACHE_TLS_CA", &ca)
    };
    let refused = ask("locks").run().with(10);
    refused.says("--tls-server-name");
    ask("locks --tls-server-name other.test").run().with(10);
    ask("locks --tls-server-name cache.test").run().with(0);
    let named = ask("locks").env("ALECS_CACHE_TLS_SERVER_NAME", "cache.test");
    named.run().with(0);
    let shown = ask("config --tls-server-name cache.test").run().with(0);
    assert!(shown.stdout.contains("cache.test"), "{}", shown.stdout);
    let wrong = ask("locks --tls-server-name a/b").run().with(2);
    wrong.says("expected a host name");
}

#[tokio::test]
async fn nodes_of_a_cluster_that_give_addresses_are_verified_by_the_names_that_they_announce() {
    let certificates = Certificates::new();
    let mut arguments = certificates.named_arguments();
    arguments.extend(["--tls-auth-clients", "no", "--tls-cluster", "yes"].map(str::to_owned));
    let silent: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let announced = ["--cluster-announce-hostname", "cache.test"];
    let naming = [silent.as_slice(), &announced].concat();
    let mut by_address = certificates.server_arguments();
    by_address.extend_from_slice(&arguments[arguments.len() - 4..]);
    let by_address: Vec<&str> = by_address.iter().map(String::as_str).collect();
    let by_address = [by_address.as_slice(), &announced].concat();
    for (arguments, name, works_with) in [
        // A certificate with the address works too.
        (&by_address, None, true),
        (&naming, None, true),
        (&silent, None, false),
        (&silent, Some("cache.test"), true),
    ] {
        let cluster = Cluster::start_by_tls(arguments);
        let mut seeds = cluster.seeds();
        for seed in &mut seeds {
            seed.host = "localhost".to_owned();
        }
        let mut options = options(Deployment::Cluster(seeds));
        options.tls = Some(Tls {
            server_name: name.map(str::to_owned),
            ..trusting(certificates.pem("authority"))
        });
        if works_with {
            works(&options).await;
            continue;
        }
        options.connect_timeout = Duration::from_secs(2);
        let store = Store::connect(&options).await;
        let read = match &store {
            Ok(store) => store.get(&["k".to_owned()]).await.remove(0).err(),
            Err(error) => Some(error.clone()),
        };
        assert!(matches!(read, Some(Error::Tls { .. })), "{read:?}");
    }
}
