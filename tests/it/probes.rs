//! Commands that the tool sends for its own purposes cause no errors on the server, and `stats` does not report them
//! as load.

use crate::support::server::Server;
use crate::support::stage::{Stage, small};

/// Returns the errors that the server counted.
fn errors(stage: &Stage) -> String {
    let info: String = stage.server.ask(&["INFO", "errorstats"]);
    let lines = info.lines().filter(|line| line.starts_with("errorstat_"));
    lines.collect::<Vec<_>>().join(" ")
}

#[test]
fn no_command_causes_errors_on_the_server() {
    for server in [Server::valkey(), Server::redis()] {
        let stage = Stage::on(server, small());
        stage.warm("--all");
        stage.run("invalidate prp_100000").with(0);
        let () = stage.server.ask(&["CONFIG", "RESETSTAT"]);
        for line in [
            "inspect hostnames",
            "inspect prp_100001",
            "inspect property:*",
            "inspect audit",
            "log",
            "locks",
            "hit-rate",
            "stats --advise",
            "warm --force",
            "get property prp_100000",
            "search www",
            "invalidate prp_100000 --cascade",
            "undo",
            "invalidate --everything --yes",
            "undo",
            "undo --force",
            "invalidate prp_100001 --cascade --refill",
            "invalidate prp_100000 --soft",
            "warm --all",
            "warm prp_100000",
            "customers",
            "hit-rate --by key",
        ] {
            stage.run(line).with(0);
            assert_eq!(errors(&stage), "", "{line}");
        }
    }
}
