use super::*;

#[test]
fn nodes_that_own_no_slots_or_failed_are_found_in_the_nodes_of_a_cluster() {
    let node = |line: &str| unlisted(line, "asked").map(|node| node.to_string());
    for (line, expected) in [
        (
            "a 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460",
            None,
        ),
        (
            "b 10.0.0.2:7001@17001,name master - 0 0 1 connected",
            Some("10.0.0.2:7001"),
        ),
        (
            "c 10.0.0.3:7002@17002 slave,fail a 0 0 1 disconnected",
            Some("10.0.0.3:7002"),
        ),
        ("d 10.0.0.4:7003@17003 slave a 0 0 1 connected", None),
        (
            "e :7004@17004 master,fail? - 0 0 1 connected 9",
            Some("asked:7004"),
        ),
        ("f :0@0 master,noaddr,fail - 0 0 1 disconnected", None),
        ("nonsense", None),
    ] {
        assert_eq!(node(line).as_deref(), expected, "{line}");
    }
}

#[test]
fn entries_of_a_slow_log_name_the_command_and_its_key_and_no_more() {
    let entry = redis::parse_redis_value(
        b"*4\r\n:7\r\n:1700000000\r\n:15000\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\nsecret\r\n",
    );
    assert_eq!(
        slow_entry(entry.unwrap()),
        Some(SlowEntry {
            at: 1_700_000_000,
            took: 15_000,
            command: "SET".into(),
            key: Some("k".into())
        })
    );
}

#[test]
fn histograms_are_read() {
    let about = redis::parse_redis_value(
        b"*4\r\n$5\r\ncalls\r\n:3\r\n$14\r\nhistogram_usec\r\n*4\r\n:1\r\n:2\r\n:4\r\n:3\r\n",
    );
    assert_eq!(histogram(about.unwrap()), Some(vec![(1, 2), (4, 3)]));
}
