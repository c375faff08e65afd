//! `undo`: which files are trusted, what a file may write, and what a second undo reports.

use crate::invalidate::{data, fill, filled, report};
use crate::support::stage::Stage;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

fn file(stage: &Stage, id: &str) -> PathBuf {
    let folder = stage.home.path().join(".state/alecs-cache/undo");
    folder.join(id).with_extension("undo")
}

#[track_caller]
fn removed(stage: &Stage, words: &[&str]) -> String {
    report(stage, words)["undo_id"].as_str().unwrap().to_owned()
}

/// Replaces the only block of a file with these records: key, expiry time, dump.
fn forge(stage: &Stage, id: &str, records: &[(&str, u64, Vec<u8>)]) {
    let path = file(stage, id);
    let whole = std::fs::read(&path).unwrap();
    let end = whole.iter().position(|byte| *byte == b'\n').unwrap();
    let mut payload = Vec::new();
    for (key, expires, dump) in records {
        payload.push(1);
        payload.extend(u32::try_from(key.len()).unwrap().to_le_bytes());
        payload.extend(key.as_bytes());
        payload.extend(expires.to_le_bytes());
        payload.extend(u32::try_from(dump.len()).unwrap().to_le_bytes());
        payload.extend(dump);
    }
    let mut forged = whole[..=end].to_vec();
    forged.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
    forged.extend(u32::try_from(records.len()).unwrap().to_le_bytes());
    forged.extend(&Sha256::digest(&payload)[..8]);
    forged.extend(payload);
    std::fs::write(path, forged).unwrap();
}

#[test]
fn a_forged_file_writes_nothing_that_the_scheme_does_not_allow() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let id = removed(&stage, &["prp_1"]);
    let _: String = stage.server.ask(&["SET", "text", "[]"]);
    let _: i64 = stage.server.ask(&["ZADD", "sorted", "1", "x"]);
    let dump = |key: &str| -> Vec<u8> { stage.server.ask(&["DUMP", key]) };
    let (text, sorted) = (dump("text"), dump("sorted"));
    let far = 4_000_000_000_000;
    let bad: Vec<(&str, u64, Vec<u8>)> = vec![
        ("akamai:acme:warm:lock", far, text.clone()),
        ("akamai:acme:property:prp_1:lock", far, text.clone()),
        ("akamai:acme:warm:state", 0, text.clone()),
        ("akamai:acme:generation", 0, text.clone()),
        ("akamai:acme:generations", 0, sorted.clone()),
        ("akamai:acme:unheard:of", 0, text.clone()),
        ("akamai:acme:properties:all", 0, sorted.clone()),
        ("akamai:acme:property:prp_9:versions", 0, text.clone()),
        ("session:1", 0, text.clone()),
    ];
    let mut records = bad.clone();
    records.push(("akamai:acme:property:prp_1", 0, text.clone()));
    records.push(("akamai:acme:groups:all", far, text));
    forge(&stage, &id, &records);
    for key in ["text", "sorted"] {
        stage.delete(key);
    }
    let told = stage.run(&format!("undo {id} -o json")).with(7).json();
    assert_eq!(
        (&told["refused"], &told["restored"]),
        (&json!(bad.len()), &json!(2)),
        "{told}"
    );
    assert_eq!(
        data(&stage),
        ["akamai:acme:groups:all", "akamai:acme:property:prp_1"]
    );
    // A record without an expiry time, or with one that no policy explains, gets its policy's TTL.
    assert!((890..=900).contains(&stage.left("akamai:acme:property:prp_1")));
    // `--quiet` is about success.
    stage.delete("akamai:acme:groups:all");
    let quiet = stage.run(&format!("undo {id} -q")).with(7);
    assert!(quiet.stdout.starts_with("Restored 1 key"), "{quiet:?}");
    assert!((86_000..=86_400).contains(&stage.left("akamai:acme:groups:all")));
}

#[test]
fn files_and_folders_that_others_can_write_to_are_refused() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let id = removed(&stage, &["prp_1"]);
    let path = file(&stage, &id);
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&path, 0o666);
    let refused = stage.run(&format!("undo {id}")).with(2);
    refused.says("other users may write to it");
    // The newest file is not chosen either, nor an older one in its place.
    stage.run("undo").with(2);
    mode(&path, 0o600);
    let folder = path.parent().unwrap();
    mode(folder, 0o777);
    stage.run(&format!("undo {id}")).with(2);
    stage.run("undo --list").with(2);
    mode(folder, 0o700);
    // A FIFO is refused without waiting.
    let fifo = folder.join("20260101T000000Z-0000.undo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    // A sparse file is not read to its end.
    let sparse = folder.join("20260101T000000Z-0001.undo");
    let header = std::fs::read(&path).unwrap();
    let end = header.iter().position(|byte| *byte == b'\n').unwrap();
    std::fs::write(&sparse, &header[..=end]).unwrap();
    mode(&sparse, 0o600);
    let file = std::fs::OpenOptions::new().write(true).open(&sparse);
    file.unwrap().set_len(8 << 30).unwrap();
    let listed = stage.run("undo --list -o json").with(0);
    assert_eq!(listed.json()["undos"].as_array().unwrap().len(), 1);
    listed.says("a block holds nothing");
    std::fs::remove_file(&sparse).unwrap();
    listed.says("not a regular file");
    assert_eq!(data(&stage), [""; 0]);
    stage.run(&format!("undo {id}")).with(0);
    assert_eq!(data(&stage).len(), 1);
}

#[test]
fn what_was_undone_is_marked_and_undoing_it_again_says_so() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    let id = removed(&stage, &["prp_1", "prp_2"]);
    let dry = stage.run("undo --dry-run -o json").with(0).json();
    assert_eq!(
        (&dry["dry_run"], &dry["restored"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(data(&stage), [""; 0]);
    let listed = || -> Value { stage.run("undo --list -o json").with(0).json() };
    assert_eq!(
        listed()["undos"][0]["undone_at"],
        Value::Null,
        "a dry run undoes nothing"
    );
    let first = stage.run("undo").with(0).stdout;
    assert!(first.starts_with("Restored 2 keys of acme"), "{first}");
    let at = listed()["undos"][0]["undone_at"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(at.len(), "2026-11-28T17:58:31.004Z".len(), "{at}");
    let again = stage.run("undo").with(0).stdout;
    assert_eq!(
        again,
        format!(
            "Nothing to restore: {id} was already undone at {} UTC.\nAn older one: alecs-cache undo --list\n",
            &at[11..19]
        )
    );
    assert_eq!(
        listed()["undos"][0]["undone_at"],
        at,
        "one that puts nothing back leaves it"
    );
    assert!(stage.run("undo --list").with(0).stdout.contains("undone"));
    let log = stage.run("log").with(0).stdout;
    assert!(log.contains("(undone)"), "{log}");
}

#[test]
fn what_expires_early_gets_its_former_deadline_back() {
    let stage = filled(&[
        "akamai:acme:property:prp_1",
        "akamai:acme:groups:all",
        "akamai:acme:contracts:all",
    ]);
    let deadline = |key: &str| -> i64 { stage.server.ask(&["PEXPIRETIME", key]) };
    let keys = ["akamai:acme:property:prp_1", "akamai:acme:groups:all"];
    let before = keys.map(deadline);
    report(&stage, &["--everything", "--soft", "--yes"]);
    assert!(stage.left(keys[0]) <= 60);
    // One has expired since, and the server has refreshed another.
    let _: i64 = stage.server.ask(&["DEL", keys[1]]);
    let _: String = stage
        .server
        .ask(&["SET", "akamai:acme:contracts:all", "[1]", "EX", "86400"]);
    let dry = stage.run("undo -n -o json").with(0).json();
    let told = stage.run("undo -o json").with(0).json();
    for told in [&dry, &told] {
        assert_eq!(
            (&told["restored"], &told["skipped_newer"]),
            (&json!(2), &json!(1)),
            "{told}"
        );
    }
    assert_eq!(keys.map(deadline), before);
    assert!(stage.left("akamai:acme:contracts:all") > 80_000);
    for line in ["undo -n -o json", "undo -o json"] {
        let again = stage.run(line).with(0).json();
        assert_eq!(
            (&again["restored"], &again["skipped_newer"]),
            (&json!(0), &json!(3)),
            "{again}"
        );
    }
}

#[test]
fn the_log_is_in_order_with_milliseconds_and_shows_as_much_as_is_asked_for() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let id = |id: &str| {
        let _: String = stage.server.ask(&[
            "XADD",
            "akamai:acme:audit",
            id,
            "command",
            "invalidate prp_1",
            "removed",
            "1",
        ]);
    };
    ["1795480000790-0", "1795480000797-2", "1795480000797-10"]
        .into_iter()
        .for_each(id);
    for n in 0..30 {
        fill(&stage, &["akamai:acme:property:prp_1"]);
        let _: String = stage.server.ask(&[
            "XADD",
            "akamai:acme:audit",
            "*",
            "command",
            "x",
            "removed",
            &n.to_string(),
        ]);
    }
    let entries = |line: &str| -> Vec<Value> {
        let log = stage.run(&format!("log -o json {line}")).with(0).json();
        log["entries"].as_array().unwrap().clone()
    };
    assert_eq!(entries("").len(), 20);
    let all = entries("--limit 0");
    assert_eq!(all.len(), 33);
    let oldest: Vec<&str> = all[30..]
        .iter()
        .map(|entry| entry["at"].as_str().unwrap())
        .collect();
    assert_eq!(
        oldest,
        [
            "2026-11-24T00:26:40.797Z",
            "2026-11-24T00:26:40.797Z",
            "2026-11-24T00:26:40.790Z"
        ]
    );
    assert_eq!(all[30]["id"], "1795480000797-10");
    assert_eq!(entries("--since 1h").len(), 30);
    assert_eq!(entries("--since 1h --limit 3").len(), 3);
}

#[test]
fn a_folder_that_cannot_be_read_is_named_without_the_number_of_the_error() {
    let stage = filled(&[]);
    let file = stage.home.write("state", "");
    let list = stage.command("undo --list").env("XDG_STATE_HOME", &file);
    let failed = list.run().with(1);
    failed.says("alecs-cache/undo` failed: not a directory\n");
}

#[test]
fn an_older_invalidation_is_not_undone_in_place_of_one_whose_file_is_damaged() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let older = removed(&stage, &["prp_1"]);
    let damaged = file(&stage, "29991231T235959Z-00000000");
    std::fs::write(&damaged, "x").unwrap();
    std::fs::set_permissions(&damaged, std::fs::Permissions::from_mode(0o600)).unwrap();
    let refused = stage.run("undo").with(7);
    refused.says("pass its id");
    assert!(data(&stage).is_empty());
    stage.run(&format!("undo {older}")).with(0);
}

#[test]
fn an_unfinished_file_of_another_server_or_prefix_does_not_matter_to_an_undo() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let id = removed(&stage, &["prp_1"]);
    let whole = std::fs::read(file(&stage, &id)).unwrap();
    let whole = String::from_utf8_lossy(&whole);
    let header = whole.lines().next().unwrap();
    let other = file(&stage, "29991231T235959Z-00000000");
    let write = |header: &str| {
        std::fs::write(&other, format!("{header}\n")).unwrap();
        std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    write(header);
    let refused = stage.run("undo").with(7);
    assert!(refused.stderr.contains("first batch"), "{}", refused.stderr);
    let port = format!(":{}", stage.server.port);
    for elsewhere in [
        header.replace(&port, ":1"),
        header.replace("\"akamai:\"", "\"cdn:\""),
    ] {
        assert_ne!(elsewhere, header);
        write(&elsewhere);
        stage.run("undo --dry-run").with(0);
    }
    stage.run("undo").with(0);
    assert_eq!(data(&stage), ["akamai:acme:property:prp_1"]);
}

#[test]
fn a_removal_that_could_save_nothing_leaves_no_undo_file() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let older = removed(&stage, &["prp_1"]);
    let large = format!("[{}1]", "1,".repeat(200_000));
    let key = "akamai:acme:property:prp_2";
    stage.server_writes(key, &large);
    // At once, and in the first batch.
    for limit in ["-f 0", "-f 10"] {
        stage
            .command("invalidate prp_2")
            .limited(limit)
            .run()
            .with(1);
        assert_eq!(data(&stage), [key], "{limit}");
        let listed = stage.run("undo --list -o json").with(0);
        assert_eq!(listed.json()["undos"][0]["id"], older, "{limit}");
        assert_eq!(listed.stderr, "", "{limit}");
    }
    let undone = stage.run("undo -o json").with(0).json();
    assert_eq!(
        (&undone["undo_id"], &undone["restored"]),
        (&json!(older), &json!(1))
    );
}
