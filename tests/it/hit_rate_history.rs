//! `hit-rate --export`: a file that grows by a line for each day and customer.

use crate::hit_rate::{Desk, Recorded, counted, day, on_one_day};
use crate::support::run::Home;
use crate::support::server::Server;

#[test]
fn a_history_that_cannot_be_written_is_an_error_that_names_the_file_and_what_to_do() {
    let server = Server::valkey();
    let ended = Home::new()
        .run(&format!(
            "hit-rate --url redis://127.0.0.1:{} -q --export nowhere/h.csv",
            server.port
        ))
        .with(1);
    assert_eq!(
        ended.stderr,
        "error: cannot write `nowhere/h.csv`: no such file or directory\n  hint: check that its folder exists and that this user may read and write in it\n"
    );
}

#[test]
fn the_history_gets_a_line_for_each_day_and_customer_that_only_grows() {
    on_one_day(|| {
        let yesterday = Recorded {
            day: day(1),
            ..counted("misses", "beta:search:x", 4)
        };
        let desk = Desk::with(&[counted("hits", "acme:property:prp_1", 3), yesterday]);
        let history = || std::fs::read_to_string(desk.home.path().join("history.csv")).unwrap();
        desk.run("hit-rate --export history.csv").with(0);
        let first = format!(
            "date,customer,pattern,hits,misses,hit_rate\r\n{},beta,,0,4,0\r\n{},acme,,3,0,100\r\n",
            day(1),
            day(0)
        );
        assert_eq!(history(), first);
        desk.run("hit-rate --export history.csv").with(0);
        assert_eq!(history(), first);
        let _: i64 = desk
            .server
            .ask(&["DEL", &format!("akamai:stats:{}:misses", day(1))]);
        let _: i64 = desk.server.ask(&[
            "HINCRBY",
            &format!("akamai:stats:{}:hits", day(0)),
            "acme:property:prp_1",
            "2",
        ]);
        desk.run("hit-rate --export history.csv").with(0);
        assert_eq!(history(), first.replace("acme,,3", "acme,,5"));
    });
}

#[test]
fn runs_that_add_to_the_same_history_at_the_same_time_lose_nothing_of_each_other() {
    on_one_day(|| {
        let names: Vec<String> = (0..8).map(|at| format!("c{at}")).collect();
        let fields = names.iter().map(|name| format!("{name}:property:prp_1"));
        let counts: Vec<Recorded> = fields.map(|field| counted("hits", &field, 3)).collect();
        let desk = Desk::with(&counts);
        let url = format!("--url redis://127.0.0.1:{}", desk.server.port);
        let runs = names.iter().map(|name| {
            let line = format!("hit-rate -c {name} --export history.csv {url}");
            desk.home.command(&line).spawn()
        });
        let runs: Vec<_> = runs.collect();
        for run in runs {
            run.wait().with(0);
        }
        let history = std::fs::read_to_string(desk.home.path().join("history.csv")).unwrap();
        let mut lines: Vec<&str> = history.lines().skip(1).collect();
        lines.sort_unstable();
        let expected = names
            .iter()
            .map(|name| format!("{},{name},,3,0,100", day(0)));
        assert_eq!(lines, expected.collect::<Vec<_>>());
    });
}

#[test]
fn a_file_that_is_no_history_is_refused_and_left_as_it_is() {
    let server = Server::valkey();
    let home = Home::new();
    home.write("notes.txt", "mine\n");
    let line = format!(
        "hit-rate -q --url redis://127.0.0.1:{} --export notes.txt",
        server.port
    );
    let ended = home.run(&line).with(2);
    assert_eq!(
        ended.stderr,
        "error: `notes.txt` is not a history that hit-rate wrote\n  hint: name another file with --export; this one was left as it is\n"
    );
    let left = std::fs::read_to_string(home.path().join("notes.txt")).unwrap();
    assert_eq!(left, "mine\n");
}
