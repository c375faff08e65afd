//! The embedded server: started for a command, stopped with it, and adopted if it was left running.

use crate::support::run::Home;
use crate::support::server::{BOTH, Kind, wait_for};
use crate::support::store::set;
use alecs_cache::testing::store::options::Deployment;
use alecs_cache::testing::store::{Error, Options, Store};
use rustix::process::{Pid, Signal, getpgid, kill_process};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn options(kind: Kind, dir: &Path) -> Options {
    Options::new(Deployment::Embedded {
        dir: dir.to_owned(),
        server: Some(kind.program()),
        // Processes that other tests start hold copies of our locks for a moment.
        wait: Duration::from_secs(5),
    })
}

async fn write(store: &Store, key: &str, value: &str) {
    store
        .write(&[set(key, value)])
        .await
        .remove(0)
        .expect("written");
}

async fn read(store: &Store, key: &str) -> Option<String> {
    let value = store.get(&[key.to_owned()]).await.remove(0).expect("read");
    value.map(|value| String::from_utf8(value).expect("text"))
}

/// Returns the record of the server running in the folder.
fn record(dir: &Path) -> (Pid, PathBuf) {
    let text = std::fs::read_to_string(dir.join("server")).expect("a record");
    let (pid, socket) = text.trim().split_once('\n').expect("two lines");
    let pid = Pid::from_raw(pid.parse().expect("a number")).expect("a process");
    (pid, socket.into())
}

fn kill(dir: &Path) {
    let (pid, _) = record(dir);
    kill_process(pid, Signal::KILL).expect("it runs");
}

/// Stops a server that a test leaves behind on purpose, even if the test fails.
struct Left<'a>(&'a Path);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        if self.0.join("server").exists() {
            let _ = kill_process(record(self.0).0, Signal::KILL);
        }
    }
}

#[tokio::test]
async fn what_one_command_writes_the_next_one_reads() {
    for kind in BOTH {
        let temp = tempfile::tempdir().expect("a folder");
        let dir = temp.path().join("state/embedded");
        let store = Store::connect(&options(kind, &dir)).await.expect("started");
        let mode = std::fs::metadata(&dir).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(store.endpoint(), format!("embedded:{}", dir.display()));
        let (pid, socket) = record(&dir);
        assert!(socket.as_os_str().len() <= 100);
        let folder = socket.parent().expect("a folder").to_owned();
        let mode = std::fs::metadata(&folder)
            .expect("made")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(
            getpgid(Some(pid)).expect("it runs"),
            pid,
            "a process group of its own"
        );
        write(&store, "k", "v").await;
        store.close().await.expect("ended");
        assert!(getpgid(Some(pid)).is_err(), "it has ended");
        assert!(!folder.exists() && !dir.join("server").exists());
        let store = Store::connect(&options(kind, &dir)).await.expect("started");
        assert_eq!(read(&store, "k").await.as_deref(), Some("v"));
        store.close().await.expect("ended");
    }
}

#[tokio::test]
async fn it_listens_on_no_port() {
    let temp = tempfile::tempdir().expect("a folder");
    let store = Store::connect(&options(Kind::Valkey, temp.path()))
        .await
        .expect("started");
    let (_, socket) = record(temp.path());
    let port: Vec<String> = redis::Client::open(format!("unix://{}", socket.display()))
        .and_then(|client| client.get_connection())
        .and_then(|mut server| {
            redis::cmd("CONFIG")
                .arg(&["GET", "port"])
                .query(&mut server)
        })
        .expect("asked");
    assert_eq!(port, ["port", "0"]);
    store.close().await.expect("ended");
}

#[tokio::test]
async fn what_was_written_outlives_a_kill_of_the_server() {
    for kind in BOTH {
        let temp = tempfile::tempdir().expect("a folder");
        let mut impatient = options(kind, temp.path());
        impatient.retries = 1;
        let store = Store::connect(&impatient).await.expect("started");
        write(&store, "k", "v").await;
        // The file is synced every second.
        tokio::time::sleep(Duration::from_millis(1200)).await;
        kill(temp.path());
        let lost = store
            .write(&[set("k", "w")])
            .await
            .remove(0)
            .expect_err("it is gone");
        assert!(
            matches!(lost, Error::Lost { .. } | Error::Connect { .. }),
            "{lost}"
        );
        store.close().await.expect("nothing is left to end");
        let store = Store::connect(&options(kind, temp.path()))
            .await
            .expect("started");
        assert_eq!(read(&store, "k").await.as_deref(), Some("v"));
        store.close().await.expect("ended");
    }
}

#[tokio::test]
async fn a_server_that_was_left_is_used_again_and_not_started_twice() {
    for kind in BOTH {
        let temp = tempfile::tempdir().expect("a folder");
        let _left = Left(temp.path());
        let store = Store::connect(&options(kind, temp.path()))
            .await
            .expect("started");
        write(&store, "k", "v").await;
        // A killed command closes nothing.
        drop(store);
        let (pid, _) = record(temp.path());
        let store = Store::connect(&options(kind, temp.path()))
            .await
            .expect("adopted");
        assert_eq!(record(temp.path()).0, pid);
        assert_eq!(read(&store, "k").await.as_deref(), Some("v"));
        store.close().await.expect("ended");
        wait_for("it has ended", || {
            std::fs::metadata(temp.path().join("server")).err()
        });
    }
}

#[tokio::test]
async fn a_left_server_without_its_socket_is_stopped_and_loses_nothing() {
    let temp = tempfile::tempdir().expect("a folder");
    let _left = Left(temp.path());
    let store = Store::connect(&options(Kind::Valkey, temp.path()))
        .await
        .expect("started");
    write(&store, "k", "v").await;
    drop(store);
    let (pid, socket) = record(temp.path());
    std::fs::remove_dir_all(socket.parent().expect("a folder")).expect("removed");
    let store = Store::connect(&options(Kind::Valkey, temp.path()))
        .await
        .expect("started");
    assert_ne!(record(temp.path()).0, pid);
    assert_eq!(read(&store, "k").await.as_deref(), Some("v"));
    store.close().await.expect("ended");
}

#[tokio::test]
async fn a_second_command_waits_or_names_the_holder() {
    let temp = tempfile::tempdir().expect("a folder");
    let first = Store::connect(&options(Kind::Valkey, temp.path()))
        .await
        .expect("started");
    write(&first, "k", "v").await;
    let mut second = options(Kind::Valkey, temp.path());
    if let Deployment::Embedded { wait, .. } = &mut second.target {
        *wait = Duration::ZERO;
    }
    match Store::connect(&second).await {
        Err(Error::Busy { what, holder }) => {
            assert_eq!(what, temp.path().display().to_string());
            assert!(
                holder.contains(&format!("pid {}", std::process::id())),
                "{holder}"
            );
        }
        other => panic!("{other:?}"),
    }
    if let Deployment::Embedded { wait, .. } = &mut second.target {
        *wait = Duration::from_millis(150);
    }
    let began = Instant::now();
    let busy = Store::connect(&second).await.expect_err("still busy");
    assert!(matches!(busy, Error::Busy { .. }), "{busy}");
    assert!(began.elapsed() >= Duration::from_millis(150));
    if let Deployment::Embedded { wait, .. } = &mut second.target {
        *wait = Duration::from_secs(20);
    }
    let waiting = tokio::spawn(async move { Store::connect(&second).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.close().await.expect("ended");
    let second = waiting.await.expect("no panic").expect("its turn");
    assert_eq!(read(&second, "k").await.as_deref(), Some("v"));
    second.close().await.expect("ended");
}

#[tokio::test]
async fn a_folder_with_a_very_long_path_works() {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = temp
        .path()
        .join("a rather long 'name' ".repeat(8))
        .join("x".repeat(200));
    let store = Store::connect(&options(Kind::Redis, &dir))
        .await
        .expect("started");
    write(&store, "k", "v").await;
    store.close().await.expect("ended");
}

#[tokio::test]
async fn a_missing_program_is_reported_with_what_to_do() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut named = options(Kind::Valkey, temp.path());
    if let Deployment::Embedded { server, .. } = &mut named.target {
        *server = Some("/nonexistent/valkey-server".into());
    }
    let error = Store::connect(&named).await.expect_err("no such program");
    assert!(
        matches!(&error, Error::Embedded(text) if text.contains("/nonexistent/valkey-server")),
        "{error}"
    );
    // Nothing is left that would disturb the next attempt.
    let store = Store::connect(&options(Kind::Valkey, temp.path()))
        .await
        .expect("started");
    store.close().await.expect("ended");
}

#[tokio::test]
async fn a_server_that_does_not_start_is_quoted() {
    for kind in BOTH {
        let temp = tempfile::tempdir().expect("a folder");
        let first = Store::connect(&options(kind, temp.path()))
            .await
            .expect("started");
        write(&first, "k", "v").await;
        first.close().await.expect("ended");
        let files = temp.path().join("appendonlydir");
        for file in std::fs::read_dir(&files).expect("a folder").flatten() {
            std::fs::write(file.path(), "not what it should be\n").expect("writable");
        }
        let began = Instant::now();
        let error = Store::connect(&options(kind, temp.path()))
            .await
            .expect_err("broken files");
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(
            matches!(&error, Error::Embedded(text) if text.contains("did not start")
                && text.contains("manifest")),
            "{error}"
        );
    }
}

/// Returns everything below a folder.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a folder").flatten();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn a_command_leaves_no_server_and_no_socket_behind_whether_it_succeeds_or_not() {
    for kind in BOTH {
        let home = Home::new();
        let run = |program: &Path| {
            home.command("inspect akamai:default:properties:all --url embedded:")
                .env("ALECS_CACHE_VALKEY_SERVER", program)
                .run()
        };
        assert_eq!(
            run(&kind.program()).code(),
            5,
            "an empty cache has no such key"
        );
        assert_ne!(run(Path::new("/nonexistent/valkey-server")).code(), 0);
        let left: Vec<_> = std::fs::read_dir(home.path())
            .expect("a folder")
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|name| name.to_string_lossy().starts_with("alecs-cache-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        let dir = home.path().join(".state/alecs-cache/embedded");
        assert!(dir.join("lock").exists() && !dir.join("server").exists());
        for file in files(&dir) {
            let mode = std::fs::metadata(&file)
                .expect("there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o077, 0, "{}", file.display());
        }
    }
}

#[test]
fn a_server_program_is_named_by_its_path_from_here_or_by_its_name_on_path() {
    let home = Home::new();
    std::os::unix::fs::symlink(Kind::Valkey.program(), home.path().join("server")).expect("a link");
    for named in ["./server", "../server"] {
        let folder = home.path().join("below");
        std::fs::create_dir_all(&folder).expect("a folder");
        let here = if named.starts_with("..") {
            folder.as_path()
        } else {
            home.path()
        };
        let run = home
            .command("inspect akamai:default:properties:all --url embedded:")
            .current_dir(here)
            .env("ALECS_CACHE_VALKEY_SERVER", named);
        run.run().with(5);
    }
    home.command("inspect akamai:default:properties:all --url embedded:./other")
        .env("ALECS_CACHE_VALKEY_SERVER", "redis-server")
        .run()
        .with(5);
}

#[test]
fn data_of_a_newer_server_are_reported_from_a_broken_start() {
    let home = Home::new();
    let run = |kind: Kind| {
        home.command("inspect akamai:default:properties:all --url embedded:")
            .env("ALECS_CACHE_VALKEY_SERVER", kind.program())
            .run()
    };
    run(Kind::Valkey).with(5);
    let refused = run(Kind::Redis).with(3);
    refused.says("ALECS_CACHE_VALKEY_SERVER");
}
