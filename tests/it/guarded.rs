//! On a single server nothing is written after it was invalidated, not even by a process that is killed at that
//! moment.

use crate::support::run::Running;
use crate::support::server::wait_for;
use crate::support::stage::{Stage, row, small};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PROPERTY: &str = "akamai:acme:property:prp_100002";

impl Stage {
    /// Starts a run whose write of the property is delayed until the property has changed and been invalidated. The
    /// run's own check afterwards comes too late.
    fn overtaken(&self, line: &str) -> (Running, String) {
        let write = self.proxy().on("SET").with(PROPERTY).times(1);
        write.delay(Duration::from_secs(1));
        let run = self.command(line).spawn();
        wait_for("the write is on its way", || {
            let mut sent = self.proxy().commands().into_iter();
            let is_write = |words: &Vec<String>| words[0] == "SET" && words[1] == PROPERTY;
            sent.any(|words| is_write(&words)).then_some(())
        });
        let mut old = String::new();
        self.api.edit(|account| {
            let property = account.property_mut("prp_100002").unwrap();
            old = std::mem::replace(&mut property.name, "renamed".into());
        });
        self.run("invalidate prp_100002 --cascade --no-undo")
            .with(0);
        let look = self.proxy().on("ZRANGEBYSCORE").times(1);
        look.delay(Duration::from_secs(1));
        (run, old)
    }

    /// Kills the run as soon as the key exists and returns what is cached then. A run that was faster than the
    /// invalidation ends by itself.
    fn killed_at_the_key(&self, run: Running) -> Vec<String> {
        wait_for("the key is there", || {
            (self.get(PROPERTY).is_some() || run.is_over()).then_some(())
        });
        run.kill();
        run.wait();
        let mut values = Vec::new();
        for key in self.data() {
            let kind: String = self.server.ask(&["TYPE", &key]);
            if kind == "string" {
                values.extend(self.get(&key));
            }
        }
        values
    }
}

#[test]
fn a_get_that_is_killed_leaves_nothing_that_was_invalidated_while_it_fetched() {
    let stage = Stage::new(small()).behind_proxy();
    let (run, old) = stage.overtaken("get property prp_100002");
    let left = stage.killed_at_the_key(run);
    assert!(left.iter().all(|value| !value.contains(&old)), "{left:?}");
}

#[test]
fn a_warm_that_is_killed_leaves_nothing_that_was_invalidated_while_it_fetched() {
    let stage = Stage::new(small()).behind_proxy();
    let (run, old) = stage.overtaken("warm --only properties,details");
    let left = stage.killed_at_the_key(run);
    assert!(left.iter().all(|value| !value.contains(&old)), "{left:?}");
}

/// Errors of services, proxies and restricted users.
const REFUSALS: [&str; 3] = [
    "NOPERM User ops has no permissions to run the 'watch' command",
    "ERR unknown command 'WATCH'",
    "ERR WATCH is not supported",
];

#[test]
fn where_nothing_can_be_watched_the_marks_are_read_before_and_after() {
    for refusal in REFUSALS {
        let stage = Stage::new(small()).behind_proxy();
        stage.proxy().on("WATCH").refuse(refusal);
        let (run, old) = stage.overtaken("get property prp_100002");
        run.wait().with(0);
        let left = stage.get(PROPERTY).unwrap_or_default();
        assert!(!left.contains(&old), "{left}");
        let before = stage.proxy().seen("WATCH");
        let ended = stage.run("warm --force -v -o json").with(0);
        let report = ended.json();
        assert_eq!(report["complete"], true, "{report}");
        let said = "marks are read before and after each batch instead";
        ended.says(said);
        let tried = stage.proxy().seen("WATCH") - before;
        assert!((1..=3).contains(&tried), "{tried} times");
    }
}

#[test]
fn a_proxy_with_several_servers_behind_it_gets_each_write_for_itself() {
    let stage = Stage::new(small()).behind_proxy();
    // The transaction went to the server of the marks, but its keys belong to another one.
    stage.proxy().on("EXISTS").answer(":0\r\n");
    let ended = stage.run("warm -v -o json").with(0);
    assert_eq!(ended.json()["complete"], true);
    ended.says("is not where it belongs");
    let set = |words: &Vec<String>| words[0] == "SET" && words[1] == PROPERTY;
    assert!(stage.proxy().commands().iter().any(set));
}

#[test]
fn endless_marks_of_others_do_not_prevent_writing() {
    let stage = Stage::new(small());
    let over = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (seconds, _): (u64, u64) = stage.server.ask(&["TIME"]);
                let (at, member) = ((seconds * 1000).to_string(), format!("prp_x{n}"));
                let _: i64 = stage
                    .server
                    .ask(&["ZADD", "akamai:acme:invalidated", &at, &member]);
            }
        });
        let ended = stage.run("warm --only details,contracts -o json");
        over.store(true, Ordering::Relaxed);
        ended
    });
    // So many marks take long to fetch again, and may never end.
    assert!([0, 7].contains(&ended.code()), "{}", ended.stderr);
    let details = row(&ended.json(), "details")["stored"].as_u64();
    assert!(details >= Some(4), "{details:?}");
    assert!(stage.get(PROPERTY).is_some());
}
