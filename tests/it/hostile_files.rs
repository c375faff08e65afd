//! Files that are not what they should be: each option that names one, each way to be wrong. It ends soon, in little memory, with one
//! sentence and the code of its kind.

use crate::support::run::Run;
use crate::support::stage::{Stage, small};
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a run may take, in KiB of memory.
const LITTLE: &str = "-v 700000";

/// Ways to be wrong; the name says how.
const KINDS: [&str; 9] = [
    "missing", "empty", "cut", "binary", "sparse", "folder", "dangling", "zero", "full",
];

/// Makes a file of this kind; `good` is what it should hold.
fn wrong(folder: &Path, kind: &str, good: &[u8]) -> PathBuf {
    let path = folder.join(format!("{kind}.undo"));
    let write = |bytes: &[u8]| std::fs::write(&path, bytes).unwrap();
    match kind {
        "empty" => write(b""),
        "cut" => write(&good[..good.len() / 4]),
        "binary" => write(&(0..=255).rev().collect::<Vec<u8>>()),
        "sparse" => {
            write(good);
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(8 << 30).unwrap();
        }
        "folder" => std::fs::create_dir(&path).unwrap(),
        "dangling" => symlink(folder.join("nowhere"), &path).unwrap(),
        "zero" => return "/dev/zero".into(),
        "full" => return "/dev/full".into(),
        _ => {}
    }
    if path.is_file() {
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    path
}

/// Unless it ended soon, in words, with one of these codes, what it did instead.
fn ends(name: &str, run: Run, codes: &[i32]) -> Option<String> {
    let began = Instant::now();
    let ended = run.limited(LITTLE).run();
    let code = ended
        .signal()
        .map_or_else(|| ended.code(), |signal| 128 + signal);
    let errors = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "));
    let good = codes.contains(&code)
        && began.elapsed() < Duration::from_secs(20)
        && errors.count() == usize::from(code != 0)
        && ended.stderr.len() < 2000;
    let took = began.elapsed();
    (!good).then(|| format!("{name}: {code} after {took:.1?}: {}", ended.stderr))
}

#[test]
fn each_file_that_is_not_what_it_should_be_ends_the_run_soon_with_a_sentence() {
    let stage = Stage::new(small());
    stage.run("warm --record good.ndjson").with(0);
    let edgerc = std::fs::read(stage.home.path().join("edgerc")).unwrap();
    let recording = std::fs::read(stage.home.path().join("good.ndjson")).unwrap();
    let config = b"[ttl]\nproperties = '20s'\n[profiles.other]\ndb = 1\n";
    let mut bad = Vec::new();
    let pem = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let file = |good: &[u8]| {
            std::fs::remove_dir_all(folder.path().join("of")).ok();
            std::fs::create_dir(folder.path().join("of")).unwrap();
            wrong(&folder.path().join("of"), kind, good)
        };
        let named = |option: &str| format!("{option}, {kind}");
        let run = stage.command("warm").env("AKAMAI_EDGERC", file(&edgerc));
        bad.extend(ends(&named("edgerc"), run, &[3]));
        let run = stage.command("hit-rate --config").arg(file(config));
        // A configuration may be empty.
        let code = if kind == "empty" { 0 } else { 3 };
        bad.extend(ends(&named("config"), run, &[code]));
        let run = stage.command("warm --from").arg(file(&recording));
        bad.extend(ends(&named("recording"), run, &[2, 3, 7]));
        for option in ["--tls-ca", "--tls-cert", "--tls-key"] {
            let port = stage.server.port.to_string();
            let url = format!("rediss://127.0.0.1:{port}/0");
            let run = stage.command("hit-rate").env("ALECS_CACHE_URL", url);
            bad.extend(ends(
                &named(option),
                run.arg(option).arg(file(pem)),
                &[2, 3],
            ));
        }
        let run = stage
            .command("hit-rate --password-file")
            .arg(file(b"hunter2"));
        let codes: &[i32] = if ["cut", "binary"].contains(&kind) {
            &[0, 3]
        } else {
            &[3]
        };
        bad.extend(ends(&named("password"), run, codes));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn each_undo_file_that_is_not_what_it_should_be_is_left_out_with_a_sentence() {
    let stage = Stage::new(small());
    stage.warm("");
    stage.run("invalidate prp_100000 --yes").with(0);
    let folder = stage.home.path().join(".state/alecs-cache/undo");
    let undo = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|file| file.path());
    let undo = undo.filter(|path| path.extension().is_some_and(|end| end == "undo"));
    let good = std::fs::read(undo.last().unwrap()).unwrap();
    for kind in KINDS {
        let path = wrong(&folder, kind, &good);
        if ["zero", "full"].contains(&kind) {
            symlink(&path, folder.join(format!("{kind}.undo"))).unwrap();
        }
        assert_eq!(ends(kind, stage.command("undo --list"), &[0]), None);
        let listed = stage.run("undo --list -o json").with(0).json();
        // Of one that is cut the first line may be whole.
        let listed = listed["undos"].as_array().unwrap().len();
        assert!((1..=2).contains(&listed), "{kind}: {listed}");
        let name = folder.join(format!("{kind}.undo"));
        if name.is_dir() {
            std::fs::remove_dir(name).unwrap();
        } else {
            std::fs::remove_file(name).ok();
        }
    }
    stage.run("undo").with(0);
    // Others may read the credentials: a warning.
    let edgerc = stage.home.path().join("edgerc");
    std::fs::set_permissions(&edgerc, Permissions::from_mode(0o644)).unwrap();
    let warned = stage.run("warm --force").with(0);
    assert!(warned.stderr.contains("edgerc"), "{}", warned.stderr);
}
