//! SCAN as proxies answer it that ask all their servers at once.

use crate::support::stage::{Stage, small};

/// Two cursors and two pages, one of each server behind it.
const FANNED_OUT: &str = "*4\r\n$1\r\n0\r\n*1\r\n$26\r\nakamai:acme:property:prp_1\r\n\
                          $1\r\n0\r\n*1\r\n$26\r\nakamai:acme:property:prp_2\r\n";

#[test]
fn several_cursors_are_a_proxy_and_no_server_whose_keys_could_be_counted() {
    let stage = Stage::new(small()).behind_proxy();
    stage.run("warm").with(0);
    let keys = stage.keys();
    stage.proxy().on("SCAN").answer(FANNED_OUT);
    for line in [
        "invalidate --pattern property:* --yes",
        "invalidate --pattern property:* --yes --no-undo",
        "invalidate --everything --dry-run",
        "inspect property:*",
        "stats --full",
        "locks",
    ] {
        let ended = stage.run(line);
        assert_eq!(ended.code(), 3, "{line}: {}", ended.stderr);
        let text = &ended.stderr;
        assert!(
            text.contains("not a single server but a proxy"),
            "{line}: {text}"
        );
        assert!(text.contains("--mode cluster"), "{line}: {text}");
    }
    assert_eq!(stage.keys().len(), keys.len());
    stage.run("invalidate prp_100 --no-undo").with(0);
}
