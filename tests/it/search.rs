//! `search`: hostnames and properties, from the cache and from the API.

use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};
use std::time::Duration;

impl Stage {
    #[track_caller]
    pub fn search(&self, query: &str) -> Value {
        self.command("search -o json")
            .arg(query)
            .run()
            .with(0)
            .json()
    }
}

pub fn kinds(report: &Value) -> Vec<(&str, &str)> {
    let results = report["results"].as_array().unwrap().iter();
    results
        .map(|result| {
            let property = result["property"]["propertyId"].as_str().unwrap();
            (result["type"].as_str().unwrap(), property)
        })
        .collect()
}

/// A few related names.
pub fn related() -> Account {
    let mut account = small();
    account.hostnames.clear();
    for (name, property) in [
        ("example.com", "prp_100000"),
        ("www.example.com", "prp_100001"),
        ("*.example.com", "prp_100002"),
        ("xn--bcher-kva.example", "prp_100003"),
        ("grün.example", "prp_100003"),
    ] {
        account.add_hostname(name, property);
    }
    "Shop FRONT".clone_into(&mut account.properties[3].name);
    account
}

/// A warm cache with these names.
pub fn warmed() -> Stage {
    let stage = Stage::new(related());
    stage.warm("");
    stage
}

#[test]
fn a_warm_cache_answers_everything_without_a_call() {
    let stage = warmed();
    let calls = stage.api.seen().len();
    let expected: [(&str, &[(&str, &str)]); 10] = [
        (
            "example.com",
            &[
                ("exact_hostname", "prp_100000"),
                ("hostname_with_www", "prp_100001"),
            ],
        ),
        (
            "WWW.Example.COM.",
            &[
                ("exact_hostname", "prp_100001"),
                ("hostname_without_www", "prp_100000"),
            ],
        ),
        ("shop.example.com", &[("wildcard_hostname", "prp_100002")]),
        ("*.example.com", &[("exact_hostname", "prp_100002")]),
        ("BÜCHER.example", &[("exact_hostname", "prp_100003")]),
        ("xn--bcher-kva.example", &[("exact_hostname", "prp_100003")]),
        ("xn--grn-ioa.example", &[("exact_hostname", "prp_100003")]),
        ("front", &[("property_name", "prp_100003")]),
        ("PRP_100001", &[("property_id", "prp_100001")]),
        ("nowhere.test", &[]),
    ];
    for (query, results) in expected {
        let report = stage.search(query);
        assert_eq!(kinds(&report), results, "{query}");
        assert_eq!(report["source"], "cache", "{query}");
        assert_eq!(report["schema"], "alecs-cache/search/1");
    }
    assert_eq!(stage.api.seen().len(), calls);
    // A run for a property leaves its mark, which is no invalidation.
    stage.warm("prp_100001");
    let calls = stage.api.seen().len();
    let report = stage.search("still-nowhere.test");
    assert_eq!(kinds(&report), []);
    assert_eq!(stage.api.seen().len(), calls, "{report}");
}

#[test]
fn results_have_the_servers_shape_and_stand_where_it_looks() {
    let stage = warmed();
    let report = stage.search("Example.com.");
    assert_eq!(report["query"], "example.com");
    let kept = stage.json("akamai:acme:search:example.com");
    assert_eq!(kept, report["results"]);
    let names: Vec<&String> = kept[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["type", "property", "hostname", "matchReason"]);
    assert_eq!(kept[0]["matchReason"], "Exact hostname match (cached)");
    assert_eq!(kept[0]["hostname"]["cnameFrom"], "example.com");
    assert_eq!(
        kept[0]["property"],
        stage.json("akamai:acme:property:prp_100000")
    );
    let left = stage.left("akamai:acme:search:example.com");
    assert!((290..=300).contains(&left), "{left}");

    let index = "akamai:acme:searches";
    let members: Vec<String> = stage.server.ask(&["ZRANGE", index, "0", "-1"]);
    assert_eq!(members, ["example.com:search:example.com"]);
    let left = stage.left(index);
    assert!((590..=600).contains(&left), "{left}");
    let score: String = stage.server.ask(&["ZSCORE", index, &members[0]]);
    let (seconds, _): (u64, u64) = stage.server.ask(&["TIME"]);
    let age = std::time::Duration::from_secs(seconds).as_secs_f64()
        - score.parse::<f64>().unwrap() / 1000.0;
    assert!(age < 60.0, "{score}");

    // The server would read this value, so the tool does too.
    let _: String = stage.server.ask(&[
        "SET",
        "akamai:acme:search:example.com",
        r#"[{"type":"exact_hostname","property":{"propertyId":"prp_9"}}]"#,
        "EX",
        "300",
    ]);
    assert_eq!(
        kinds(&stage.search("EXAMPLE.com")),
        [("exact_hostname", "prp_9")]
    );
}

#[test]
fn the_index_of_searches_is_bounded_in_number_and_age() {
    let stage = warmed();
    let index = "akamai:acme:searches";
    let (seconds, _): (u64, u64) = stage.server.ask(&["TIME"]);
    let old = ((seconds - 700) * 1000).to_string();
    let _: i64 = stage.server.ask(&["ZADD", index, &old, "old:search:old"]);
    for chunk in (0..1_200).collect::<Vec<u64>>().chunks(400) {
        let mut words = vec!["ZADD".to_owned(), index.to_owned()];
        for number in chunk {
            words.push(((seconds - 60) * 1000 + number).to_string());
            words.push(format!("q{number}:search:q{number}"));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let _: i64 = stage.server.ask(&words);
    }
    stage.search("front");
    assert_eq!(stage.server.ask::<i64>(&["ZCARD", index]), 1_000);
    let score: Option<String> = stage.server.ask(&["ZSCORE", index, "old:search:old"]);
    assert_eq!(score, None);
    let newest: Vec<String> = stage.server.ask(&["ZRANGE", index, "-1", "-1"]);
    assert_eq!(newest, ["front:search:front"]);
}

#[test]
fn a_cold_cache_asks_akamais_own_search_and_does_not_crawl() {
    let account = small();
    let name = account.hostnames[0].name.clone();
    let property = account.hostnames[0].property.clone();
    let stage = Stage::new(account);
    let report = stage.search(&name);
    assert_eq!(report["source"], "akamai");
    assert_eq!(kinds(&report), [("exact_hostname", property.as_str())]);
    assert_eq!(report["results"][0]["hostname"]["cnameFrom"], name);
    assert_eq!(stage.api.calls("/search/find-by-value"), 1);
    assert_eq!(stage.api.calls("/groups"), 0);
    assert_eq!(stage.api.calls("/properties?"), 0);
    let calls = stage.api.seen().len();
    let report = stage.search(&name);
    assert_eq!(report["source"], "cache");
    assert_eq!(stage.api.seen().len(), calls);
    let misses: u64 = stage
        .get("akamai:acme:metrics:cache:misses")
        .unwrap()
        .parse()
        .unwrap();
    let hits: u64 = stage
        .get("akamai:acme:metrics:cache:hits")
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!((hits, misses), (1, 1));
}

#[test]
fn a_cold_cache_finds_a_property_by_its_name_and_by_its_id() {
    let stage = Stage::new(small());
    stage
        .api
        .edit(|account| "Shop FRONT".clone_into(&mut account.properties[3].name));
    assert_eq!(
        kinds(&stage.search("Shop FRONT")),
        [("property_name", "prp_100003")]
    );
    assert_eq!(
        kinds(&stage.search("prp_100002")),
        [("property_id", "prp_100002")]
    );
    assert_eq!(stage.api.calls("/groups"), 0);
    let searched = stage.api.calls("/search/find-by-value");
    assert_eq!(searched, 1, "an id is not searched as a name");
}

#[test]
fn a_search_without_a_result_is_0_and_asks_only_once_in_a_minute() {
    let stage = Stage::new(small());
    let report = stage.search("nowhere.example.org");
    assert_eq!(report["results"], json!([]));
    assert_eq!(report["source"], "akamai");
    let calls = stage.api.seen().len();
    assert!(calls > 0);
    let report = stage.search("nowhere.example.org");
    assert_eq!(report["results"], json!([]));
    assert_eq!(stage.api.seen().len(), calls);
    assert_eq!(stage.get("akamai:acme:search:nowhere.example.org"), None);
    let ended = stage.run("search nowhere.example.org").with(0);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("nowhere.example.org"));
}

#[test]
fn a_search_that_would_read_as_a_lock_is_answered_and_not_stored() {
    let stage = warmed();
    let before = stage.keys();
    assert_eq!(stage.search("a:LOCK")["results"], json!([]));
    stage.search("lock");
    assert_eq!(stage.keys(), before);
}

#[test]
fn an_empty_search_is_2() {
    let stage = Stage::new(small());
    for query in ["", "  ", "\t"] {
        stage.command("search").arg(query).run().with(2);
    }
    assert!(stage.api.seen().is_empty());
}

#[test]
fn a_corrupt_result_is_found_anew() {
    let stage = warmed();
    let key = "akamai:acme:search:front";
    for breakage in [["SET", key, "{"], ["SET", key, "null"], ["SADD", key, "x"]] {
        stage.delete(key);
        let _: redis::Value = stage.server.ask(&breakage);
        let report = stage.search("front");
        assert_eq!(kinds(&report), [("property_name", "prp_100003")]);
        assert_eq!(report["repaired"], json!([key]));
        assert_eq!(stage.json(key), report["results"]);
    }
}

#[test]
fn a_crowd_searching_a_cold_cache_makes_one_search() {
    let account = small();
    let name = account.hostnames[0].name.clone();
    let stage = Stage::new(account);
    stage
        .api
        .fault("/search/", 1, Fault::Slow(Duration::from_millis(500)));
    let line = format!("search -o json {name}");
    let crowd: Vec<_> = (0..12).map(|_| stage.command(&line).spawn()).collect();
    for run in crowd {
        assert_eq!(
            run.wait().with(0).json()["results"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
    assert_eq!(stage.api.calls("/search/"), 1);
}

#[test]
fn a_user_who_may_only_read_is_not_warned_of_what_the_cache_alone_has_answered() {
    let stage = warmed();
    let rights = "reader on >hunter2 ~akamai:* +@read +@connection +time +info";
    let words: Vec<&str> = ["ACL", "SETUSER"]
        .into_iter()
        .chain(rights.split(' '))
        .collect();
    let _: String = stage.server.ask(&words);
    let run = stage.command("search www.example.com --no-record --username reader");
    let ended = run.env("VALKEYCLI_AUTH", "hunter2").run().with(0);
    assert_eq!(ended.stderr, "");
    let cold = stage.command("get activations prp_100000 --no-record --username reader");
    let cold = cold.env("VALKEYCLI_AUTH", "hunter2").run().with(0);
    cold.says("may not run `SET`");
}

#[test]
fn a_likelier_host_name_than_the_one_in_a_cold_cache_is_asked_for() {
    let stage = Stage::new(related());
    stage.run("get hostname example.com").with(0);
    let report = stage.search("www.example.com");
    assert_eq!(
        kinds(&report),
        [
            ("exact_hostname", "prp_100001"),
            ("hostname_without_www", "prp_100000")
        ]
    );
    // A less likely match than the one found is not worth a call.
    let calls = stage.api.seen().len();
    assert_eq!(kinds(&stage.search("example.com")).len(), 2);
    assert_eq!(stage.api.seen().len(), calls);
}

#[test]
fn a_text_that_no_key_can_hold_is_asked_for_once_and_one_that_names_nothing_never() {
    let stage = Stage::new(small());
    for query in ["a:b", "50%", "50%25", "x: y"] {
        let calls = stage.api.seen().len();
        assert_eq!(stage.search(query)["results"], json!([]), "{query}");
        assert_eq!(stage.api.seen().len(), calls + 1, "{query}");
        assert_eq!(stage.search(query)["results"], json!([]), "{query}");
        assert_eq!(stage.api.seen().len(), calls + 1, "{query}");
    }
    let calls = stage.api.seen().len();
    for query in ["two\nlines", "\u{1b}[31m", &"😀".repeat(2_500)] {
        assert_eq!(stage.search(query)["results"], json!([]), "{query}");
    }
    assert_eq!(stage.api.seen().len(), calls);
    stage
        .command("search")
        .arg("x".repeat(20_000))
        .run()
        .with(2);
}

#[test]
fn a_search_that_found_nothing_is_forgotten_with_the_cascade_of_a_property() {
    let stage = warmed();
    stage.run("invalidate prp_100000").with(0);
    assert_eq!(kinds(&stage.search("new.example.org")), []);
    stage
        .api
        .edit(|account| account.add_hostname("new.example.org", "prp_100001"));
    stage.run("invalidate prp_100001 --cascade").with(0);
    assert_eq!(
        kinds(&stage.search("new.example.org")),
        [("exact_hostname", "prp_100001")]
    );
}

#[test]
fn without_the_property_list_an_answer_says_that_it_is_incomplete() {
    let stage = warmed();
    assert_eq!(stage.search("front")["incomplete"], false);
    assert_eq!(stage.search("nowhere")["incomplete"], false);
    stage.run("invalidate prp_100000 --cascade").with(0);
    assert_eq!(stage.get("akamai:acme:properties:all"), None);

    let advice = "the property list is not cached, so properties were looked up by id and by whole name \
                  only; run: alecs-cache warm -c acme";
    // Asked at Akamai, then remembered for a minute.
    for _ in 0..2 {
        let report = stage.search("fron");
        assert_eq!(kinds(&report), []);
        assert_eq!(report["incomplete"], true);
        let ended = stage.run("search fron").with(0);
        ended.says(advice);
        assert_eq!(ended.stderr.matches("whole name").count(), 1);
        assert!(!ended.stderr.contains("nothing"), "{}", ended.stderr);
    }
    let report = stage.search("www.example.com");
    assert_eq!(kinds(&report)[0], ("exact_hostname", "prp_100001"));
    assert_eq!(report["incomplete"], false);
    let ended = stage.run("search www.example.com").with(0);
    assert!(!ended.stderr.contains("not cached"), "{}", ended.stderr);

    stage.warm("--force");
    let report = stage.search("fron");
    assert_eq!(kinds(&report), [("property_name", "prp_100003")]);
    assert_eq!(report["incomplete"], false);
}

#[test]
fn an_api_that_fails_is_waited_for_no_longer_than_one_attempt_and_the_answer_says_what_it_lacks() {
    let stage = warmed();
    let down = || Fault::Status(500, vec![], "{}".into());
    stage.api.fault("/papi/v1/", 999, down());
    // Names that were invalidated may be anywhere.
    let names = "example.com not.cached.example.net";
    stage.run(&format!("invalidate {names}")).with(0);
    let began = std::time::Instant::now();
    let search = |query: &str| {
        let command = stage
            .command("search -o json --akamai-timeout 2s")
            .arg(query);
        command.run()
    };
    // The wildcard is cached, the name itself is not.
    let ended = search("example.com");
    let report = ended.with(0).json();
    assert_eq!(report["incomplete"], true, "{report}");
    assert!(
        search("example.com")
            .stderr
            .contains("only the cache was searched"),
    );
    search("not.cached.example.net").with(1);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn results_stored_without_the_property_list_do_not_pass_for_all_when_it_is_there() {
    let stage = Stage::new(related());
    stage.api.edit(|account| {
        "Shop FRONT two".clone_into(&mut account.properties[2].name);
    });
    for _ in 0..2 {
        let report = stage.search("Shop FRONT");
        assert_eq!(kinds(&report), [("property_name", "prp_100003")]);
        assert_eq!(report["incomplete"], true);
    }
    let ended = stage.command("search").arg("Shop FRONT").run().with(0);
    assert!(ended.stdout.contains("prp_100003"), "{}", ended.stdout);
    ended.says("not cached");
    stage.warm("");
    let report = stage.search("Shop FRONT");
    assert_eq!(
        kinds(&report),
        [
            ("property_name", "prp_100003"),
            ("property_name", "prp_100002")
        ]
    );
    assert_eq!(report["incomplete"], false);
}

#[test]
fn a_part_of_a_host_name_finds_names_in_order_and_is_not_stored() {
    let mut account = related();
    account.add_hostname("a1.parts.test", "prp_100002");
    account.add_hostname("a*.parts.test", "prp_100001");
    "parts".clone_into(&mut account.properties[0].name);
    let stage = Stage::new(account);
    stage.warm("");
    let calls = stage.api.seen().len();
    let report = stage.search("PARTS");
    assert_eq!(
        kinds(&report),
        [
            ("property_name", "prp_100000"),
            ("part_of_hostname", "prp_100001"),
            ("part_of_hostname", "prp_100002")
        ]
    );
    assert_eq!(report["total"], 3);
    assert_eq!(
        report["results"][1]["hostname"]["cnameFrom"],
        "a*.parts.test"
    );
    assert_eq!(
        stage
            .json("akamai:acme:search:parts")
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // A star is literal.
    assert_eq!(
        kinds(&stage.search("a*.par")),
        [("part_of_hostname", "prp_100001")]
    );
    assert_eq!(stage.get("akamai:acme:search:a*.par"), None);

    for (limit, shown) in [("1", 1), ("2", 2), ("3", 3), ("0", 3)] {
        let line = format!("search parts --limit {limit} -o json");
        let report = stage.run(&line).with(0).json();
        assert_eq!(kinds(&report).len(), shown, "{limit}");
        assert_eq!(report["total"], 3, "{limit}");
    }
    let ended = stage.run("search parts --limit 2").with(0);
    ended.says("2 of 3 results; --limit 0 shows all");
    assert_eq!(stage.api.seen().len(), calls);
}

#[test]
fn people_read_how_many_there_are_and_only_the_columns_that_say_something() {
    let stage = Stage::new(small());
    stage.warm("");
    let address = stage.url().replace("redis://", "").replace("/0", "");
    let by_id = stage.run("search prp_100001").with(0).stdout;
    let lines: Vec<&str> = by_id.lines().collect();
    let first = format!("1 result of acme ({address}) matches `prp_100001`");
    assert_eq!(lines[0], first);
    assert!(lines[1].starts_with("PROPERTY    NAME"), "{by_id}");
    assert!(
        !by_id.contains("HOSTNAME") && !by_id.contains("MATCH"),
        "{by_id}"
    );
    let by_host = stage.run("search www-0.s1.example.com -v").with(0).stdout;
    assert!(by_host.contains("\nHOSTNAME "), "{by_host}");
    assert!(by_host.contains("exact_hostname"), "{by_host}");
    let none = stage.run("search nothing-like-it").with(0);
    let told = format!("no match for `nothing-like-it` in acme ({address})\n");
    assert_eq!((none.stdout.as_str(), none.stderr), ("", told));
}

#[test]
fn a_property_whose_own_key_is_cached_is_found_without_a_call_and_says_so() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.delete("akamai:acme:properties:all");
    let calls = stage.api.seen().len();
    let found = stage.search("prp_100001");
    assert_eq!(found["source"], "cache", "{found}");
    assert_eq!(found["incomplete"], true, "{found}");
    assert_eq!(stage.api.seen().len(), calls);
}
