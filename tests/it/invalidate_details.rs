//! `invalidate` of keys that only the ALECS server writes, named by whatever its clients typed.

use crate::invalidate::{data, filled, report};
use serde_json::Value;

const DETAILS: [&str; 6] = [
    "akamai:acme:property:prp_1:details",
    "akamai:acme:property:1:details",
    "akamai:acme:property:WWW.Site1.example:details",
    "akamai:acme:property:www.site2.example:details",
    "akamai:acme:property:prp_2:details",
    "akamai:beta:property:www.site1.example:details",
];

/// Returns the details left after the cascade of `prp_1`, if this key holds this value.
fn left_of_details(key: &str, value: &str) -> Vec<String> {
    let stage = filled(&DETAILS);
    stage.server_writes(key, value);
    report(&stage, &["prp_1", "--cascade"]);
    let details = |key: &String| key.ends_with(":details");
    data(&stage).into_iter().filter(details).collect()
}

#[test]
fn a_cascade_removes_the_details_by_name_whichever_cached_item_says_the_name() {
    let item = r#"{"propertyId":"prp_1","propertyName":"www.site1.example"}"#;
    let host = format!(r#"{{"property":{item},"hostname":{{}}}}"#);
    for (key, value) in [
        ("akamai:acme:property:prp_1", item.to_owned()),
        ("akamai:acme:properties:all", format!("[{item}]")),
        (
            "akamai:acme:properties:tree",
            format!(r#"{{"groups":[{{"properties":[{item}]}}]}}"#),
        ),
    ] {
        let left = left_of_details(key, &value);
        assert_eq!(left, [DETAILS[4], DETAILS[3], DETAILS[5]], "{key}");
    }
    // Known only from its hostnames.
    let stage = filled(&DETAILS);
    stage.server_writes(
        "akamai:acme:property:prp_1:hostnames",
        r#"[{"cnameFrom":"a.example"}]"#,
    );
    stage.server_writes("akamai:acme:hostname:a.example", &host);
    report(&stage, &["prp_1", "--cascade"]);
    let left = data(&stage);
    assert!(!left.contains(&DETAILS[2].into()), "{left:?}");
    assert!(left.contains(&DETAILS[3].into()), "{left:?}");
}

#[test]
fn a_name_that_only_a_removed_field_of_the_hash_has_spares_the_details_by_other_names() {
    let stage = filled(&DETAILS);
    stage.server_writes(
        "akamai:acme:property:prp_1:hostnames",
        r#"[{"cnameFrom":"a.example"}]"#,
    );
    let field = r#"{"propertyId":"prp_1","property":{"propertyName":"www.site1.example"}}"#;
    let key = "akamai:acme:hostnames";
    let _: i64 = stage.server.ask(&["HSET", key, "a.example", field]);
    let planned = report(&stage, &["prp_1", "--cascade", "--dry-run"]);
    let told = report(&stage, &["prp_1", "--cascade"]);
    let details = |key: &String| key.ends_with(":details");
    let left: Vec<String> = data(&stage).into_iter().filter(details).collect();
    assert_eq!(left, [DETAILS[4], DETAILS[3], DETAILS[5]]);
    assert_eq!(told["removed"], planned["matched"]);
}

#[test]
fn where_no_cached_item_says_the_name_the_details_by_any_name_are_removed_with_a_reason() {
    let stage = filled(&DETAILS);
    let told = report(&stage, &["prp_1", "--cascade", "--explain"]);
    let left = data(&stage);
    assert_eq!(left, [DETAILS[4], DETAILS[5]]);
    let reason = |key: &str| -> String {
        let all = told["keys"].as_array().unwrap();
        let one = all.iter().find(|one| one["key"] == key).unwrap();
        one["because"].as_str().unwrap().to_owned()
    };
    assert_eq!(reason(DETAILS[0]), "akamai:acme:property:prp_1");
    assert!(reason(DETAILS[3]).contains("name is not cached"), "{told}");
}

#[test]
fn details_by_name_take_their_property_with_them_if_the_cache_knows_the_name() {
    let item = r#"{"propertyId":"prp_1","propertyName":"www.site1.example"}"#;
    let typed = "property:www.SITE1.example:details";
    for (key, value) in [
        ("akamai:acme:property:prp_1", item.to_owned()),
        ("akamai:acme:properties:all", format!("[{item}]")),
    ] {
        let stage = filled(&DETAILS);
        stage.server_writes(key, &value);
        stage.server_writes("akamai:acme:property:prp_1:versions", "[]");
        let ended = stage.run(&format!("invalidate {typed} --cascade")).with(0);
        assert_eq!(data(&stage), [DETAILS[4], DETAILS[3], DETAILS[5]], "{key}");
        assert!(
            !ended.stderr.contains("does not show which"),
            "{}",
            ended.stderr
        );
    }
    let stage = filled(&DETAILS);
    stage.server_writes("akamai:acme:property:prp_1:versions", "[]");
    let key = "property:WWW.Site1.example:details";
    let ended = stage.run(&format!("invalidate {key} --cascade")).with(0);
    let warned = format!("the cache does not show which property `{key}` belongs to");
    ended.says(&warned);
    assert_eq!(data(&stage).len(), DETAILS.len());
}

#[test]
fn without_cascade_only_the_details_below_the_id_are_removed() {
    let stage = filled(&DETAILS);
    report(&stage, &["prp_1"]);
    assert_eq!(data(&stage).len(), DETAILS.len() - 1);
}

#[test]
fn relative_keys_are_inspected_and_invalidated_as_they_are_printed() {
    let keys = [
        "akamai:acme:groups:Main",
        "akamai:acme:property:x:details",
        "akamai:acme:property:prp_9:hostnames",
    ];
    let stage = filled(&keys);
    for (word, key) in ["groups:Main", "property:x:details", "prp_9:hostnames"]
        .into_iter()
        .zip(keys)
    {
        let told: Value = stage.run(&format!("inspect {word} -o json")).with(0).json();
        assert_eq!(told["key"], key);
        assert_eq!(report(&stage, &[word])["removed"], 1, "{word}");
    }
    let told: Value = report(&stage, &["groups:Main"]);
    assert_eq!(told["removed"], 0);
}

#[test]
fn a_search_takes_its_key_alone_and_the_index_of_searches_stays() {
    let stage = filled(&["akamai:acme:search:a"]);
    let index = "akamai:acme:searches";
    let _: i64 = stage
        .server
        .ask(&["ZADD", index, "1700000000000", "a:search:a"]);
    assert_eq!(report(&stage, &["search:a"])["removed"], 1);
    assert_eq!(data(&stage), [index]);
}

#[test]
fn keys_that_are_not_utf_8_are_told_apart() {
    let stage = filled(&[]);
    for byte in [0xe8, 0xe9] {
        let key = [b"akamai:acme:search:caf".as_slice(), &[byte]].concat();
        let mut set = redis::pipe();
        set.cmd("SET").arg(key).arg("[]").ignore();
        let () = stage.server.pipeline(&set);
    }
    let plan = report(&stage, &["--pattern", "search:*", "--dry-run", "--explain"]);
    let keys = plan["keys"].as_array().unwrap().iter();
    let mut keys: Vec<&str> = keys.map(|one| one["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    let expected = [r"akamai:acme:search:caf\xe8", r"akamai:acme:search:caf\xe9"];
    assert_eq!(keys, expected);
}

#[test]
fn a_key_typed_with_the_escapes_that_reports_print_is_refused_with_the_patterns_that_match() {
    let (control, literal) = ("akamai:acme:search:a\nb", r"akamai:acme:search:a\nb");
    let stage = filled(&[control, literal]);
    for (word, whose) in [(literal, "akamai:acme:"), (r"search:a\nb", "")] {
        let told = stage.command("invalidate --yes").arg(word).run().with(2);
        for part in [
            format!("`{word}` has escapes"),
            format!("--pattern '{whose}search:a?b'"),
            format!(r"--pattern '{whose}search:a\\nb'"),
        ] {
            assert!(told.stderr.contains(&part), "{}", told.stderr);
        }
    }
    assert_eq!(data(&stage).len(), 2);
    let shown = stage.command("inspect -o json").arg(literal).run().with(0);
    assert_eq!(shown.json()["key"], literal);
    assert_eq!(
        report(&stage, &["--pattern", r"search:a\\nb", "--yes"])["removed"],
        1
    );
    let absent = stage.command("inspect").arg(literal).run().with(5).stderr;
    let hint = "`alecs-cache inspect 'akamai:acme:search:a?b'`";
    assert!(absent.contains(hint), "{absent}");
    assert_eq!(
        report(&stage, &["--pattern", "search:a?b", "--yes"])["removed"],
        1
    );
    assert_eq!(data(&stage), Vec::<String>::new());
}

#[test]
fn a_bare_number_is_asked_about() {
    let stage = filled(&["akamai:acme:property:prp_123"]);
    for command in ["invalidate", "inspect"] {
        let ended = stage.run(&format!("{command} 123")).with(2);
        ended.says("did you mean `prp_123`?");
    }
}

#[test]
fn groups_that_the_server_searched_for_are_counted_as_groups() {
    let stage = filled(&["akamai:acme:groups:Main: EU", "akamai:acme:account:groups"]);
    let stats: Value = stage.run("stats --full -o json -c acme").with(0).json();
    let resources = stats["customers"][0]["resources"].as_array().unwrap();
    let names: Vec<&str> = resources
        .iter()
        .filter_map(|one| one["resource"].as_str())
        .collect();
    assert!(
        names.contains(&"groups") && names.contains(&"account"),
        "{names:?}"
    );
    assert!(!names.contains(&"other"), "{names:?}");
}

#[test]
fn an_id_that_the_cache_does_not_know_takes_no_details_by_name() {
    let stage = filled(&DETAILS);
    for words in [
        &["prp_7", "--cascade", "--dry-run"][..],
        &["prp_7", "--cascade"],
    ] {
        assert_eq!(report(&stage, words)["matched"], 0);
    }
    assert_eq!(data(&stage).len(), DETAILS.len());
}

#[test]
fn a_pattern_with_cascade_removes_what_it_matches_and_says_so() {
    let stage = filled(&DETAILS);
    let ended = stage.run("invalidate --pattern property:prp_1:* --cascade --yes");
    let warned = "removes the keys that match and no others";
    assert!(ended.with(0).stderr.contains(warned));
    assert_eq!(data(&stage).len(), DETAILS.len() - 1);
}
