//! `get` and `search` with keys on several servers.

use crate::support::account::Account;
use crate::support::akamai::Akamai;
use crate::support::cluster::Cluster;
use crate::support::run::{Ended, Home};
use crate::support::server::Kind;
use crate::support::stage::small;
use serde_json::Value;

/// Returns a closure that runs a command, which must succeed.
fn running(home: &Home, cluster: &Cluster, api: &Akamai) -> impl Fn(&str) -> Ended {
    let edgerc = Akamai::edgerc(home.path(), &["acme"]);
    move |line| {
        let run = home.command(line).in_cluster(cluster);
        run.env("AKAMAI_EDGERC", &edgerc)
            .env("ALECS_CACHE_AKAMAI_HOST", api.url())
            .run()
            .with(0)
    }
}

#[test]
fn a_cluster_is_read_counted_and_searched_like_a_single_server() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let account = Account::new(3).regular().groups(2).contracts(1);
    let account = account.properties(40).hostnames(40);
    let (host, owner) = (
        account.hostnames[7].name.clone(),
        account.hostnames[7].property.clone(),
    );
    let ids: Vec<String> = account.properties.iter().map(|p| p.id.clone()).collect();
    let api = Akamai::start(account);
    let home = Home::new();
    let run = running(&home, &cluster, &api);
    let sources = |ended: &Ended, source: &str| -> usize {
        let report: Value = ended.json();
        let items = report["items"].as_array().unwrap();
        items.iter().filter(|item| item["source"] == source).count()
    };
    let line = format!("get -o json property {}", ids.join(" "));
    assert_eq!(sources(&run(&line), "akamai"), 40);
    assert_eq!(sources(&run(&line), "cache"), 40);
    // The groups, and a list for each of the two pairs.
    assert_eq!(api.seen().len(), 3);
    let search = format!("search -o json {host}");
    for source in ["akamai", "cache"] {
        let report = run(&search).json();
        assert_eq!(report["source"], source);
        assert_eq!(report["results"][0]["property"]["propertyId"], owner);
    }
    let rate = run("get -o json versions prp_100000");
    assert_eq!(sources(&rate, "akamai"), 1);
    // 40 + 1 hits, 40 + 1 + 1 misses, on whichever server owns the counters.
    let count = |key: &str| -> i64 {
        let found = cluster
            .nodes
            .iter()
            .filter_map(|node| node.try_ask(&["GET", key]).ok());
        found
            .map(|count: Option<i64>| count.unwrap_or_default())
            .sum()
    };
    assert_eq!(count("akamai:acme:metrics:cache:hits"), 41);
    assert_eq!(count("akamai:acme:metrics:cache:misses"), 42);
    for node in &cluster.nodes {
        let (_, keys): (String, Vec<String>) = node.ask(&["SCAN", "0", "COUNT", "1000"]);
        assert!(!keys.iter().any(|key| key.ends_with(":lock")), "{keys:?}");
    }
}

#[test]
fn what_a_read_has_stored_is_settled_although_another_server_is_full() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let account = small();
    let groups = account.groups.clone();
    let api = Akamai::start(account.clone());
    let home = Home::new();
    let run = running(&home, &cluster, &api);
    run("warm");
    // A property whose activations are on another server.
    let key = |id: &str, part: &str| format!("akamai:acme:property:{id}{part}");
    let mut apart = account.properties.iter().filter(|property| {
        let own = cluster.owner(&key(&property.id, ""));
        own != cluster.owner(&key(&property.id, ":activations"))
    });
    let property = apart.next().unwrap();
    let full = cluster.owner(&key(&property.id, ":activations"));
    // A search on a server that is not full.
    let mut searches = (0..).map(|number| format!("akamai:acme:search:x{number}"));
    let search = searches
        .find(|search| cluster.owner(search) != full)
        .unwrap();
    let found =
        cluster.nodes[cluster.owner(&search)].ask::<String>(&["SET", &search, "[]", "EX", "300"]);
    assert_eq!(found, "OK");
    let group = groups
        .iter()
        .find(|group| group.id != property.group)
        .unwrap();
    api.edit(|account| account.move_property(&property.id, &property.contract, &group.id));
    let limit = [
        "CONFIG",
        "SET",
        "maxmemory",
        "1",
        "maxmemory-policy",
        "noeviction",
    ];
    let _: String = cluster.nodes[full].ask(&limit);
    let ended = run(&format!("get activations {} --no-record", property.id));
    ended.says("out of memory");
    let own = key(&property.id, "");
    let own: String = cluster.nodes[cluster.owner(&own)].ask(&["GET", &own]);
    assert!(own.contains(&*group.id), "{own}");
    let left: Option<String> = cluster.nodes[cluster.owner(&search)].ask(&["GET", &search]);
    assert_eq!(left, None, "it embeds the former group");
}
