//! Properties that need a real server: globs match as they do there, and any reply, however damaged, ends in a documented
//! way. `make fuzz` tries many more cases (`PROPTEST_CASES`).

use crate::support::server::Server;
use crate::support::stage::{Stage, small};
use alecs_cache::testing::domain::glob;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;

/// Runs the configured number of cases, or a part of them if each one takes long.
fn tries(part: u32) -> TestRunner {
    let asked = Config::default();
    TestRunner::new(Config {
        cases: asked.cases.div_ceil(part),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..asked
    })
}

/// Uses few different bytes, so that patterns and texts match often.
fn glob_bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        8 => prop::sample::select(b"ab-^]z".to_vec()),
        5 => prop::sample::select(b"*?[\\".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, length)
}

/// Bytes beyond ASCII only outside of classes: as ends of a range their meaning depends on the machine.
fn pattern() -> impl Strategy<Value = Vec<u8>> {
    glob_bytes(0..9).prop_filter("a range beyond ASCII", |bytes| {
        bytes.is_ascii() || !bytes.contains(&b'[')
    })
}

/// Our keys are never empty, and a server does not match an empty key with `**`.
#[test]
fn globs_match_what_the_servers_match() {
    for server in [Server::valkey(), Server::redis()] {
        let batch = (
            prop::collection::btree_set(glob_bytes(1..7), 40),
            prop::collection::vec(pattern(), 100),
        );
        let tried = tries(8).run(&batch, |(texts, patterns)| {
            let _: i64 = server.ask(&["DEL", "texts"]);
            let mut pipeline = redis::pipe();
            for text in &texts {
                pipeline.cmd("HSET").arg("texts").arg(text).arg("").ignore();
            }
            for pattern in &patterns {
                let scan = pipeline.cmd("HSCAN").arg("texts").arg(0).arg("MATCH");
                scan.arg(pattern).arg("COUNT").arg(1000);
            }
            let answers: Vec<(u64, Vec<Vec<u8>>)> = server.pipeline(&pipeline);
            for (pattern, (cursor, fields)) in patterns.iter().zip(answers) {
                prop_assert_eq!(cursor, 0, "a small hash is told at once");
                let theirs: BTreeSet<_> = fields.into_iter().step_by(2).collect();
                let matches = |text: &&Vec<u8>| glob::matches(pattern, text);
                let ours: BTreeSet<_> = texts.iter().filter(matches).cloned().collect();
                let shown = String::from_utf8_lossy(pattern);
                prop_assert_eq!(ours, theirs, "{:?}: {}", server.kind, shown);
            }
            Ok(())
        });
        tried.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Replies that no server gives to such a command, or no reply.
const ODD: [&[u8]; 24] = [
    b"-ERR odd\r\n",
    b"-\r\n",
    b"-MOVED 1 h:1\r\n",
    b"-ASK 99999 :0\r\n",
    b"-LOADING x\r\n",
    b"-READONLY x\r\n",
    b"-NOAUTH x\r\n",
    b"-CROSSSLOT x\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b"_\r\n",
    b"*0\r\n",
    b"*2147483647\r\n",
    b"$536870912\r\n",
    b"$99999999999999999999\r\n",
    b"*-9223372036854775808\r\n",
    b":9223372036854775807\r\n",
    b":-9223372036854775808\r\n",
    b"+\xff\x1b[2J\r\n",
    b",nan\r\n",
    b"#t\r\n",
    b"%1\r\n+a\r\n:1\r\n",
    b">2\r\n+message\r\n+x\r\n",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
];

/// Damages a reply in one of several ways.
fn garbled(random: &mut fastrand::Rng, mut reply: Vec<u8>) -> (Vec<u8>, bool) {
    let at = random.usize(..reply.len().max(1));
    match random.u8(..7) {
        0 => reply[at] = random.u8(..),
        1 => {
            reply.truncate(at);
            return (reply, true);
        }
        2 => reply = random.choice(ODD).unwrap_or_default().to_vec(),
        3 => reply.extend(reply.clone()),
        4 => reply.insert(at, random.u8(..)),
        5 => reply = b"*1\r\n".repeat(random.usize(..20_000)),
        _ => {
            let digits = reply.iter_mut().filter(|byte| byte.is_ascii_digit());
            digits.for_each(|digit| *digit = random.u8(b'0'..=b'9'));
        }
    }
    (reply, false)
}

const LINES: [&str; 12] = [
    "inspect prp_100001",
    "inspect property:*",
    "invalidate prp_100001 --cascade --yes",
    "invalidate --pattern property:* --yes --dry-run",
    "undo --dry-run",
    "hit-rate",
    "stats",
    "locks",
    "log",
    "get property prp_100001",
    "search example",
    "warm --only groups,contracts",
];

#[test]
fn whatever_a_server_answers_ends_in_a_documented_way() {
    let stage = Stage::new(small()).behind_proxy();
    stage.warm("");
    let case = (prop::sample::select(&LINES[..]), any::<u64>(), 1..6u32);
    let tried = tries(8).run(&case, |(line, seed, every)| {
        let mut random = fastrand::Rng::with_seed(seed);
        stage.proxy().garble(move |reply| {
            if random.u32(..every) == 0 {
                garbled(&mut random, reply)
            } else {
                (reply, false)
            }
        });
        let limits = "--timeout 200ms --retries 1 -o json";
        // Memory is limited, so that a false length is noticed.
        let run = stage
            .command(&format!("{line} {limits}"))
            .limited("-v 2000000");
        let ended = run.run();
        let (code, said) = (
            ended
                .signal()
                .map_or_else(|| ended.code(), |signal| -signal),
            &ended.stderr,
        );
        let documented = [0, 1, 3, 4, 5, 6, 7, 8, 10, 11].contains(&code);
        prop_assert!(
            documented && !said.contains("panicked"),
            "{}: {} {}",
            line,
            code,
            said
        );
        if code != 0 {
            let message = ended.error()["message"].to_string();
            prop_assert!(!message.contains('\x1b'), "{}: {}", line, message);
        }
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}
