//! The systemd units and manifests in `docs/`: systemd accepts them, and what they run warms a cache.

use crate::support::run::BINARY;
use crate::support::server::{on_path, wait_for};
use crate::support::stage::{Stage, small};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the files of a folder in `docs/`.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(folder);
    let all = fs::read_dir(&folder).unwrap();
    let mut all: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// Returns the text after `word` in lines that start with it, ignoring indentation.
fn after<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix(word))
        .collect()
}

/// Runs a command line of a unit or manifest for the customer acme: until it has warmed the cache if it stays,
/// otherwise to its end.
fn warms(line: &str) {
    let stage = Stage::new(small());
    let list = "akamai:acme:properties:all";
    let run = stage.command(line).spawn();
    if line.contains("--keep") {
        wait_for("it is warm", || stage.get(list));
        run.terminate();
        run.wait().with(143);
    } else {
        run.wait().with(0);
    }
    assert!(stage.get(list).is_some(), "{line}");
}

#[test]
fn systemd_accepts_the_units() {
    let Some(analyze) = on_path("systemd-analyze") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for file in files("systemd") {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&file).unwrap();
        let text = text.replace("ExecStart=alecs-cache", &format!("ExecStart={BINARY}"));
        fs::write(folder.path().join(&name), text).unwrap();
        units.push(folder.path().join(name.replace("@.", "@acme.")));
    }
    assert_eq!(units.len(), 3);
    let verified = Command::new(analyze)
        .args(["verify", "--man=no"])
        .args(&units)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success(), "{told}");
    assert!(!told.contains("alecs-cache"), "{told}");
}

#[test]
fn what_the_units_run_warms_the_cache() {
    let mut lines = 0;
    for file in files("systemd") {
        let text = fs::read_to_string(file).unwrap();
        for line in after(&text, "ExecStart=alecs-cache ") {
            warms(&line.replace("%i", "acme"));
            lines += 1;
        }
    }
    assert_eq!(lines, 2);
}

#[test]
fn what_the_manifests_run_warms_the_cache_and_the_variables_in_them_are_read() {
    let stage = Stage::new(small());
    let known = stage.run("help environment").with(0).stdout;
    let mut lines = 0;
    for file in files("kubernetes") {
        let text = fs::read_to_string(file).unwrap();
        for line in after(&text, "command: [alecs-cache, ") {
            let words = line.trim_end_matches(']').split(", ");
            let words: Vec<&str> = words.map(|word| word.trim_matches('"')).collect();
            warms(&words.join(" "));
            lines += 1;
        }
        let variables: Vec<&str> = after(&text, "- { name: ")
            .into_iter()
            .filter(|line| line.contains(", value: "))
            .filter_map(|line| line.split(',').next())
            .collect();
        assert!(variables.len() >= 4, "{variables:?}");
        for variable in variables {
            assert!(known.contains(&format!("  {variable}\n")), "{variable}");
        }
    }
    assert_eq!(lines, 2);
}
