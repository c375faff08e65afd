use super::*;

fn server_error(line: &str) -> Value {
    redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap()
}

fn judged(line: &str) -> Reply {
    judge(
        vec![server_error(line)],
        &Request::new("SET", "k"),
        "host:7000",
    )
}

#[test]
fn every_refusal_becomes_the_error_that_an_operator_can_act_on() {
    let failed = |line: &str| match judged(line) {
        Reply::Final(error) => error,
        _ => panic!("`{line}` is final"),
    };
    assert!(matches!(
        failed("NOAUTH Authentication required."),
        Error::Auth { .. }
    ));
    assert!(matches!(
        failed("WRONGPASS invalid username-password pair"),
        Error::Auth { .. }
    ));
    assert!(matches!(failed("ERR invalid password"), Error::Auth { .. }));
    assert!(matches!(
        failed("DENIED Redis is running in protected mode"),
        Error::Auth { .. }
    ));
    assert!(matches!(
        failed("NOPERM this user has no permissions"),
        Error::Denied { .. }
    ));
    assert!(matches!(
        failed("OOM command not allowed"),
        Error::OutOfMemory { .. }
    ));
    assert!(matches!(
        failed("WRONGTYPE Operation"),
        Error::WrongType { key } if key == "k"
    ));
    assert!(matches!(
        failed("ERR max number of clients reached"),
        Error::Connect { .. }
    ));
    assert!(matches!(
        failed("MISCONF no disk"),
        Error::Refused { reason, .. } if reason == "MISCONF no disk"
    ));
}

#[test]
fn a_redirection_is_followed_and_not_taken_for_a_refusal() {
    assert!(matches!(
        judged("MOVED 3999 127.0.0.1:6381"),
        Reply::Elsewhere(Error::NotReady { .. })
    ));
    assert!(matches!(
        judged("READONLY You can't write against a read only replica."),
        Reply::Elsewhere(Error::ReadOnly { .. })
    ));
    for (line, host) in [
        ("ASK 3999 10.0.0.7:6381", "10.0.0.7"),
        ("ASK 3999 :6381", "host"),
        ("ASK 3999 ?:6381", "host"),
        ("ASK 3999 fe80::1:6381", "fe80::1"),
    ] {
        assert!(
            matches!(judged(line), Reply::Ask(node, _) if node.host == host && node.port == 6381),
            "{line}"
        );
    }
    for code in ["LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "BUSY"] {
        assert!(matches!(
            judged(&format!("{code} wait")),
            Reply::Later(Error::NotReady { .. })
        ));
    }
}

#[test]
fn the_first_error_of_a_transaction_is_its_result() {
    let request = Request::new("HSET", "k").and(Request::new("PEXPIRE", "k"));
    let queued = |middle: Value, last: Value| {
        judge(
            vec![
                Value::Okay,
                middle,
                Value::SimpleString("QUEUED".into()),
                last,
            ],
            &request,
            "n",
        )
    };
    assert!(matches!(
        queued(
            server_error("OOM full"),
            server_error("EXECABORT Transaction discarded")
        ),
        Reply::Final(Error::OutOfMemory { .. })
    ));
    let inside = Value::Array(vec![server_error("WRONGTYPE no hash"), Value::Int(1)]);
    assert!(matches!(
        queued(Value::SimpleString("QUEUED".into()), inside),
        Reply::Final(Error::WrongType { .. })
    ));
    let fine = Value::Array(vec![Value::Int(1), Value::Int(1)]);
    assert!(matches!(
        queued(Value::SimpleString("QUEUED".into()), fine),
        Reply::Done(Value::Array(parts)) if parts.len() == 2
    ));
}
