//! Replies to SCAN from proxies that query all their servers at once.

use crate::support::stage::{Stage, small};

/// Two cursors and two pages, one from each server.
const FANNED_OUT: &str = "*4\r\n$1\r\n0\r\n*1\r\n$26\r\nakamai:acme:property:prp_1\r\n\
                          $1\r\n0\r\n*1\r\n$26\r\nakamai:acme:property:prp_2\r\n";

/// A warm cache behind a proxy that answers SCAN so.
fn scanned_by_proxy(answer: &str) -> Stage {
    let stage = Stage::new(small()).behind_proxy();
    stage.run("warm").with(0);
    stage.proxy().on("SCAN").answer(answer);
    stage
}

impl Stage {
    /// Expects that the commands refuse to walk the keys, for a reason with all these words.
    #[track_caller]
    fn refuses_to_walk(&self, lines: &[&str], words: &[&str]) {
        for line in lines {
            let ended = self.run(line);
            assert_eq!(ended.code(), 3, "{line}: {}", ended.stderr);
            for word in words {
                ended.says(word);
            }
        }
    }
}

#[test]
fn several_cursors_mean_a_proxy_whose_keys_cannot_be_counted() {
    let stage = scanned_by_proxy(FANNED_OUT);
    let properties = || {
        let mut keys = stage.keys();
        keys.retain(|key| key.starts_with("akamai:acme:property:"));
        keys
    };
    let before = properties();
    let lines = [
        "invalidate --pattern property:* --yes",
        "invalidate --pattern property:* --yes --no-undo",
        "invalidate --everything --dry-run",
        "inspect property:*",
        "stats --full",
        "locks",
    ];
    stage.refuses_to_walk(
        &lines,
        &["not a single server but a proxy", "--mode cluster"],
    );
    assert_eq!(properties(), before);
    stage.run("invalidate prp_100 --no-undo").with(0);
}

/// A walk that does not advance would never end.
#[test]
fn a_cursor_that_does_not_advance_is_refused() {
    let stage = scanned_by_proxy("*2\r\n$1\r\n7\r\n*0\r\n");
    let lines = [
        "invalidate --pattern property:* --yes",
        "inspect property:*",
        "stats --full",
    ];
    stage.refuses_to_walk(&lines, &["does not advance"]);
    let ended = stage.run("invalidate prp_100000 --no-undo").with(0);
    ended.says("does not advance");
    assert_eq!(stage.get("akamai:acme:property:prp_100000"), None);
    stage.run("warm --force").with(0);
}

#[test]
fn without_scan_what_has_a_name_is_removed_and_what_needs_a_walk_says_so() {
    let property = |stage: &Stage, id: &str| stage.get(&format!("akamai:acme:property:{id}"));
    for refusal in [
        "ERR unknown command 'SCAN'",
        "ERR command 'SCAN' is not allowed",
    ] {
        let stage = Stage::new(small()).behind_proxy();
        stage.run("warm").with(0);
        stage.proxy().on("SCAN").refuse(refusal);
        for line in [
            "invalidate --pattern property:* --yes",
            "invalidate --everything --yes --no-undo",
            "inspect property:*",
            "locks",
            "stats",
        ] {
            let ended = stage.run(line).with(3);
            assert!(ended.stderr.contains("does not take SCAN"), "{line}");
            assert!(ended.stderr.contains("ids or host names"), "{line}");
            // What could not be searched for may exist.
            assert!(!ended.stdout.contains("Nothing to remove"), "{line}");
        }
        assert!(property(&stage, "prp_100000").is_some());
        let dry = stage.run("invalidate -o json -n prp_100000").with(0);
        assert_eq!(dry.json()["coverage"]["slots_scanned"], 0);
        let removed = stage.run("invalidate -o json prp_100000 --cascade --yes");
        let removed = removed.with(0);
        let coverage = &removed.json()["coverage"];
        assert_eq!(coverage["slots_scanned"], 0, "{coverage}");
        assert_eq!(coverage["primaries_scanned"], 0, "{coverage}");
        assert!(removed.stderr.contains("only keys that can be named"));
        assert_eq!(property(&stage, "prp_100000"), None);
        assert_eq!(stage.get("akamai:acme:properties:all"), None);
        let key = "akamai:acme:property:prp_100001";
        stage.run(&format!("invalidate {key}")).with(0);
        assert_eq!(property(&stage, "prp_100001"), None);
        let host = |key: String| key.strip_prefix("akamai:acme:hostname:").map(str::to_owned);
        let host = stage.keys().into_iter().find_map(host).unwrap();
        stage.run(&format!("invalidate {host}")).with(0);
        assert_eq!(stage.get(&format!("akamai:acme:hostname:{host}")), None);
        stage.run("get property prp_100002").with(0);
        stage.run("inspect prp_100002").with(0);
        stage.run("invalidate -c other --yes prp_nothing").with(0);
    }
}
