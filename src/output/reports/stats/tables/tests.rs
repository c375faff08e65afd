use super::*;

#[test]
fn a_group_that_was_not_drawn_has_an_upper_bound() {
    let shown = |value, low, high| ranged(value, low, high, human::grouped);
    assert_eq!(shown(7, 7, 7), "7");
    assert_eq!(shown(0, 0, 384), "< 385");
    assert_eq!(shown(10, 5, 2_000), "10 (5–2,000)");
    assert_eq!(shown(0, 0, 0), "0");
}

#[test]
fn commands_are_sorted_by_their_time_and_probes_left_out() {
    let one = |command: &str, probe, avg_ms| CommandLatency {
        addr: "h:1".into(),
        command: command.into(),
        probe,
        calls: 1_200,
        avg_ms,
        p50_ms: Some(0.000_4),
        p99_ms: None,
        ..CommandLatency::default()
    };
    let all = [
        one("get", false, 0.001),
        one("info", true, 9.0),
        one("scan", false, 0.25),
    ];
    let expected = "\
COMMAND  NODE  AVG US  P50 US  P99 US  CALLS
scan     h:1    250.0     0.4       -  1,200
get      h:1      1.0     0.4       -  1,200
";
    assert_eq!(commands(&all).text(false, None), expected);
}

#[test]
fn the_slowest_of_the_slow_log_is_first() {
    let one = |command: &str, duration_ms| Slow {
        addr: "h:1".into(),
        at: 1,
        duration_ms,
        command: command.into(),
        key: None,
    };
    let log = [one("GET", 2.0), one("KEYS", 90.0), one("SET", 11.0)];
    let text = slow_log(&log, true).text(false, None);
    let commands = text.lines().skip(1);
    let commands = commands.filter_map(|line| line.split(' ').next());
    assert_eq!(commands.collect::<Vec<_>>(), ["KEYS", "SET", "GET"]);
}

#[test]
fn at_80_columns_no_server_and_no_header_is_broken() {
    let node = NodeStats {
        addr: "127.0.0.1:31539".into(),
        role: Some("primary"),
        program: Some("valkey"),
        version: Some("9.1.2".into()),
        used_memory_bytes: Some(12_268_339),
        max_memory_bytes: Some(0),
        keys: Some(1_898),
        ops_per_second: Some(1),
        evicted_keys: Some(0),
        expired_keys: Some(17),
        connected_clients: Some(3),
        rejected_connections: Some(0),
        replication_lag_bytes: Some(0),
        ..NodeStats::default()
    };
    let expected = "\
NODE             ROLE       MEMORY  LIMIT   KEYS  OPS/S  CLIENTS  VERSION
127.0.0.1:31539  primary  11.7 MiB   none  1,898      1        3  valkey 9.1.2
";
    assert_eq!(nodes(&[node]).text(false, Some(80)), expected);
}
