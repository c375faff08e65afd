//! Invalid files for every option that takes one. The command ends soon, with little memory, one message, and the
//! right exit code.

use crate::support::certificates::Certificates;
use crate::support::run::{Home, Run};
use crate::support::server::{Kind, Server, wait_for};
use crate::support::stage::{Stage, small};
use std::fs::{File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Memory limit of a run in KiB.
const LITTLE: &str = "-v 700000";

/// Kinds of invalid files.
const KINDS: [&str; 11] = [
    "missing", "empty", "cut", "binary", "sparse", "folder", "dangling", "loop", "socket", "zero",
    "full",
];

/// Creates a file of this kind; `good` is the valid content.
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
        "loop" => symlink(&path, &path).unwrap(),
        "socket" => drop(UnixListener::bind(&path).unwrap()),
        "zero" => return "/dev/zero".into(),
        "full" => return "/dev/full".into(),
        _ => {}
    }
    if path.is_file() {
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    path
}

/// Returns what the run did instead, unless it ended soon, with a message and one of these codes.
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
fn each_invalid_file_ends_the_run_soon_with_a_message() {
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
fn each_invalid_undo_file_is_skipped_with_a_message() {
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
        // The first line of a truncated file may be complete.
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
    // Others may read the credentials, which is a warning.
    let edgerc = stage.home.path().join("edgerc");
    std::fs::set_permissions(&edgerc, Permissions::from_mode(0o644)).unwrap();
    let warned = stage.run("warm --force").with(0);
    warned.says("edgerc");
}

fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo")
        .arg("-m600")
        .arg(path)
        .status();
    assert!(made.unwrap().success());
}

/// Opens a FIFO for writing once somebody reads it.
fn writer(path: &Path) -> File {
    wait_for("it reads", || {
        let nonblock = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(nonblock).open(path).ok()
    })
}

#[test]
fn a_fifo_or_link_is_read_like_a_file_and_a_silent_fifo_ends_with_ctrl_c() {
    let certificates = Certificates::new();
    let server = Server::start(Kind::Valkey, &["--requirepass", "hunter2"]).login(&["hunter2"]);
    let stage = Stage::on(server, small());
    let known = |line: &str| stage.command(line).env("VALKEYCLI_AUTH", "hunter2");
    known("warm --record good.ndjson").run().with(0);
    let read = |name: &str| std::fs::read(stage.home.path().join(name)).unwrap();
    let files = [
        ("edgerc", read("edgerc")),
        ("config", b"[profiles.other]\ndb = 1\n".to_vec()),
        ("recording", read("good.ndjson")),
        ("password", b"hunter2\n".to_vec()),
        (
            "authority",
            std::fs::read(certificates.pem("authority")).unwrap(),
        ),
    ];
    for (name, good) in files {
        let run = |path: &Path| match name {
            "edgerc" => known("warm").env("AKAMAI_EDGERC", path),
            "config" => known("hit-rate --config").arg(path),
            "recording" => known("warm --from").arg(path),
            "password" => stage.command("hit-rate --password-file").arg(path),
            _ => {
                let url = format!("rediss://127.0.0.1:{}/0", stage.server.port);
                known("hit-rate --retries 0 --tls-ca")
                    .arg(path)
                    .env("ALECS_CACHE_URL", url)
            }
        };
        // The server has no TLS.
        let code = if name == "authority" { 10 } else { 0 };
        let folder = tempfile::tempdir().unwrap();
        let path = |kind: &str| folder.path().join(kind);
        std::fs::write(path("file"), &good).unwrap();
        std::fs::set_permissions(path("file"), Permissions::from_mode(0o600)).unwrap();
        symlink(path("file"), path("link")).unwrap();
        std::fs::hard_link(path("file"), path("second")).unwrap();
        for kind in ["link", "second"] {
            run(&path(kind)).run().with(code);
        }
        fifo(&path("fifo"));
        let running = run(&path("fifo")).spawn();
        writer(&path("fifo")).write_all(&good).unwrap();
        let ended = running.wait().with(code);
        assert!(!ended.stderr.contains("others"), "{name}: {}", ended.stderr);
        let running = run(&path("fifo")).interruptible().spawn();
        let silent = writer(&path("fifo"));
        running.interrupt();
        let ended = running.wait();
        let code = ended
            .signal()
            .map_or_else(|| ended.code(), |signal| 128 + signal);
        assert_eq!(code, 130, "{name}: {}", ended.stderr);
        drop(silent);
    }
    // The tool never waits for its own files.
    let own = stage.home.path().join(".state/alecs-cache");
    for folder in ["undo", "resume"] {
        std::fs::create_dir_all(own.join(folder)).unwrap();
    }
    fifo(&own.join("undo/20260101T000000Z-abcd.undo"));
    fifo(&own.join("resume/acme.ndjson"));
    for line in [
        "undo --list",
        "undo 20260101T000000Z-abcd",
        "warm --resume",
        "warm",
    ] {
        let expected = if line.starts_with("undo 2") { 2 } else { 0 };
        known(line).run().with(expected);
    }
}

/// Devices are left to their names: a test that fails must not replace one. A FIFO is treated like them.
#[test]
fn what_is_no_regular_file_is_written_into_and_stays_what_it_is() {
    let stage = Stage::new(small());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    fifo(&path);
    for (line, begin) in [
        ("stats -o prometheus --out", "# HELP alecs_cache_"),
        ("stats --alerts --out", "groups:\n"),
        ("hit-rate --export", "date,customer,pattern,"),
    ] {
        let reader = std::thread::spawn({
            let path = path.clone();
            move || std::fs::read_to_string(path).unwrap()
        });
        let ended = stage.command(line).arg(&path).run().with(0);
        let is_fifo = std::fs::symlink_metadata(&path).unwrap().file_type();
        assert!(is_fifo.is_fifo(), "{line}: {}", ended.stderr);
        let text = reader.join().unwrap();
        assert!(text.starts_with(begin), "{line}: {text}");
    }
    // As `/dev/stdout`, for a pipe and for a file.
    let link = folder.path().join("stdout");
    symlink("/proc/self/fd/1", &link).unwrap();
    let run = || stage.command("stats --alerts --out").arg(&link);
    let piped = run().run().with(0).stdout;
    assert!(piped.starts_with("groups:\n"), "{piped}");
    let log = folder.path().join("log");
    std::fs::write(&log, "kept\n").unwrap();
    let opened = OpenOptions::new().append(true).open(&log).unwrap();
    run().stdout(opened).wait().with(0);
    assert_eq!(
        std::fs::read_to_string(&log).unwrap(),
        format!("kept\n{piped}")
    );
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_history_of_unlikely_size_is_not_read() {
    let stage = Stage::new(small());
    let folder = tempfile::tempdir().unwrap();
    let history = wrong(folder.path(), "sparse", b"date,customer,");
    let run = stage.command("hit-rate --export").arg(&history);
    let ended = run.limited(LITTLE).run().with(2);
    let expected = format!("error: `{}` is larger than 64 MiB\n", history.display());
    ended.says(&expected);
    assert_eq!(std::fs::metadata(&history).unwrap().len(), 8 << 30);
}

#[test]
fn a_file_that_blocks_does_not_keep_a_signal_from_being_heard() {
    let home = Home::new();
    let fifo = home.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, mode).unwrap();
    let server = Server::valkey();
    let url = server.url();
    let file = fifo.display();
    for line in [
        format!("locks --url rediss://127.0.0.1:1 --tls-ca {file}"),
        format!("warm --url {url} --edgerc {file}"),
        format!("warm --url {url} --all-customers --edgerc {file}"),
        format!("customers --url {url} --edgerc {file}"),
        format!("get groups --url {url} --edgerc {file}"),
        format!("hit-rate --url {url} --export {file}"),
        format!("stats --alerts --out {file}"),
    ] {
        let running = home.command(&line).spawn();
        running.listens();
        running.terminate();
        assert_eq!(running.wait().code(), 143, "{line}");
    }
}
