//! `doctor` names what a user of Valkey may not do, and the line that permits it.

use crate::doctor::{failed, look_at, names_of_failed};
use crate::support::run::Home;
use crate::support::server::{Kind, Server};

#[test]
fn all_commands_that_a_user_lacks_are_named_at_once_and_the_line_permits_them() {
    for kind in [Kind::Valkey, Kind::Redis] {
        let server = Server::start(kind, &[]);
        let _: String = server.ask(&[
            "ACL",
            "SETUSER",
            "op",
            "on",
            ">hunter2",
            "~akamai:acme:*",
            "+ping",
            "+get",
            "+info",
        ]);
        let home = Home::new();
        let run = |need: &str| {
            look_at(
                &home,
                &server.url(),
                &format!("--username op --need {need}"),
            )
            .env("VALKEYCLI_AUTH", "hunter2")
            .run()
        };
        let ended = run("all").with(4);
        for (name, commands) in [
            (
                "permission to read",
                ["scan", "hscan", "pttl", "memory|usage"],
            ),
            ("permission to warm", ["set", "watch", "multi", "exec"]),
            (
                "permission to invalidate",
                ["dump", "restore", "xadd", "wait"],
            ),
        ] {
            let (detail, hint) = failed(&ended, name);
            assert!(hint.starts_with("ACL SETUSER op "), "{hint}");
            assert!(!hint.contains("reset") && !hint.contains(" -"), "{hint}");
            if kind == Kind::Valkey && name != "permission to invalidate" {
                for command in commands {
                    assert!(detail.contains(command), "{name}: {detail} lacks {command}");
                }
            }
        }
        for (need, name) in [
            ("read", "permission to read"),
            ("warm", "permission to warm"),
            ("all", "permission to invalidate"),
        ] {
            let (_, line) = failed(&run(need).with(4), name);
            let words: Vec<&str> = line.split(' ').collect();
            let _: String = server.ask(&words);
            let ended = run(need).with(0);
            assert_eq!(names_of_failed(&ended), [""; 0], "{line}");
        }
    }
}

#[test]
fn the_line_adds_only_what_is_missing() {
    let server = Server::valkey();
    let home = Home::new();
    let line = |rules: &str, customer: &str, need: &str| {
        let user = format!("ACL SETUSER most reset on >hunter2 +@all {rules}");
        let words: Vec<&str> = user.split(' ').collect();
        let _: String = server.ask(&words);
        let url = server.url();
        let line = format!("doctor --no-akamai -o json --url {url} --username most {customer}");
        let run = home.command(&line).env("VALKEYCLI_AUTH", "hunter2");
        failed(&run.run().with(4), &format!("permission to {need}"))
    };
    let type_denied = (
        "may not run type".to_owned(),
        "ACL SETUSER most +type".to_owned(),
    );
    assert_eq!(line("~* -type", "-c acme", "read"), type_denied);
    assert_eq!(line("~* -type", "", "read"), type_denied);
    assert_eq!(
        line("~akamai:acme:*", "-c acme", "read"),
        (
            "may not touch the keys akamai:stats:*".to_owned(),
            "ACL SETUSER most %R~akamai:stats:*".to_owned()
        )
    );
    assert_eq!(
        line("%R~akamai:*", "-c acme,beta", "warm"),
        (
            "may not touch the keys akamai:acme:* akamai:beta:* akamai:stats:*".to_owned(),
            "ACL SETUSER most ~akamai:acme:* ~akamai:beta:* ~akamai:stats:*".to_owned()
        )
    );
    assert_eq!(
        line("~other:*", "", "read"),
        (
            "may not touch the keys akamai:*".to_owned(),
            "ACL SETUSER most %R~akamai:*".to_owned()
        )
    );
}

#[test]
fn what_cannot_be_tried_without_a_transaction_is_not_called_granted() {
    let server = Server::start(Kind::Valkey, &[]);
    let user =
        "ACL SETUSER op on >hunter2 ~akamai:* +@read +@connection +info +time +role +command";
    let words: Vec<&str> = user.split(' ').collect();
    let _: String = server.ask(&words);
    let home = Home::new();
    let run = look_at(&home, &server.url(), "--username op --need all");
    let ended = run.env("VALKEYCLI_AUTH", "hunter2").run().with(4);
    let (detail, _) = failed(&ended, "permission to invalidate");
    assert_eq!(
        detail,
        "may not run pexpireat; without MULTI it is unknown whether restore, xadd, wait may be run"
    );
    let (detail, _) = failed(&ended, "permission to warm");
    assert!(detail.contains("multi, exec"), "{detail}");
    assert!(
        detail.ends_with("whether hset, hsetnx, hincrby, incrby, rpush may be run"),
        "{detail}"
    );
}

#[test]
fn a_reader_is_only_asked_for_what_a_reader_needs() {
    let server = Server::valkey();
    let _: String = server.ask(&[
        "ACL",
        "SETUSER",
        "r",
        "on",
        ">hunter2",
        "%R~akamai:*",
        "+@read",
        "+ping",
        "+info",
        "+time",
        "+dbsize",
        "+role",
    ]);
    let home = Home::new();
    let run = |need: &str| {
        look_at(&home, &server.url(), &format!("--username r --need {need}"))
            .env("VALKEYCLI_AUTH", "hunter2")
            .run()
    };
    run("read").with(0);
    let ended = run("warm").with(4);
    assert_eq!(names_of_failed(&ended), ["permission to warm"]);
}
