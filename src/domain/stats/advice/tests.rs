use super::*;
use crate::domain::stats::{Amount, CustomerUse, NodeStats, ResourceUse};

fn rules(report: &StatsReport, misses: &Misses) -> Vec<&'static str> {
    let found = advise(report, misses, &Policy::default());
    assert!(found.iter().all(|advice| !advice.evidence.is_empty()));
    found.into_iter().map(|advice| advice.rule).collect()
}

fn primary() -> NodeStats {
    NodeStats {
        addr: "h:1".into(),
        role: Some("primary"),
        used_memory_bytes: Some(10 << 20),
        max_memory_bytes: Some(100 << 20),
        eviction_policy: Some("volatile-lfu".into()),
        evicted_keys: Some(0),
        rejected_connections: Some(0),
        replicas: Some(1),
        keys: Some(5),
        ..NodeStats::default()
    }
}

fn with(nodes: Vec<NodeStats>) -> StatsReport {
    StatsReport {
        nodes,
        ..StatsReport::default()
    }
}

#[test]
fn without_evidence_there_is_no_advice() {
    assert!(rules(&StatsReport::default(), &Misses::default()).is_empty());
    assert!(rules(&with(vec![primary()]), &Misses::default()).is_empty());
    let silent = NodeStats {
        role: Some("primary"),
        ..NodeStats::default()
    };
    assert!(rules(&with(vec![silent]), &Misses::default()).is_empty());
}

#[test]
fn memory_replicas_shards_and_connections_lead_to_advice() {
    let node = |change: fn(&mut NodeStats)| {
        let mut node = primary();
        change(&mut node);
        rules(&with(vec![node]), &Misses::default())
    };
    assert_eq!(node(|n| n.evicted_keys = Some(3)), ["evictions"]);
    assert_eq!(
        node(|n| n.used_memory_bytes = Some(81 << 20)),
        ["memory_full"]
    );
    assert_eq!(
        node(|n| n.eviction_policy = Some("noeviction".into())),
        ["no_eviction"]
    );
    assert_eq!(
        node(|n| n.eviction_policy = Some("allkeys-lru".into())),
        ["evicts_bookkeeping"]
    );
    // Without a limit nothing is evicted.
    assert!(
        node(|n| {
            n.eviction_policy = Some("allkeys-lru".into());
            n.max_memory_bytes = Some(0);
        })
        .is_empty()
    );
    assert_eq!(
        node(|n| {
            n.max_memory_bytes = Some(0);
            n.system_memory_bytes = Some(1 << 30);
        }),
        ["no_memory_limit"]
    );
    assert_eq!(node(|n| n.replicas = Some(0)), ["no_replica"]);
    assert_eq!(node(|n| n.ops_per_second = Some(20_000)), ["busy"]);
    assert_eq!(
        node(|n| n.rejected_connections = Some(2)),
        ["rejected_connections"]
    );
    let mut large = primary();
    large.used_memory_bytes = Some(70 << 20);
    assert_eq!(
        rules(&with(vec![primary(), large]), &Misses::default()),
        ["uneven_shards"]
    );
}

#[test]
fn sentinels_without_a_quorum_lead_to_advice() {
    let report = |quorum_met| StatsReport {
        sentinel: Some(Sentinels {
            quorum_met,
            quorum: Some(2),
            ..Sentinels::default()
        }),
        ..StatsReport::default()
    };
    let none = Misses::default();
    assert_eq!(rules(&report(Some(false)), &none), ["no_quorum"]);
    assert!(rules(&report(Some(true)), &none).is_empty());
    assert!(rules(&report(None), &none).is_empty());
}

#[test]
fn keys_without_a_ttl_and_lagging_replicas_lead_to_advice() {
    let mut report = with(vec![NodeStats {
        role: Some("replica"),
        replication_lag_bytes: Some(2 << 20),
        ..NodeStats::default()
    }]);
    for (keys, said) in [(1, "1 key never expires"), (2, "2 keys never expire")] {
        report.customers = vec![CustomerUse {
            amount: Amount {
                no_ttl_keys: keys,
                ..Amount::default()
            },
            ..CustomerUse::default()
        }];
        assert_eq!(
            rules(&report, &Misses::default()),
            ["replication_lag", "no_ttl"]
        );
        let advice = advise(&report, &Misses::default(), &Policy::default());
        assert!(advice[1].text.starts_with(said), "{}", advice[1].text);
    }
}

#[test]
fn the_ttl_of_a_key_missed_as_often_as_it_expires_is_too_short() {
    let misses = |misses| Misses {
        top: vec![MissedKey {
            key: "acme:property:prp_1".into(),
            misses,
        }],
        days: 1,
    };
    // A TTL of 900 s expires at most 96 times a day.
    assert_eq!(
        rules(&StatsReport::default(), &misses(48)),
        ["ttl_too_short"]
    );
    assert!(rules(&StatsReport::default(), &misses(47)).is_empty());
    assert_eq!(
        rules(&StatsReport::default(), &misses(384)),
        ["ttl_too_short"]
    );
    // More often than its TTL explains.
    assert_eq!(rules(&StatsReport::default(), &misses(385)), ["not_kept"]);
    let said = advise(&StatsReport::default(), &misses(385), &Policy::default());
    let fills = said[0].commands.last().unwrap();
    assert!(
        fills.starts_with("alecs-cache warm --from-misses -c "),
        "{fills}"
    );
}

#[test]
fn a_full_or_silent_server_is_reported_to_make_searches_hang() {
    let mut full = primary();
    full.eviction_policy = Some("noeviction".into());
    let silent = NodeStats {
        error: Some("connection refused".into()),
        ..NodeStats::default()
    };
    let said = advise(
        &with(vec![full, silent]),
        &Misses::default(),
        &Policy::default(),
    );
    let rules: Vec<&str> = said.iter().map(|advice| advice.rule).collect();
    assert_eq!(rules, ["no_eviction", "unreachable"]);
    assert!(
        said.iter()
            .all(|advice| advice.text.contains("searches of the ALECS server hang"))
    );
}

#[test]
fn a_proposed_limit_leaves_room_and_half_of_the_machine() {
    let mut node = primary();
    node.max_memory_bytes = Some(0);
    node.system_memory_bytes = Some(24 << 30);
    node.used_memory_bytes = Some(300 << 20);
    let said = advise(&with(vec![node]), &Misses::default(), &Policy::default());
    assert_eq!(
        said[0].commands,
        [
            "CONFIG SET maxmemory 2048mb",
            "CONFIG SET maxmemory-policy volatile-lfu"
        ]
    );
}

#[test]
fn search_texts_are_quoted_in_a_command_line() {
    assert_eq!(quoted("property:prp_1"), "property:prp_1");
    assert_eq!(quoted("search:a;b'c"), r"'search:a;b'\''c'");
    assert_eq!(quoted(""), "''");
}

#[test]
fn locks_without_a_ttl_are_cleared_and_not_removed_as_keys() {
    let amount = |no_ttl_keys| Amount {
        no_ttl_keys,
        ..Amount::default()
    };
    let of_locks = |all, locks| {
        let report = StatsReport {
            customers: vec![CustomerUse {
                customer: "acme".into(),
                amount: amount(all),
                resources: vec![ResourceUse {
                    resource: LOCK,
                    amount: amount(locks),
                }],
                ..CustomerUse::default()
            }],
            ..StatsReport::default()
        };
        let found = advise(&report, &Misses::default(), &Policy::default());
        let found = found.into_iter();
        found
            .map(|one| (one.rule, one.commands.join("; ")))
            .collect::<Vec<_>>()
    };
    let list = ("no_ttl", "alecs-cache inspect '*' --limit 0 -c acme".into());
    let clear = (
        "stale_locks",
        "alecs-cache locks clear --stale -c acme".into(),
    );
    assert_eq!(of_locks(3, 2), [list, clear]);
    assert_eq!(of_locks(2, 2)[0].0, "stale_locks");
}

#[test]
fn what_warm_does_not_store_is_not_to_be_warmed() {
    let commands = |key: &str, misses| {
        let top = vec![MissedKey {
            key: key.into(),
            misses,
        }];
        let misses = Misses { top, days: 1 };
        let found = advise(&StatsReport::default(), &misses, &Policy::default());
        found
            .into_iter()
            .flat_map(|one| one.commands)
            .collect::<Vec<_>>()
    };
    for (rest, expiries) in [
        ("property:www:details", 96),
        ("properties:ctr_1:grp_1:50", 288),
        ("search:www", 288),
    ] {
        let key = format!("acme:{rest}");
        assert!(commands(&key, expiries).is_empty(), "{rest}");
        let looks = [
            format!("alecs-cache inspect {rest} -c acme"),
            "alecs-cache log -c acme".to_owned(),
        ];
        assert_eq!(commands(&key, 1_000_000), looks);
    }
    assert_eq!(
        commands("acme:property:prp_1:rules:v3", 12),
        ["alecs-cache warm --every 3m --only rules -c acme"]
    );
}
