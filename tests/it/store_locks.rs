//! Locks on Valkey and Redis.

use crate::support::server::{BOTH, Kind, Server};
use alecs_cache::testing::store::{Error, Lock, LockAttempt, Store, Ttl};
use std::time::{Duration, Instant};

const LIFE: Duration = Duration::from_secs(30);

async fn connect(server: &Server) -> Store {
    Store::connect(&server.options()).await.expect("connected")
}

async fn taken(store: &Store, token: &str, life: Duration) -> Lock {
    match Lock::take(store, "l:lock", token, life).await {
        Ok(LockAttempt::Taken(lock)) => lock,
        other => panic!("not taken: {other:?}"),
    }
}

#[tokio::test]
async fn of_two_takers_one_has_the_lock_and_the_other_learns_who() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let (one, two) = (connect(&server).await, connect(&server).await);
        let lock = taken(&one, "token of one", LIFE).await;
        match Lock::take(&two, "l:lock", "token of two", LIFE).await {
            Ok(LockAttempt::Held { value, left }) => {
                assert_eq!(value, "token of one");
                assert!(matches!(left, Ttl::Left(left) if left <= LIFE && left > LIFE / 2));
            }
            other => panic!("both have it: {other:?}"),
        }
        assert!(lock.still_ours().await.expect("asked"));
        assert!(lock.release().await.expect("released"));
        assert!(
            taken(&two, "token of two", LIFE)
                .await
                .release()
                .await
                .expect("released")
        );
        assert_eq!(server.ask::<i64>(&["EXISTS", "l:lock"]), 0);
    }
}

#[tokio::test]
async fn a_renewal_prolongs_our_lock_and_no_other() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let store = connect(&server).await;
        let mut lock = taken(&store, "ours", LIFE).await;
        for _ in 0..2 {
            let _: () = server.ask(&["PEXPIRE", "l:lock", "5000"]);
            assert!(lock.renew().await.expect("renewed"));
            assert!(server.ask::<i64>(&["PTTL", "l:lock"]) > 20_000);
        }
        let _: () = server.ask(&["SETEX", "l:lock", "5", "\"1\""]);
        assert!(!lock.renew().await.expect("asked"));
        assert!(server.ask::<i64>(&["PTTL", "l:lock"]) <= 5000);
        assert!(!lock.still_ours().await.expect("asked"));
        let _: () = server.ask(&["DEL", "l:lock"]);
        assert!(!lock.renew().await.expect("asked"));
        assert_eq!(
            server.ask::<i64>(&["EXISTS", "l:lock"]),
            0,
            "it is not taken anew"
        );
    }
}

#[tokio::test]
async fn a_lock_that_another_overwrote_is_not_released() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let store = connect(&server).await;
        for _ in 0..2 {
            let lock = taken(&store, "ours", LIFE).await;
            let _: () = server.ask(&["SETEX", "l:lock", "30", "\"1\""]);
            assert!(!lock.release().await.expect("asked"));
            assert_eq!(server.ask::<String>(&["GET", "l:lock"]), "\"1\"");
            let _: () = server.ask(&["DEL", "l:lock"]);
        }
        let lock = taken(&store, "ours", LIFE).await;
        let _: () = server.ask(&["DEL", "l:lock"]);
        let _: () = server.ask(&["RPUSH", "l:lock", "a list"]);
        assert!(!lock.still_ours().await.expect("asked"));
        assert!(!lock.release().await.expect("asked"));
        assert_eq!(server.ask::<i64>(&["LLEN", "l:lock"]), 1);
    }
}

#[tokio::test]
async fn a_kept_lock_outlives_its_life_and_is_given_back_once() {
    for kind in BOTH {
        let server = Server::start(kind, &[]);
        let store = connect(&server).await;
        // Long enough for a renewal on a busy machine.
        let life = Duration::from_secs(1);
        let kept = taken(&store, "ours", life).await.renewed();
        tokio::time::sleep(life * 2).await;
        assert!(kept.still_ours().await.expect("asked"));
        assert_eq!(server.ask::<String>(&["GET", "l:lock"]), "ours");
        assert!(kept.release().await.expect("released"));
        assert_eq!(server.ask::<i64>(&["EXISTS", "l:lock"]), 0);
    }
}

#[tokio::test]
async fn a_kept_lock_that_is_overwritten_is_reported_as_lost_and_left_alone() {
    let server = Server::valkey();
    let store = connect(&server).await;
    let kept = taken(&store, "ours", Duration::from_millis(300))
        .await
        .renewed();
    let _: () = server.ask(&["SETEX", "l:lock", "30", "another's"]);
    tokio::time::timeout(Duration::from_secs(2), kept.lost())
        .await
        .expect("told within a third of its life");
    assert!(!kept.still_ours().await.expect("asked"));
    assert!(!kept.release().await.expect("asked"));
    assert_eq!(server.ask::<String>(&["GET", "l:lock"]), "another's");
}

#[tokio::test]
async fn a_lock_whose_server_hangs_is_lost_when_its_life_is_over() {
    let server = Server::valkey();
    let mut options = server.options();
    options.timeout = Duration::from_millis(200);
    options.connect_timeout = Duration::from_millis(200);
    let store = Store::connect(&options).await.expect("connected");
    let life = Duration::from_millis(600);
    let kept = taken(&store, "ours", life).await.renewed();
    server.freeze();
    let began = Instant::now();
    tokio::time::timeout(Duration::from_secs(5), kept.lost())
        .await
        .expect("told");
    assert!(
        began.elapsed() <= life + Duration::from_millis(300),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_lock_that_is_dropped_is_no_longer_renewed() {
    let server = Server::valkey();
    let store = connect(&server).await;
    let life = Duration::from_millis(150);
    drop(taken(&store, "ours", life).await.renewed());
    tokio::time::sleep(life * 2).await;
    assert_eq!(server.ask::<i64>(&["EXISTS", "l:lock"]), 0);
}

#[tokio::test]
async fn a_lock_that_may_have_been_taken_is_looked_at_and_not_taken_twice() {
    let server = Server::valkey();
    let mut options = server.options();
    options.timeout = Duration::from_secs(1);
    options.connect_timeout = Duration::from_secs(5);
    let store = Store::connect(&options).await.expect("connected");
    server.freeze();
    let taking = tokio::spawn(async move { Lock::take(&store, "l:lock", "ours", LIFE).await });
    // Frozen for longer than the timeout: the reply to SET is lost, but not the command.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    server.thaw();
    match taking.await.expect("no panic") {
        Ok(LockAttempt::Taken(lock)) => assert!(lock.still_ours().await.expect("asked")),
        other => panic!("{other:?}"),
    }
    assert!(
        server.info("cmdstat_set").starts_with("calls=1,"),
        "{}",
        server.info("cmdstat_set")
    );
}

#[tokio::test]
async fn a_lock_causes_no_errors_on_any_server() {
    let server = Server::redis();
    let store = connect(&server).await;
    for _ in 0..3 {
        let mut lock = taken(&store, "ours", LIFE).await;
        assert!(lock.renew().await.expect("renewed"));
        assert!(lock.release().await.expect("released"));
    }
    assert_eq!(server.info("errorstat_ERR"), "");
}

#[tokio::test]
async fn a_user_who_may_not_lock_is_reported() {
    let server = Server::start(
        Kind::Valkey,
        &["--user", "default", "on", "nopass", "~*", "+@all", "-set"],
    );
    let store = connect(&server).await;
    let refused = Lock::take(&store, "l:lock", "ours", LIFE).await;
    assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_is_full_prolongs_a_lock_all_the_same() {
    for kind in BOTH {
        let server = Server::start(kind, &["--maxmemory-policy", "noeviction"]);
        let store = connect(&server).await;
        let mut lock = taken(&store, "ours", LIFE).await;
        let _: () = server.ask(&["PEXPIRE", "l:lock", "5000"]);
        let _: () = server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
        assert!(lock.renew().await.expect("renewed"));
        assert!(server.ask::<i64>(&["PTTL", "l:lock"]) > 20_000);
        assert!(lock.release().await.expect("released"));
    }
}
