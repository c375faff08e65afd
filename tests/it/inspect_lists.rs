//! `inspect` of several keys and of collections: order, limits, lists that may be incomplete.

use crate::inspect::inspected;
use crate::support::account::Account;
use crate::support::cluster::Cluster;
use crate::support::run::{Home, Run};
use crate::support::server::Kind;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};

#[test]
fn collections_are_shown_up_to_the_limit() {
    let stage = Stage::new(small());
    stage.warm("");
    let found = inspected(&stage, "hostnames --limit 2");
    assert_eq!(found["type"], "hash");
    assert_eq!(found["size"], 6);
    assert_eq!(found["value"].as_object().unwrap().len(), 2);
    assert_eq!(
        inspected(&stage, "hostnames --limit 0")["value"]
            .as_object()
            .unwrap()
            .len(),
        6
    );
    let _: i64 = stage.server.ask(&[
        "ZADD",
        "akamai:acme:searches",
        "5",
        "b:search:b",
        "3",
        "a:search:a",
    ]);
    let found = inspected(&stage, "searches");
    assert_eq!(
        found["value"],
        json!([{"member": "a:search:a", "score": 3.0}, {"member": "b:search:b", "score": 5.0}])
    );
    assert_eq!(found["ttl_seconds"], Value::Null);
    assert_eq!(found["freshness"], "no_ttl");
    let _: i64 = stage
        .server
        .ask(&["RPUSH", "akamai:acme:property:prp_1:versions", "v2", "v1"]);
    for limit in ["", " --limit 0"] {
        assert_eq!(
            inspected(&stage, &format!("property:prp_1:versions{limit}"))["value"],
            json!(["v2", "v1"])
        );
    }
    for (line, shown) in [
        ("property:prp_1:versions --field [1]", "v1\n"),
        ("searches --field [0].member", "a:search:a\n"),
    ] {
        assert_eq!(stage.run(&format!("inspect {line}")).with(0).stdout, shown);
    }
    let _: String = stage
        .server
        .ask(&["XADD", "akamai:acme:audit", "1-1", "who", "me"]);
    let found = inspected(&stage, "audit");
    assert_eq!(
        found["value"],
        json!([{"id": "1-1", "fields": {"who": "me"}}])
    );
    assert_eq!(found["freshness"], "unknown");
}

#[test]
fn a_pattern_lists_the_keys_of_the_customer_alone() {
    let stage = Stage::new(small());
    stage.warm("");
    for key in [
        "akamai:acme2:property:prp_1",
        "akamai:acme.eu:property:prp_1",
        "session:property:1",
    ] {
        let _: String = stage.server.ask(&["SET", key, "{}"]);
    }
    let found = inspected(&stage, "property:*");
    assert_eq!(found["total"], 8);
    let keys = found["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 8);
    assert!(keys.iter().all(|key| {
        key["key"]
            .as_str()
            .unwrap()
            .starts_with("akamai:acme:property:")
    }));
    assert_eq!(keys[0]["type"], "string");
    assert!(keys[0]["ttl_seconds"].as_i64().unwrap() > 800);
    let cut = inspected(&stage, "property:* --limit 3");
    assert_eq!(
        (cut["total"].as_u64(), cut["keys"].as_array().unwrap().len()),
        (Some(8), 3)
    );
    assert_eq!(inspected(&stage, "nothing:*")["total"], 0);
}

#[test]
fn scripts_get_every_key_and_member_unless_they_pass_a_limit() {
    let stage = Stage::new(Account::new(1));
    let hash = "akamai:acme:hostnames";
    for at in 0..30 {
        let _: String = stage
            .server
            .ask(&["SET", &format!("akamai:acme:property:prp_{at}"), "{}"]);
        let _: i64 = stage
            .server
            .ask(&["HSET", hash, &format!("{at}.example.com"), "{}"]);
    }
    let keys = |line: &str| inspected(&stage, line)["keys"].as_array().unwrap().len();
    assert_eq!(keys("property:*"), 30);
    assert_eq!(keys("property:* --limit 0"), 30);
    assert_eq!(keys("property:* --limit 4"), 4);
    let members = |line: &str| {
        let found = inspected(&stage, line);
        (
            found["value"].as_object().unwrap().len(),
            found["value_cut"].clone(),
        )
    };
    assert_eq!(members("hostnames"), (30, json!(false)));
    assert_eq!(members("hostnames --limit 4"), (4, json!(true)));
    let any = stage.run("inspect hostnames --limit 4").with(0);
    any.says("any 4 of 30 fields; --limit 0 shows all in order");
    let people = stage.run("inspect property:*").with(0);
    people.says("… 10 more keys; --limit 0 shows all");
}

#[test]
fn collections_are_tables_for_people_and_say_how_much_is_shown() {
    let stage = Stage::new(Account::new(1));
    let _: i64 = stage.server.ask(&[
        "HSET",
        "akamai:acme:hostnames",
        "a.b",
        "{ \"propertyId\": \"prp_1\" }",
        "c.d",
        "x\u{1b}[2J",
    ]);
    let _: i64 = stage
        .server
        .ask(&["RPUSH", "akamai:acme:property:prp_1:versions", "v2", "v1"]);
    let _: i64 = stage.server.ask(&[
        "ZADD",
        "akamai:acme:searches",
        "1795392000000",
        "www:search:www",
    ]);
    for id in ["1-1", "2-1"] {
        let _: String =
            stage
                .server
                .ask(&["XADD", "akamai:acme:audit", id, "who", "me", "removed", "3"]);
    }
    for (line, size, table) in [
        (
            "hostnames",
            "   2 fields\n",
            "\nFIELD  VALUE\na.b    {\"propertyId\":\"prp_1\"}\nc.d    x\\u{1b}[2J\n",
        ),
        (
            "property:prp_1:versions --limit 1",
            "   2 items\n",
            "\n#  ITEM\n1  v2\n",
        ),
        (
            "searches",
            "   1 member\n",
            "\n        SCORE  TIME                  MEMBER\n1795392000000  2026-11-23 00:00:00Z  www:search:www\n",
        ),
        (
            "audit --limit 1",
            "   2 entries\n",
            "\nENTRY  FIELD    VALUE\n2-1    who      me\n       removed  3\n",
        ),
    ] {
        let shown = stage.run(&format!("inspect {line}")).with(0);
        assert!(shown.stdout.contains(size), "{}", shown.stdout);
        assert!(shown.stdout.ends_with(table), "{}", shown.stdout);
        let cut = line.contains("--limit");
        assert_eq!(shown.stderr.contains("--limit 0"), cut, "{}", shown.stderr);
    }
}

#[test]
fn a_list_that_may_be_incomplete_is_not_called_complete() {
    let cluster = Cluster::start(Kind::Valkey, false);
    let home = Home::new();
    let key = "akamai:acme:property:prp_1";
    let slot = cluster.slot(key);
    let from = usize::from(slot > 5460) + usize::from(slot > 10922);
    let to = (from + 1) % 3;
    let _: String = cluster.nodes[from].ask(&["SET", key, "{}", "EX", "900"]);
    let list = || home.command("inspect * -o json").in_cluster(&cluster).run();
    cluster.begin_move(slot, from, to);
    let moving = list().with(7);
    assert_eq!(moving.json()["coverage"]["topology_changed"], true);
    assert_eq!(moving.json()["total"], 1);
    assert_eq!(moving.error()["code"], "partial");
    let message =
        format!("slot {slot} is still moving between primaries; some keys may be missing");
    assert_eq!(moving.error()["message"], message);
    cluster.move_key(key, from, to);
    cluster.end_move(slot, to);
    let found = list().with(0).json();
    assert_eq!(found["total"], 1);
    assert_eq!(
        found["coverage"],
        json!({
            "primaries": 3, "primaries_scanned": 3, "slots": 16384, "slots_scanned": 16384,
            "topology_changed": false,
        })
    );
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let stage = Stage::new(
        Account::new(1)
            .regular()
            .groups(1)
            .contracts(1)
            .properties(400)
            .hostnames(0),
    );
    stage.warm("");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let run: Run = stage.command("inspect property:* --limit 0");
    let ended = run.stdout(writer).wait().with(0);
    assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
}

#[test]
fn several_words_are_shown_in_their_order_and_the_missing_ones_named() {
    let stage = Stage::new(small());
    stage.warm("");
    let ended = stage
        .run("inspect prp_100000 account:* properties:all -o json")
        .with(0);
    let items = ended.json()["items"].clone();
    assert_eq!(items[0]["key"], "akamai:acme:property:prp_100000");
    assert_eq!(items[1]["total"], 2);
    assert_eq!(items[2]["key"], "akamai:acme:properties:all");
    let partly = stage.run("inspect prp_9 prp_100000 -o json").with(7);
    assert_eq!(partly.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(partly.json()["missing"], json!(["prp_9"]));
    assert_eq!(partly.error()["code"], "partial");
    let none = stage.run("inspect prp_8 prp_9").with(5);
    assert!(
        none.stderr.contains("prp_8") && none.stderr.contains("prp_9"),
        "{}",
        none.stderr
    );
    let shown = stage.run("inspect prp_100000 prp_100001").with(0).stdout;
    let first = shown.find("property prp_100000 of acme   site-0.example.com   fresh, ");
    assert!(
        first < shown.find("\n\nproperty prp_100001 of acme   site-1.example.com   fresh, "),
        "{shown}"
    );
    stage.run("inspect --raw prp_100000 prp_100001").with(2);
}

#[test]
fn the_limit_bounds_the_lines_of_an_object() {
    let stage = Stage::new(small());
    let fields: Vec<String> = (0..150).map(|n| format!("\"f{n}\":{n}")).collect();
    let value = format!("{{{}}}", fields.join(","));
    let key = "akamai:acme:property:prp_1:rules:v1";
    let _: String = stage.server.ask(&["SET", key, &value, "EX", "300"]);
    let line = format!("inspect {key}");
    // A pipe gets everything.
    let whole = stage.run(&line).with(0);
    assert!(
        whole.stdout.contains("\"f149\": 149\n}"),
        "{}",
        whole.stdout
    );
    let cut = stage.run(&format!("{line} --limit 10")).with(0);
    assert!(cut.stdout.contains("\"f8\": 8,\n") && !cut.stdout.contains("\"f9\""));
    let told = "… 142 more lines; --limit 0 shows all, --field a part\n";
    assert_eq!(cut.stderr, told);
    let terminal = stage.command(&line).on_terminal("");
    assert!(!terminal.screen.contains("f149"), "{}", terminal.screen);
    assert!(
        terminal.screen.contains("… 52 more lines"),
        "{}",
        terminal.screen
    );
    let json = stage
        .run(&format!("{line} --limit 10 -o json"))
        .with(0)
        .json();
    assert_eq!(json["value"]["f149"], 149);
}

#[test]
fn a_list_of_keys_begins_with_their_number() {
    let stage = Stage::new(small());
    stage.warm("");
    let listed = stage.run("inspect property:* --limit 1").with(0);
    let address = stage.url().replace("redis://", "").replace("/0", "");
    let first = format!("8 keys match akamai:acme:property:* on {address}\n");
    assert!(listed.stdout.starts_with(&first), "{}", listed.stdout);
    assert_eq!(listed.stderr, "… 7 more keys; --limit 0 shows all\n");
}

#[test]
fn the_limit_bounds_the_elements_of_an_array() {
    let stage = Stage::new(small());
    let items: Vec<String> = (0..50)
        .map(|number| format!("{{\"n\":{number}}}"))
        .collect();
    let value = format!("[{}]", items.join(","));
    let key = "akamai:acme:properties:all";
    let _: String = stage.server.ask(&["SET", key, &value, "EX", "300"]);
    let shown = stage.run("inspect properties:all").with(0);
    assert!(shown.stdout.contains("\"n\": 19\n") && !shown.stdout.contains("\"n\": 20\n"));
    assert!(
        shown
            .stderr
            .contains("… 30 more items; --limit 0 shows all"),
        "{}",
        shown.stderr
    );
    let all = stage.run("inspect properties:all --limit 0").with(0);
    assert!(
        all.stdout.contains("\"n\": 49\n") && all.stderr.is_empty(),
        "{}",
        all.stderr
    );
    // A program gets everything unless it asks for a part.
    let whole = inspected(&stage, "properties:all");
    assert_eq!(whole["value"].as_array().unwrap().len(), 50);
    assert_eq!(whole["value_cut"], false);
    let part = inspected(&stage, "properties:all --limit 3");
    assert_eq!(part["value"].as_array().unwrap().len(), 3);
    assert_eq!(part["value_cut"], true);
    let raw = stage.run("inspect properties:all --raw").with(0);
    assert_eq!(raw.stdout, value);
}

#[test]
fn a_field_of_a_long_value_takes_no_more_memory_than_the_value_and_has_a_limit() {
    let stage = Stage::new(Account::new(1));
    let key = "akamai:acme:search:long";
    let script = "redis.call('SET', KEYS[1], '{\"a\":[' .. string.rep('1,', 4000000) .. '2],\"b\":{\"c\":3}}')";
    let _: () = stage.server.ask(&["EVAL", script, "1", key]);
    for (field, value) in [(".b.c", "3\n"), (".a[4000000]", "2\n")] {
        let run = stage.command("inspect search:long --field").arg(field);
        assert_eq!(run.limited("-v 200000").run().with(0).stdout, value);
    }
    let _: i64 = stage.server.ask(&["SETRANGE", key, "270000000", "x"]);
    let run = stage.command("inspect search:long --field .a");
    assert_eq!(
        run.limited("-v 700000").run().with(2).stderr,
        "error: `akamai:acme:search:long` is 257 MiB, and `--field` reads values up to 256 MiB\n  hint: write it to a file with --raw\n"
    );
}

#[test]
fn a_line_end_in_a_name_stays_within_the_head_line() {
    let stage = Stage::new(Account::new(1));
    let key = "akamai:acme:property:prp_1";
    let value = r#"{"propertyId":"prp_1","propertyName":"a\n::error::b"}"#;
    let _: String = stage.server.ask(&["SET", key, value]);
    let text = stage.run("inspect prp_1").with(0).stdout;
    let head = text.lines().next().unwrap();
    assert!(head.contains("a\\n::error::b"), "{text}");
}
