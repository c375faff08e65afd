//! `undo` and `log`: removed keys are restored unchanged, and the log says who did it.

use crate::invalidate::{data, fill, filled, report};
use crate::support::server::Server;
use crate::support::stage::{Stage, small};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

#[track_caller]
pub fn undo(stage: &Stage, words: &str) -> Value {
    stage.run(&format!("undo -o json {words}")).with(0).json()
}

fn dumps(stage: &Stage) -> Vec<(String, Option<Vec<u8>>)> {
    let dump = |key: String| {
        let dump = if key == "akamai:acme:hostnames" {
            // The order of a large hash depends on the server.
            let mut fields: Vec<Vec<u8>> = stage.server.ask(&["HGETALL", &key]);
            fields.sort();
            Some(fields.concat())
        } else {
            stage.server.ask(&["DUMP", &key])
        };
        (key, dump)
    };
    data(stage).into_iter().map(dump).collect()
}

#[test]
fn everything_comes_back_as_it_was_with_the_deadline_that_it_had() {
    for server in [Server::valkey(), Server::redis()] {
        let stage = Stage::on(server, small());
        stage.warm("--all");
        fill(&stage, &["akamai:acme:search:a*\n🚀"]);
        // Bookkeeping is no data to restore.
        let bookkeeping = [
            "akamai:acme:warm:state",
            "akamai:acme:generation",
            "akamai:acme:generations",
        ];
        let of_data = |stage: &Stage| -> Vec<(String, Option<Vec<u8>>)> {
            let all = dumps(stage).into_iter();
            all.filter(|(key, _)| !bookkeeping.contains(&key.as_str()))
                .collect()
        };
        let before = of_data(&stage);
        let deadline = |key: &str| -> i64 { stage.server.ask(&["PEXPIRETIME", key]) };
        let deadlines: Vec<i64> = before.iter().map(|(key, _)| deadline(key)).collect();
        let done = report(&stage, &["--everything", "--yes"]);
        assert_eq!(stage.data(), [""; 0]);
        let id = done["undo_id"].as_str().unwrap();
        let back = undo(&stage, id);
        assert_eq!(
            (&back["undo_id"], &back["restored"]),
            (&json!(id), &json!(before.len()))
        );
        assert!(done["removed"].as_u64() >= Some(before.len() as u64));
        for (now, then) in of_data(&stage).iter().zip(&before) {
            assert!(now == then, "{} is not what {} was", now.0, then.0);
        }
        assert_eq!(stage.data().len(), before.len());
        let after: Vec<i64> = before.iter().map(|(key, _)| deadline(key)).collect();
        assert_eq!(after, deadlines);
        let again = undo(&stage, "");
        assert_eq!(
            (&again["restored"], &again["skipped_newer"]),
            (&json!(0), &json!(before.len()))
        );
    }
}

#[test]
fn what_was_restored_counts_although_the_answer_was_lost() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("--all");
    let done = report(&stage, &["prp_100001", "--cascade"]);
    for command in ["RESTORE", "SET", "EVAL"] {
        stage.proxy().on(command).times(1).close_after();
    }
    let back = undo(&stage, "");
    for command in ["RESTORE", "SET", "EVAL"] {
        assert!(stage.proxy().seen(command) > 1, "{command}");
    }
    assert_eq!(
        (&back["restored"], &back["fields"], &back["skipped_newer"]),
        (&done["removed"], &done["fields"], &json!(0)),
        "{back}"
    );
}

#[test]
fn fields_of_the_hash_come_back_while_the_hash_stands() {
    let stage = Stage::new(small());
    stage.warm("");
    let before: Vec<String> = stage.server.ask(&["HKEYS", "akamai:acme:hostnames"]);
    let done = report(&stage, &["prp_100001", "--cascade"]);
    let fields = done["fields"].as_u64().unwrap();
    assert!(fields > 0);
    let left = stage.left("akamai:acme:hostnames");
    assert_eq!(undo(&stage, "")["fields"], fields);
    let after: Vec<String> = stage.server.ask(&["HKEYS", "akamai:acme:hostnames"]);
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(after), sorted(before));
    assert!((left - 2..=left).contains(&stage.left("akamai:acme:hostnames")));
}

#[test]
fn a_hash_that_went_with_its_last_field_comes_back_with_its_deadline() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let value = r#"{"propertyId":"prp_1"}"#;
    let hash = "akamai:acme:hostnames";
    let _: i64 = stage
        .server
        .ask(&["HSET", hash, "a.b", value, "c.d", value]);
    stage.expire(hash, 900);
    let deadline = || -> i64 { stage.server.ask(&["PEXPIRETIME", hash]) };
    let before = deadline();
    let done = report(&stage, &["prp_1", "--cascade"]);
    assert_eq!((&done["removed"], &done["fields"]), (&json!(1), &json!(2)));
    assert_eq!(data(&stage), [""; 0]);
    let back = undo(&stage, "");
    assert_eq!((&back["restored"], &back["fields"]), (&json!(1), &json!(2)));
    assert_eq!(deadline(), before);
    // A hash that was created meanwhile keeps its fields and its TTL.
    report(&stage, &["prp_1", "--cascade"]);
    let _: i64 = stage.server.ask(&["HSET", hash, "a.b", "newer"]);
    stage.expire(hash, 100);
    let back = undo(&stage, "");
    assert_eq!(
        (&back["fields"], &back["skipped_newer"]),
        (&json!(1), &json!(1))
    );
    assert!((90..=100).contains(&stage.left(hash)));
    let kept: String = stage.server.ask(&["HGET", hash, "a.b"]);
    assert_eq!(kept, "newer");
}

#[test]
fn a_hash_that_was_named_with_some_of_its_host_names_comes_back_whole() {
    let hash = "akamai:acme:hostnames";
    for words in [
        &["prp_1", "www.a.com", "--cascade", "--pattern", "*"][..],
        &["prp_1", "www.b.com", "--cascade", "--pattern", "host*"],
        &["www.a.com", "--pattern", "hostname[s]"],
        &["www.a.com", hash],
    ] {
        let stage = filled(&["akamai:acme:property:prp_1"]);
        for (name, id) in [("a", "prp_1"), ("b", "prp_1"), ("c", "prp_2")] {
            let (name, value) = (format!("www.{name}.com"), json!({"propertyId": id}));
            let _: i64 = stage.server.ask(&["HSET", hash, &name, &value.to_string()]);
        }
        stage.expire(hash, 900);
        let before = dumps(&stage);
        let words = [words, &["--yes"]].concat();
        let dry = report(&stage, &[&words[..], &["--dry-run"]].concat());
        let done = report(&stage, &words);
        assert_eq!(
            (&dry["fields"], &done["fields"], &done["removed"]),
            (&json!(0), &json!(0), &dry["matched"]),
            "{words:?}"
        );
        assert_eq!(undo(&stage, "")["skipped_newer"], 0, "{words:?}");
        assert!(dumps(&stage) == before, "{words:?}");
    }
}

#[test]
fn an_undo_that_puts_nothing_back_is_neither_marked_nor_in_the_log() {
    let stage = Stage::new(small());
    stage.warm("");
    let id = report(&stage, &["prp_100001"])["undo_id"].clone();
    let id = id.as_str().unwrap();
    report(&stage, &["prp_100001"]);
    let log = || stage.run("log -o json").with(0).json()["entries"].clone();
    let before = log();
    assert_eq!(undo(&stage, id)["restored"], 0);
    assert_eq!(log(), before);
    let listed = undo(&stage, "--list");
    let all = listed["undos"].as_array().unwrap();
    assert!(
        all.iter().all(|one| one["undone_at"] == Value::Null),
        "{listed}"
    );
}

#[test]
fn an_undo_for_one_customer_of_several_is_not_marked_until_the_others_are_back() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:beta:property:prp_1"]);
    let line = "invalidate prp_1 -c acme,beta -o json";
    let command = || stage.home.command(line);
    command().env("ALECS_CACHE_URL", stage.url()).run().with(0);
    let undone = || undo(&stage, "--list")["undos"][0]["undone_at"].clone();
    assert_eq!(undo(&stage, "-c beta")["restored"], 1);
    assert_eq!(undone(), Value::Null);
    let rest = stage.home.command("undo -o json");
    let rest = rest.env("ALECS_CACHE_URL", stage.url()).run().with(0);
    assert_eq!(rest.json()["restored"], 1);
    assert_ne!(undone(), Value::Null);
}

#[test]
fn a_customer_that_the_file_lacks_is_a_warning_beside_one_that_it_has() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let done = report(&stage, &["prp_1"]);
    let id = done["undo_id"].as_str().unwrap();
    let back = stage.run("undo -c acme,ghost -o json").with(0);
    assert_eq!(back.json()["restored"], 1);
    let warning = format!("warning: `{id}` holds nothing of customer ghost");
    back.says(&warning);
    assert_eq!(data(&stage), ["akamai:acme:property:prp_1"]);
    stage.run(&format!("undo {id} -c ghost,beta")).with(2);
    let none = stage
        .command("undo")
        .env("ALECS_CUSTOMER", "ghost")
        .run()
        .with(5);
    let hint = "invalidations of these customers are saved: acme; name one with -c";
    none.says(hint);
}

/// Returns a cache whose only key was removed, and the id of its undo.
fn one_removed() -> (Stage, String) {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    let done = report(&stage, &["prp_1"]);
    (stage, done["undo_id"].as_str().unwrap().to_owned())
}

#[test]
fn it_goes_back_only_to_where_it_came_from_unless_forced() {
    let (stage, id) = one_removed();
    stage.run(&format!("undo {id} -c beta")).with(2);
    stage.run(&format!("undo {id} --key-prefix other:")).with(2);
    let other = Server::valkey();
    let elsewhere = other.url();
    let command = |line: String| {
        stage
            .command(&line)
            .env("ALECS_CACHE_URL", &elsewhere)
            .run()
    };
    command(format!("undo {id}")).with(2);
    command("undo".into()).with(5);
    stage.run("undo 20200101T000000Z-0000").with(5);
    let none = Stage::new(small()).run("undo -o json").with(5).error();
    assert_eq!(
        none["hint"],
        "no invalidation of this user and machine is saved; `alecs-cache log` shows all"
    );
    stage.run("undo ../../x").with(5);
    assert_eq!(data(&stage), [""; 0]);
    command(format!("undo {id} --force -c beta --key-prefix other:")).with(0);
    let there: i64 = other.ask(&["EXISTS", "other:beta:property:prp_1"]);
    assert_eq!(there, 1);
    stage
        .run(&format!("undo {id} --force --key-prefix zz:"))
        .with(0);
    let list = stage.run("undo --list -o json").with(0).json();
    assert_eq!(list["undos"][0]["undone_at"], Value::Null, "{list}");
    stage.delete("zz:acme:property:prp_1");
    // Without -c the file names the customer.
    let default = stage
        .home
        .command(&format!("undo {id}"))
        .env("ALECS_CACHE_URL", stage.url());
    default.run().with(0);
    assert_eq!(data(&stage), ["akamai:acme:property:prp_1"]);
}

#[test]
fn a_changed_file_is_refused_and_cannot_reach_other_keys() {
    let (stage, id) = one_removed();
    let file = stage
        .home
        .path()
        .join(format!(".state/alecs-cache/undo/{id}.undo"));
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let folder = std::fs::metadata(file.parent().unwrap()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    let good = std::fs::read(&file).unwrap();
    let mut bad = good.clone();
    let last = bad.len() - 1;
    bad[last] ^= 1;
    std::fs::write(&file, bad).unwrap();
    stage.run(&format!("undo {id}")).with(7);
    assert_eq!(data(&stage), [""; 0]);
    // A file that was truncated in its only batch holds nothing to undo.
    std::fs::write(&file, &good[..good.len() - 1]).unwrap();
    for line in [&format!("undo {id}"), "undo"] {
        let cut = stage.run(line).with(7);
        cut.says("first batch");
    }
    // One that was truncated later is undone up to there, and says so.
    std::fs::write(&file, [&good[..], b"x"].concat()).unwrap();
    let cut = stage.run(&format!("undo {id} -n -o json")).with(0);
    assert_eq!(cut.json()["restored"], 1);
    cut.says("in the middle");
    // A header of another customer does not move its keys there.
    let text = String::from_utf8_lossy(&good).into_owned();
    assert!(text.contains("akamai:acme:property:prp_1"));
    let moved = text.find('\n').map(|end| {
        let header = text[..end].replace("\"acme\"", "\"beta\"");
        [header.as_bytes(), &good[end..]].concat()
    });
    std::fs::write(&file, moved.unwrap()).unwrap();
    for line in ["", "-c beta", "-c acme --force", "--dry-run"] {
        let back = stage
            .home
            .command(&format!("undo {id} -o json {line}"))
            .env("ALECS_CACHE_URL", stage.url())
            .run()
            .with(7);
        back.says("1 record of the undo file cannot be restored");
        let counts = ["refused", "restored"].map(|count| back.json()[count].clone());
        assert_eq!(counts, [json!(1), json!(0)], "{line}");
        assert_eq!(data(&stage), [""; 0]);
    }
}

#[test]
fn a_string_comes_back_from_its_value_where_the_dump_is_of_another_version() {
    // Redis 7.0 cannot read a dump of Valkey 9.
    let (stage, id) = one_removed();
    let old = Server::redis();
    let url = old.url();
    let back = stage
        .command(&format!("undo {id} --force -o json"))
        .env("ALECS_CACHE_URL", url)
        .run();
    assert_eq!(back.with(0).json()["restored"], 1);
    let value: String = old.ask(&["GET", "akamai:acme:property:prp_1"]);
    let left: i64 = old.ask(&["TTL", "akamai:acme:property:prp_1"]);
    assert_eq!(value, "[]");
    assert!((1700..=1800).contains(&left), "{left}");
}

#[test]
fn without_an_id_it_says_which_removal_it_undoes() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    let id = report(&stage, &["prp_1"])["undo_id"].clone();
    report(&stage, &["prp_2", "--no-undo"]);
    let done = stage.run("undo").with(0);
    let (warned, said) = done.stderr.split_once(") was not saved; ").unwrap();
    assert!(warned.starts_with("warning: the last invalidation (`invalidate prp_2 --no-undo`, "));
    assert!(said.starts_with("this is the last one saved: `invalidate prp_1`, "));
    let named = stage.run(&format!("undo {}", id.as_str().unwrap())).with(0);
    assert!(!named.stderr.contains("the last"), "{}", named.stderr);
    report(&stage, &["prp_1"]);
    let done = stage.run("undo").with(0).stderr;
    assert!(
        done.starts_with("the last one saved: `invalidate prp_1`, "),
        "{done}"
    );
}

#[test]
fn files_are_listed_newest_first() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:acme:property:prp_2"]);
    assert_eq!(undo(&stage, "--list")["undos"], json!([]));
    report(&stage, &["prp_1"]);
    report(&stage, &["prp_2"]);
    let list = undo(&stage, "--list");
    let undos = list["undos"].as_array().unwrap();
    assert_eq!(undos.len(), 2);
    assert_eq!(
        (&undos[0]["command"], &undos[0]["records"]),
        (&json!("invalidate prp_2"), &json!(1))
    );
    assert_eq!(undos[0]["customers"], json!(["acme"]));
    stage.run("undo --list").with(0);
}

#[test]
fn the_audit_log_says_who_did_what() {
    let stage = filled(&["akamai:acme:property:prp_1", "akamai:beta:property:prp_1"]);
    let command = |line: &str| stage.command(line).env("USER", "mallory\u{1b}[2J").run();
    command("invalidate prp_1 --cascade").with(0);
    command("invalidate -c beta prp_1").with(0);
    command("undo").with(0);
    let all = stage
        .home
        .command("log -o json")
        .env("ALECS_CACHE_URL", stage.url())
        .run()
        .with(0);
    let log = all.json();
    assert_eq!(log["schema"], "alecs-cache/log/1");
    assert_eq!(log["customers"], json!(["acme", "beta"]));
    let entries = log["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    let acme = stage.run("log -o json").with(0).json();
    let told: Vec<(&Value, &Value, &Value)> = acme["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["command"], &entry["removed"], &entry["restored"]))
        .collect();
    let id = entries.last().unwrap()["undo_id"].as_str().unwrap();
    let undone = json!(format!("undo {id}"));
    assert_eq!(
        told,
        [
            (&undone, &json!(0), &json!(1)),
            (&json!("invalidate prp_1 --cascade"), &json!(1), &json!(0)),
        ]
    );
    assert!(entries[0]["at"].as_str().unwrap().ends_with('Z'));
    let shown = stage.run("log").with(0).stdout;
    assert!(
        shown.contains("mallory") && !shown.contains('\u{1b}'),
        "{shown}"
    );
    assert_eq!(
        stage.run("log --limit 1 -o json").with(0).json()["entries"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_name_that_was_mistyped_leaves_no_audit_log() {
    let stage = filled(&["akamai:acme:property:prp_1"]);
    report(&stage, &["-c", "acmee", "prp_1"]);
    let there: i64 = stage.server.ask(&["EXISTS", "akamai:acmee:audit"]);
    assert_eq!(there, 0);
    for key in stage
        .keys()
        .iter()
        .filter(|key| key.starts_with("akamai:acmee:"))
    {
        assert!(stage.left(key) > 0, "{key} never expires");
    }
}

#[test]
fn what_undo_does_not_restore_is_counted_and_not_saved() {
    let stage = Stage::new(small());
    stage.warm("");
    let unknown = "akamai:acme:property:prp_100001:of-another-program";
    stage.server_writes(unknown, "x");
    let of_another_type = "akamai:acme:search:site-1";
    let _: i64 = stage.server.ask(&["HSET", of_another_type, "a", "b"]);
    let day = jiff::Timestamp::now().strftime("%F");
    let history = format!("akamai:stats:{day}:hits");
    let _: i64 = stage
        .server
        .ask(&["HSET", &history, "acme:property:prp_100001", "1"]);

    let ended = stage.run("invalidate prp_100001 --cascade -o json").with(0);
    assert!(stage.get(unknown).is_none());
    let told = |said: &str, count: &str| said.contains(&format!("{count} cannot be restored"));
    assert!(told(&ended.stderr, "2 keys"), "{}", ended.stderr);
    let removed = ended.json()["removed"].as_u64().unwrap();
    assert_eq!(undo(&stage, "")["restored"], removed - 2);

    let line = "invalidate --pattern stats:* --all-customers";
    let planned = stage.run(&format!("{line} --dry-run")).with(0);
    assert!(told(&planned.stderr, "1 key"), "{}", planned.stderr);
    let asked = stage.command(line).on_terminal("n\n");
    let question = ", 1 of which undo cannot restore? [y/N]";
    assert!(asked.screen.contains(question), "{}", asked.screen);
    let ended = stage.run(&format!("{line} --yes -o json")).with(0);
    assert!(told(&ended.stderr, "1 key"), "{}", ended.stderr);
    let report = ended.json();
    assert_eq!(
        (&report["removed"], &report["undo_id"]),
        (&json!(1), &Value::Null)
    );
}
