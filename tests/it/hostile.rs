//! Hostile names, values and files: output contains no terminal control sequences, and every read is bounded.

use crate::support::server::Server;
use crate::support::stage::{Stage, small};

/// Clears the screen, sets the title, moves the cursor back, reverses the text and breaks the line.
const ORDERS: &str = "\x1b[2J\x1b]0;pwned\x07\u{9b}31m\r\n::error::\u{202e}\u{8}";

/// A stage whose account, keys, values, locks, counters and audit log contain such a text.
fn poisoned() -> Stage {
    let mut account = small();
    account.property_mut("prp_100001").unwrap().name = format!("shop{ORDERS}");
    let stage = Stage::new(account);
    stage.warm("--all");
    let tell = |words: &[&str]| stage.server.ask::<redis::Value>(words);
    let key = |rest: &str| format!("akamai:acme:{rest}{ORDERS}");
    tell(&["SET", &key("search:"), ORDERS, "EX", "900"]);
    tell(&["SET", &key("property:prp_1"), ORDERS, "EX", "900"]);
    tell(&["HSET", "akamai:acme:hostnames", ORDERS, ORDERS]);
    tell(&["SET", &key("property:prp_2"), ORDERS]);
    let owner = serde_json::json!({"token": "t", "host": ORDERS, "pid": 7, "since": 1}).to_string();
    tell(&[
        "SET",
        "akamai:acme:property:prp_100001:lock",
        &owner,
        "EX",
        "900",
    ]);
    tell(&[
        "XADD",
        "akamai:acme:audit",
        "*",
        "who",
        ORDERS,
        "command",
        ORDERS,
        "host",
        ORDERS,
        "keys",
        ORDERS,
    ]);
    tell(&[
        "SET",
        &format!("akamai:{ORDERS}:groups"),
        ORDERS,
        "EX",
        "900",
    ]);
    let mut odd = redis::cmd("SET");
    odd.arg(b"akamai:acme:search:\xff\xfe\x1b[2J")
        .arg(b"\xff\x1b[2J\xfe")
        .arg("EX")
        .arg(900);
    let mut pipeline = redis::pipe();
    pipeline.add_command(odd).ignore();
    let () = stage.server.pipeline(&pipeline);
    stage
}

const SCREENS: [&str; 17] = [
    "inspect prp_100001",
    "inspect properties:all",
    "inspect hostnames",
    "inspect search:*",
    "inspect *",
    "get property prp_100001",
    "get properties",
    "search shop",
    "warm --check",
    "invalidate --pattern * --dry-run --explain",
    "invalidate prp_100001 --cascade --dry-run --explain",
    "hit-rate --by key",
    "hit-rate --by key -o csv",
    "stats --full",
    "locks",
    "log",
    "customers",
];

#[test]
fn no_output_lets_a_name_or_value_control_the_terminal() {
    let stage = poisoned();
    for line in SCREENS {
        let shown = stage.command(line).columns(100).on_terminal("");
        assert!(
            shown.code.is_some_and(|code| code != 1 && code != 2),
            "{line}: {shown:?}"
        );
        let orders = [
            "\x1b[2J",
            "\x1b]",
            "\x07",
            "\u{9b}",
            "\u{202e}",
            "\n::error",
            "\x08",
        ];
        for order in orders {
            assert!(
                !shown.screen.contains(order),
                "{line}: {order:?} in {:?}",
                shown.screen
            );
        }
    }
}

/// Memory limit of a run in KiB, for data larger than that.
const LITTLE: &str = "-v 700000";

#[test]
fn a_hash_of_a_million_fields_is_looked_at_counted_and_removed_in_little_memory() {
    let stage = Stage::on(Server::valkey(), small());
    let fill = "for i = 1, 10 do local part = {} for j = 1, 1000 do part[2 * j - 1] = ARGV[1] .. '-' .. i .. '-' .. j \
                part[2 * j] = 'prp_1' end redis.call('HSET', KEYS[1], unpack(part)) end redis.call('EXPIRE', KEYS[1], 900)";
    for part in 0..100 {
        let words = [
            "EVAL",
            fill,
            "1",
            "akamai:acme:hostnames",
            &part.to_string(),
        ];
        let _: redis::Value = stage.server.ask(&words);
    }
    for line in [
        "inspect hostnames",
        "inspect *",
        "stats",
        "invalidate --pattern hostnames --no-undo --yes",
    ] {
        stage.command(line).limited(LITTLE).run().with(0);
    }
    assert!(stage.get("akamai:acme:hostnames").is_none());
}

#[test]
fn a_string_of_512_mb_is_shown_by_its_head_in_little_memory() {
    let stage = Stage::on(Server::valkey(), small());
    let key = "akamai:acme:property:prp_1";
    // The head ends in the middle of a character.
    let head = format!("{}é", "h".repeat(4095));
    for (from, part) in [("536870911", "x"), ("0", &head)] {
        let _: i64 = stage.server.ask(&["SETRANGE", key, from, part]);
    }
    stage.expire(key, 900);
    let run = |line: &str| stage.command(line).limited(LITTLE).run();
    let shown = run("inspect prp_1").with(0);
    assert!(shown.stdout.contains("512 MiB") && shown.stdout.contains("hhh"));
    assert!(shown.stdout.len() < 5000, "{}", shown.stdout.len());
    assert_eq!(
        shown.stderr,
        "the first 4.0 KiB of 512 MiB; --raw writes all, --field reads a part\n"
    );
    let json = run("inspect prp_1 -o json").with(0).json();
    assert_eq!(json["value"], "h".repeat(4095));
    assert_eq!(json["value_cut"], true);
    assert_eq!(json["size"], 1 << 29);
    assert_eq!(json.get("value_base64"), None);
    for line in ["inspect property:*", "hit-rate", "customers"] {
        run(line).with(0);
    }
    // It cannot be saved, and is removed only with --no-undo.
    let refused = run("invalidate --pattern property:* --yes").with(2);
    refused.says("--no-undo");
    run("invalidate --pattern property:* --yes --no-undo").with(0);
    assert_eq!(stage.server.ask::<i64>(&["EXISTS", key]), 0);
}
