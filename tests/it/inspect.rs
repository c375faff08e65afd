//! `inspect` of one key, and of the keys that match a pattern.

use crate::support::account::Account;
use crate::support::server::{BOTH, Kind, Server};
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};
use std::os::unix::ffi::OsStringExt;

pub fn inspected(stage: &Stage, target: &str) -> Value {
    stage
        .run(&format!("inspect -o json {target}"))
        .with(0)
        .json()
}

#[test]
fn a_property_is_shown_with_all_that_is_known_of_it() {
    let stage = Stage::new(small());
    stage.warm("");
    let day: String = today();
    let _: i64 = stage.server.ask(&[
        "HSET",
        &format!("akamai:stats:{day}:hits"),
        "acme:property:prp_100000",
        "7",
    ]);
    let _: i64 = stage.server.ask(&[
        "HSET",
        &format!("akamai:stats:{day}:misses"),
        "acme:property:prp_100000",
        "2",
    ]);
    let _: String = stage.server.ask(&[
        "SET",
        "akamai:acme:property:prp_100000:lock",
        "holder-1",
        "EX",
        "30",
    ]);
    let found = inspected(&stage, "prp_100000");
    assert_eq!(found["schema"], "alecs-cache/inspect/1");
    assert_eq!(found["key"], "akamai:acme:property:prp_100000");
    for (field, expected) in [
        ("customer", json!("acme")),
        ("resource", json!("property")),
        ("id", json!("prp_100000")),
        ("sub", json!([])),
        ("type", json!("string")),
        ("policy_ttl_seconds", json!(900)),
        ("freshness", json!("fresh")),
        ("locked_by", json!("holder-1")),
        ("hits", json!(7)),
        ("misses", json!(2)),
        ("value", stage.json("akamai:acme:property:prp_100000")),
    ] {
        assert_eq!(found[field], expected, "{field}");
    }
    assert!((880..=900).contains(&found["ttl_seconds"].as_i64().unwrap()));
    assert!(found["size"].as_u64().unwrap() > 100);
    assert!(found["memory_bytes"].as_u64().unwrap() > found["size"].as_u64().unwrap());
    let tags: Vec<&str> = found["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag.as_str().unwrap())
        .collect();
    assert!(tags.contains(&"property:prp_100000"), "{tags:?}");
}

fn today() -> String {
    jiff::Timestamp::now().to_string()[..10].to_owned()
}

#[test]
fn a_key_is_named_by_id_host_name_or_key_in_any_form() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = stage
        .keys()
        .into_iter()
        .find_map(|key| {
            key.strip_prefix("akamai:acme:hostname:")
                .map(ToOwned::to_owned)
        })
        .unwrap();
    for (target, key) in [
        (
            "property:prp_100000:hostnames".to_owned(),
            "property:prp_100000:hostnames".to_owned(),
        ),
        (
            "akamai:acme:properties:all".to_owned(),
            "properties:all".to_owned(),
        ),
        (
            "acme:account:groups".to_owned(),
            "account:groups".to_owned(),
        ),
        (host.to_uppercase(), format!("hostname:{host}")),
        (format!("{host}."), format!("hostname:{host}")),
    ] {
        assert_eq!(
            inspected(&stage, &target)["key"],
            format!("akamai:acme:{key}"),
            "{target}"
        );
    }
    let ended = stage.run("inspect prp_9 -o json").with(5);
    assert_eq!(ended.error()["code"], "not_found");
    for nonsense in ["nonsense", "a:b:c", "session:1"] {
        stage.run(&format!("inspect {nonsense}")).with(2);
    }
}

#[test]
fn raw_writes_the_bytes_untouched() {
    let stage = Stage::new(small());
    let value = "\u{1b}[31mred\r\n\u{0}::warning::x";
    let _: String = stage.server.ask(&["SET", "akamai:acme:search:x", value]);
    let ended = stage.run("inspect search:x --raw").with(0);
    assert_eq!(ended.bytes, value.as_bytes());
    stage.run("inspect search:x --raw -o json").with(2);
    let run = stage.command("inspect search:x --raw");
    let ended = run.env("ALECS_CACHE_OUTPUT", "json").run().with(0);
    assert_eq!(ended.bytes, value.as_bytes());
    let shown = stage.run("inspect search:x").with(0);
    assert!(
        !shown.stdout.contains('\u{1b}') && !shown.stdout.contains('\u{0}'),
        "{:?}",
        shown.stdout
    );
    let _: i64 = stage
        .server
        .ask(&["HSET", "akamai:acme:hostnames", "a", "b"]);
    stage.run("inspect hostnames --raw").with(2);
    let nobody = stage.command("inspect search:* --raw --url redis://127.0.0.1:1");
    nobody.run().with(2);
    stage.run("inspect 'search:*' --raw").with(2);
}

#[test]
fn a_key_is_judged_as_get_judges_it() {
    let stage = Stage::new(Account::new(1));
    let key = "akamai:acme:property:prp_1";
    let value = r#"{"propertyId":"prp_1","propertyName":"a"}"#;
    let judged = |seconds: &str, stale_for: &str| {
        let _: String = stage.server.ask(&["SET", key, value, "EX", seconds]);
        let run = |line: &str| {
            let run = stage.command(line).env("ALECS_CACHE_STALE_FOR", stale_for);
            run.run().with(0)
        };
        let got = run("get property prp_1 --no-refresh -o json").json();
        let found = run("inspect prp_1 -o json").json();
        let headline = run("inspect prp_1").stdout;
        let headline = headline.lines().next().unwrap().to_owned();
        let source = got["items"][0]["source"].as_str().unwrap().to_owned();
        let freshness = found["freshness"].as_str().unwrap().to_owned();
        (source, freshness, headline)
    };
    for (seconds, stale_for, source, freshness, says) in [
        ("890", "0s", "cache", "fresh", "fresh, 1"),
        ("4490", "1h", "cache", "fresh", "fresh, 1"),
        ("3700", "1h", "cache", "refresh_due", "refresh due, 1"),
        ("1790", "1h", "stale", "stale", "stale, kept for "),
        (
            "4490",
            "0s",
            "cache",
            "kept_beyond_ttl",
            "kept beyond its TTL of 15 min, ",
        ),
    ] {
        let judged = judged(seconds, stale_for);
        assert_eq!((&*judged.0, &*judged.1), (source, freshness), "{seconds}");
        assert!(judged.2.contains(says), "{}", judged.2);
    }
}

#[test]
fn a_key_about_to_expire_and_one_that_never_does_are_distinguished() {
    let stage = Stage::new(Account::new(1));
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:property:prp_1", "{}", "EX", "100"]);
    assert_eq!(inspected(&stage, "prp_1")["freshness"], "refresh_due");
    assert!(stage.run("inspect prp_1").stdout.contains("refresh due"));
    stage.expire("akamai:acme:property:prp_1", 10);
    assert!(
        stage
            .run("inspect prp_1")
            .stdout
            .contains("about to expire")
    );
    let _: i64 = stage.server.ask(&["PERSIST", "akamai:acme:property:prp_1"]);
    assert!(stage.run("inspect prp_1").stdout.contains("never expires"));
}

#[test]
fn a_key_whose_name_holds_glob_characters_can_be_looked_at() {
    let stage = Stage::new(Account::new(1));
    let texts = ["a*b", "a\\b", "[x]?", "*", "\u{1f600}:\u{e4}\n\u{202e}"];
    for text in texts {
        let key = format!("akamai:acme:search:{text}");
        let _: String = stage.server.ask(&["SET", &key, text]);
        let word = format!("search:{text}");
        let exact = stage.command("inspect --exact -o json").arg(&word);
        assert_eq!(exact.run().with(0).json()["key"], key);
        let whole = stage.command("inspect --exact --raw").arg(&key);
        assert_eq!(whole.run().with(0).bytes, text.as_bytes());
    }
    // The meaning of a word does not depend on the keys: `search:*` matches all searches.
    let found = inspected(&stage, "search:*");
    assert_eq!(found["total"], texts.len());
    let found = stage.run("inspect search:*").with(0);
    assert!(!found.stdout.contains('\u{202e}'));
    assert_eq!(
        inspected(&stage, r"search:a\*b")["key"],
        "akamai:acme:search:a*b"
    );
    assert_eq!(inspected(&stage, r"search:a\b")["value"], r"a\b");
    assert_eq!(inspected(&stage, r"search:\**")["total"], 1);
    // Neither is a glob for the server's own matching.
    stage.run("inspect --exact search:a?b").with(5);
    stage.run("inspect --raw search:a?b").with(2);
}

#[test]
fn keys_and_values_that_are_no_text_are_escaped() {
    let stage = Stage::new(Account::new(1));
    let script = r"redis.call('SET', KEYS[1] .. '\233', '\0\255\n')";
    let _: () = stage
        .server
        .ask(&["EVAL", script, "1", "akamai:acme:search:caf"]);
    let _: String = stage.server.ask(&["SET", "akamai:acme:search:cafe", "1"]);
    let found = inspected(&stage, "search:caf?");
    assert_eq!(found["total"], 2);
    assert_eq!(found["keys"][0]["key"], "akamai:acme:search:cafe");
    assert_eq!(found["keys"][0]["key_base64"], Value::Null);
    assert_eq!(found["keys"][1]["key"], r"akamai:acme:search:caf\xe9");
    assert_eq!(
        found["keys"][1]["key_base64"],
        "YWthbWFpOmFjbWU6c2VhcmNoOmNhZuk="
    );
    let listed = stage.run("inspect search:caf?").with(0).stdout;
    assert!(listed.contains(r"caf\xe9"), "{listed}");
    let key = std::ffi::OsString::from_vec(b"akamai:acme:search:caf\xe9".to_vec());
    let raw = stage.command("inspect --raw").arg(&key).run().with(0);
    assert_eq!(raw.bytes, b"\0\xff\n");
    let found = stage
        .command("inspect -o json")
        .arg(&key)
        .run()
        .with(0)
        .json();
    assert_eq!(found["key_base64"], "YWthbWFpOmFjbWU6c2VhcmNoOmNhZuk=");
    assert_eq!(found["value"], "\0\\xff\n");
    assert_eq!(found["value_base64"], "AP8K");
    assert_eq!(found["customer"], "acme");
}

#[test]
fn a_value_is_shown_unchanged() {
    let stage = Stage::new(Account::new(1));
    let value = "{\"b\": 12345678901234567890123, \"a\": 1.0,\n \"b\": [1e400]}";
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:property:prp_1", value]);
    let json = stage.run("inspect prp_1 -o json").with(0).stdout;
    let compact = r#""value":{"b":12345678901234567890123,"a":1.0,"b":[1e400]},"#;
    assert!(json.contains(compact), "{json}");
    let people = stage.run("inspect prp_1").with(0).stdout;
    let lines =
        "\n{\n  \"b\": 12345678901234567890123,\n  \"a\": 1.0,\n  \"b\": [\n    1e400\n  ]\n}\n";
    assert!(people.ends_with(lines), "{people}");
    let screen = stage.command("inspect prp_1").on_terminal("").screen;
    assert!(screen.contains("\u{1b}[34m\"a\"\u{1b}[0m: "), "{screen}");
}

#[test]
fn a_property_is_read_once_for_its_value_and_its_name() {
    let stage = Stage::new(small());
    stage.warm("");
    let name = stage.json("akamai:acme:property:prp_100000")["propertyName"].clone();
    let _: String = stage.server.ask(&["CONFIG", "RESETSTAT"]);
    let shown = stage.run("inspect prp_100000").with(0).stdout;
    let head = shown.lines().next().unwrap();
    assert!(head.contains(name.as_str().unwrap()), "{shown}");
    let reads = stage.server.info("cmdstat_getrange");
    assert!(reads.starts_with("calls=1,"), "{reads}");
}

#[test]
fn inspecting_does_not_count_as_an_access() {
    for kind in BOTH {
        let stage = Stage::on(Server::start(kind, &[]), Account::new(1));
        let script = "redis.call('SET', KEYS[1], '{}'); redis.call('HSET', KEYS[2], 'a.b', '{}') \
            for _, key in ipairs(KEYS) do \
            redis.call('RESTORE', key, 0, redis.call('DUMP', key), 'REPLACE', 'IDLETIME', 5000) end";
        let keys = ["akamai:acme:property:prp_1", "akamai:acme:hostnames"];
        let _: () = stage.server.ask(&["EVAL", script, "2", keys[0], keys[1]]);
        let idle = |key: &str| stage.server.ask::<u64>(&["OBJECT", "IDLETIME", key]) >= 5000;
        stage.run("inspect *").with(0);
        assert!(keys.iter().all(|key| idle(key)), "{kind:?}");
        for key in keys {
            let found = inspected(&stage, key);
            assert!(found["idle_seconds"].as_u64().unwrap() >= 5000, "{kind:?}");
            // Redis 7.0 lacks CLIENT NO-TOUCH.
            assert_eq!(idle(key), kind == Kind::Valkey, "{kind:?} {key}");
        }
    }
}

#[test]
fn counts_locks_and_keys_outside_the_scheme_are_reported_for_what_they_are() {
    let stage = Stage::new(Account::new(1));
    let counts = "akamai:stats:2026-01-02:hits";
    let _: i64 = stage.server.ask(&["HSET", counts, "acme:groups:all", "3"]);
    let found = inspected(&stage, "stats:2026-01-02:hits");
    assert_eq!(found["customers"], json!([]));
    assert_eq!(found["freshness"], "no_ttl");
    assert_eq!(inspected(&stage, "stats:*")["keys"][0]["key"], counts);
    assert_eq!(inspected(&stage, "stats:*")["customers"], json!([]));
    let _: String = stage
        .server
        .ask(&["SET", "akamai:beta:property:prp_1:lock", "x"]);
    let found = inspected(&stage, "beta:property:prp_1:lock");
    assert_eq!(found["customer"], "beta");
    assert_eq!(found["policy_ttl_seconds"], 30);
    assert_eq!(found["freshness"], "no_ttl");
    assert_eq!(
        inspected(&stage, "akamai:beta:*")["customer"],
        json!("beta")
    );
    let key = "akamai:acme:property:prp_1";
    let _: i64 = stage.server.ask(&["SADD", key, "x"]);
    assert_eq!(inspected(&stage, key)["expected_type"], "string");
    let shown = stage.run("inspect prp_1").with(0).stdout;
    assert!(
        shown.contains("   a set; wrong, this should be a string\n"),
        "{shown}"
    );
    let _: String = stage.server.ask(&["SET", "akamai:acme:unheard:of", "x"]);
    let found = inspected(&stage, "akamai:acme:unheard:of");
    assert_eq!(found["resource"], Value::Null);
    assert_eq!(found["expected_type"], Value::Null);
    assert_eq!(found["customer"], "acme");
}

#[test]
fn an_id_of_which_only_parts_are_cached_shows_those() {
    let stage = Stage::new(small());
    for part in [
        "prp_1:hostnames",
        "prp_1:rules:v3",
        "prp_1:details",
        "prp_10:hostnames",
    ] {
        let key = format!("akamai:acme:property:{part}");
        let _: String = stage.server.ask(&["SET", &key, "[]", "EX", "900"]);
    }
    let parts = stage.run("inspect prp_1 -o json").with(0).json();
    let keys: Vec<&str> = (parts["keys"].as_array().unwrap().iter())
        .map(|key| key["key"].as_str().unwrap())
        .collect();
    let expected = ["details", "hostnames", "rules:v3"];
    assert_eq!(
        keys,
        expected.map(|part| format!("akamai:acme:property:prp_1:{part}"))
    );
    let shown = stage.run("inspect prp_1").with(0);
    assert!(
        shown.stdout.contains("akamai:acme:property:prp_1:rules:v3"),
        "{}",
        shown.stdout
    );
    shown.says("only parts of it");
    // A key names only itself, and so does a request for a value.
    for line in ["property:prp_1", "prp_1 --raw", "prp_1 --field .a", "prp_2"] {
        stage.run(&format!("inspect {line}")).with(5);
    }
    for (word, key) in [
        ("prp_1:hostnames", "akamai:acme:property:prp_1:hostnames"),
        (
            "property:prp_1:details",
            "akamai:acme:property:prp_1:details",
        ),
    ] {
        assert_eq!(inspected(&stage, word)["key"], key);
    }
}

#[test]
fn one_field_of_a_value_is_shown_alone() {
    let stage = Stage::new(small());
    let value = r#"{"rules":{"name":"default","children":[{"n":1e400}]}}"#;
    let key = "akamai:acme:property:prp_1:rules:v5";
    stage.server_writes(key, value);
    let field = |path: &str| stage.run(&format!("inspect prp_1:rules:v5 --field {path}"));
    assert_eq!(field(".rules.name").with(0).stdout, "default\n");
    assert_eq!(
        field("rules.children[0]").with(0).stdout,
        "{\n  \"n\": 1e400\n}\n"
    );
    let json = field(".rules.name -o json").with(0).json();
    assert_eq!(
        (&json["value"], &json["field"]),
        (&json!("default"), &json!(".rules.name"))
    );
    assert_eq!(json["key"], key);
    let missing = field(".rules.nam").with(5);
    missing.says("did you mean `name`?");
    let _: i64 = stage.server.ask(&[
        "HSET",
        "akamai:acme:hostnames",
        "a.b",
        r#"{"propertyId":"prp_1"}"#,
    ]);
    let hash = stage
        .run(r#"inspect hostnames --field ."a.b".propertyId"#)
        .with(0);
    assert_eq!(hash.stdout, "prp_1\n");
    field("a..b").with(2);
    stage.run("inspect property:* --field .a").with(2);
}

#[test]
fn the_first_line_says_what_it_is_and_verbose_the_rest() {
    let stage = Stage::new(small());
    stage.warm("");
    let shown = stage.run("inspect prp_100000").with(0).stdout;
    let first = shown.lines().next().unwrap();
    assert!(
        first.starts_with("property prp_100000 of acme   site-0.example.com   fresh, 1"),
        "{first}"
    );
    assert!(
        first.contains(" of 15 min left   ") && !first.contains("hit"),
        "{first}"
    );
    assert_eq!(shown.lines().nth(2), Some("{"));
    assert!(!shown.contains("endpoint"));
    let verbose = stage.run("inspect prp_100000 -v").with(0).stdout;
    assert!(
        verbose.contains("\nendpoint ") && verbose.contains("\ntags "),
        "{verbose}"
    );
    let hosts = stage.run("inspect hostnames --limit 0").with(0).stdout;
    assert!(
        hosts.contains("\nHOSTNAME ") && hosts.contains("  PROPERTY "),
        "{hosts}"
    );
    let names: Vec<&str> = hosts
        .lines()
        .skip(3)
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(names.is_sorted() && names.len() == 6, "{names:?}");
}

#[test]
fn names_of_properties_and_groups_stand_beside_their_ids() {
    let stage = Stage::new(small());
    stage.warm("");
    let got = stage.run("get property prp_100000 -o json").with(0).json();
    let name = got["items"][0]["value"]["propertyName"].as_str().unwrap();
    let shown = stage.run("inspect prp_100000").with(0).stdout;
    let first = format!("property prp_100000 of acme   {name}   fresh, ");
    assert!(shown.starts_with(&first), "{shown}");
    let hosts = stage.run("inspect prp_100000:hostnames").with(0).stdout;
    assert!(hosts.contains(&format!("   {name}   fresh, ")), "{hosts}");
    let list = stage.run("inspect property:prp_100000*").with(0).stdout;
    assert!(
        list.contains("property:prp_100000  ") && list.contains(name),
        "{list}"
    );
    let property = stage.run("get property prp_100000").with(0).stdout;
    assert!(property.contains("  grp_10000 Group 0  "), "{property}");
    let groups = stage.run("get groups").with(0).stdout;
    assert!(!groups.contains("grp_10000 Group 0  -"), "{groups}");
}

#[test]
fn a_word_without_a_key_and_an_absent_key_say_what_to_do() {
    let stage = Stage::new(small());
    for (word, exit, hint) in [
        (
            "grp_5001",
            2,
            "see `alecs-cache get groups`, or `alecs-cache invalidate --tag group:grp_5001 -n`",
        ),
        ("properties", 2, "did you mean `properties:all`?"),
        (
            "prp_1105",
            5,
            "run `alecs-cache warm prp_1105 -c acme` to fetch it, or look for a name with `alecs-cache search`",
        ),
        (
            "www.example.net",
            5,
            "run `alecs-cache warm www.example.net -c acme` to fetch it, or look for a name with `alecs-cache search`",
        ),
        (
            "groups:all",
            5,
            "run `alecs-cache inspect '*' -c acme` to list what is cached",
        ),
        (
            "audit",
            5,
            "run `alecs-cache inspect '*' -c acme` to list what is cached",
        ),
        (
            "property:www:details",
            5,
            "run `alecs-cache inspect '*' -c acme` to list what is cached",
        ),
        (
            "account:groups",
            5,
            "run `alecs-cache warm -c acme` to fetch it, or `alecs-cache inspect '*' -c acme` to list what is cached",
        ),
        (
            "prp_1105:rules:v3",
            5,
            "run `alecs-cache warm prp_1105 --only rules -c acme` to fetch it, or `alecs-cache inspect '*' -c acme` to list what is cached",
        ),
        (
            "akamai:* --exact",
            5,
            "leave out --exact to list the keys that match",
        ),
        (
            "* --exact",
            2,
            "leave out --exact to list the keys that match",
        ),
        (
            "prp_* --field .a",
            2,
            "name a key: `alecs-cache inspect 'prp_*' -c acme` lists those that match",
        ),
    ] {
        let ended = stage.run(&format!("inspect {word} -o json")).with(exit);
        assert_eq!(ended.error()["hint"], hint, "{word}");
    }
}

#[test]
fn no_name_is_broken_in_the_headline() {
    let stage = Stage::new(small());
    let name = format!("{}.example.com", "n".repeat(67));
    let value = format!(r#"{{"propertyId":"prp_1","propertyName":"{name}"}}"#);
    let host = format!("akamai:acme:hostname:{name}");
    for (key, word) in [("akamai:acme:property:prp_1", "prp_1"), (&host, &name)] {
        stage.server_writes(key, &value);
        let run = stage.command(&format!("inspect {word}")).columns(80);
        let shown = run.env("NO_COLOR", "1").on_terminal("").screen;
        let head = shown.split('{').next().unwrap();
        assert!(head.lines().any(|line| line.trim_end() == name), "{shown}");
    }
}
