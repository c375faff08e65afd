//! The proxy of the tests changes what its rules name, and nothing else.

use crate::support::proxy::Proxy;
use crate::support::server::Server;
use std::time::Duration;

/// Sends commands through a proxy on one connection.
fn asked(proxy: &Proxy, commands: &[&[&str]]) -> Vec<redis::RedisResult<redis::Value>> {
    let client = redis::Client::open(proxy.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let ask = |words: &&[&str]| redis::cmd(words[0]).arg(&words[1..]).query(&mut connection);
    commands.iter().map(ask).collect()
}

#[test]
fn the_proxy_of_the_tests_changes_what_its_rules_name_and_nothing_else() {
    let server = Server::valkey();
    let proxy = Proxy::before(&server);
    proxy.on("ttl").refuse("ERR unknown command 'TTL'");
    proxy.on("SET").with("y").answer("+SAID\r\n");
    proxy.on("GET").edit(|reply| reply.replace("one", "two"));
    let answers = asked(
        &proxy,
        &[
            &["SET", "x", "one"],
            &["SET", "y", "1"],
            &["GET", "x"],
            &["EXISTS", "x", "y"],
            &["TTL", "x"],
            &["EVAL", "return redis.call('TTL', KEYS[1])", "1", "x"],
        ],
    );
    let value = |at: usize| answers[at].as_ref().unwrap();
    assert_eq!(*value(0), redis::Value::Okay);
    assert_eq!(*value(1), redis::Value::SimpleString("SAID".into()));
    assert_eq!(*value(2), redis::Value::BulkString(b"two".to_vec()));
    assert_eq!(*value(3), redis::Value::Int(1));
    assert!(answers[4].is_err() && answers[5].is_err());
    assert_eq!(proxy.seen("set"), 2);
}

#[test]
fn the_proxy_of_the_tests_keeps_transactions_whole() {
    let server = Server::valkey();
    let proxy = Proxy::before(&server);
    let transaction: [&[&str]; 5] = [
        &["MULTI"],
        &["SET", "x", "one"],
        &["GET", "x"],
        &["EXEC"],
        &["EXISTS", "x"],
    ];
    proxy
        .on("GET")
        .inside_multi()
        .edit(|reply| reply.replace("one", "two"));
    let answers = asked(&proxy, &transaction);
    let two = redis::Value::BulkString(b"two".to_vec());
    let expected = redis::Value::Array(vec![redis::Value::Okay, two]);
    assert_eq!(*answers[3].as_ref().unwrap(), expected);

    let _: i64 = server.ask(&["DEL", "x"]);
    proxy.clear();
    proxy
        .on("GET")
        .inside_multi()
        .times(1)
        .refuse("ERR not here");
    let answers = asked(&proxy, &transaction);
    assert!(answers[2].is_err() && answers[3].is_err());
    assert_eq!(*answers[4].as_ref().unwrap(), redis::Value::Int(0));

    proxy.on("GET").outside_multi().close();
    proxy.on("SET").delay(Duration::from_millis(1));
    proxy.on("EXEC").times(1).close_after();
    assert!(asked(&proxy, &transaction[..4])[3].is_err());
    assert!(asked(&proxy, &[&["GET", "x"]])[0].is_err());
    let there: i64 = server.ask(&["EXISTS", "x"]);
    assert_eq!(there, 1);
    let other = Server::redis();
    proxy.lead_to(&other);
    let elsewhere = asked(&proxy, &[&["EXISTS", "x"]]);
    assert_eq!(*elsewhere[0].as_ref().unwrap(), redis::Value::Int(0));
}
