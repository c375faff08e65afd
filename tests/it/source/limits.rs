//! Rate limits: the API's and the operator's.

use super::{Scene, limited, status};
use crate::support::akamai::{Fault, Rate};
use alecs_cache::testing::source::{ApiLimits, Error};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_burst_block_stops_all_calls_until_it_has_passed() {
    let scene = Scene::small();
    let body =
        json!({"title": "Bad request", "detail": "IPBLOCK-BURST: 1.2.3.4 is blocked"}).to_string();
    let block = Fault::Status(400, Vec::new(), body);
    scene.akamai.fault("/groups", 1, block.clone());
    let source = scene.source();
    for _ in 0..3 {
        let error = source.groups().await.unwrap_err();
        let Error::BurstBlocked { detail, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(detail, "Bad request: IPBLOCK-BURST: 1.2.3.4 is blocked");
    }
    assert_eq!(source.calls_made(), 1);
    tokio::time::sleep(Duration::from_millis(250)).await;
    source.groups().await.unwrap();

    let patient = Scene {
        limits: ApiLimits {
            burst_wait_max: Duration::from_secs(1),
            ..ApiLimits::default()
        },
        ..scene
    };
    patient.akamai.fault("/groups", 1, block);
    let source = patient.source();
    let begun = Instant::now();
    source.groups().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert_eq!(source.calls_made(), 2);
}

#[tokio::test]
async fn when_nothing_is_left_everybody_waits_for_the_moment_that_the_api_names() {
    for newer in [false, true] {
        let scene = Scene::small();
        scene.akamai.rate(Rate {
            limit: 4,
            burst: 4,
            window: Duration::from_millis(600),
            newer,
        });
        let source = scene.source();
        let begun = Instant::now();
        let calls = (0..10).map(|_| source.groups());
        for outcome in futures_util::future::join_all(calls).await {
            outcome.unwrap();
        }
        // Six calls had to be refilled, and none was refused.
        assert!(
            begun.elapsed() >= Duration::from_millis(900),
            "{:?}",
            begun.elapsed()
        );
        assert!(scene.akamai.seen().iter().all(|seen| seen.status == 200));
        assert_eq!(source.calls_made(), 10);
        assert_eq!(source.calls_per_minute(), Some(4));
    }
}

#[tokio::test]
async fn a_refusal_for_the_rate_is_waited_out_as_the_api_says() {
    let scene = Scene::small();
    let date = |moment: jiff::Timestamp| moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let now = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(5000);
    let later = now + jiff::SignedDuration::from_secs(1);
    // All by the API's clock, which differs much from the local one here.
    for (name, value) in [
        ("x-ratelimit-next", later.to_string()),
        ("akamai-ratelimit-next", later.to_string()),
        ("retry-after", "1".to_owned()),
        ("retry-after", date(later)),
    ] {
        let headers = vec![("date", date(now)), (name, value)];
        scene
            .akamai
            .fault("/groups", 1, Fault::Status(429, headers, String::new()));
        let source = scene.source();
        let begun = Instant::now();
        source.groups().await.unwrap();
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_millis(900), "{name}: {waited:?}");
        assert!(waited < Duration::from_secs(5), "{name}: {waited:?}");
        assert_eq!(source.calls_made(), 2);
    }
    // Nobody waits an hour in a terminal.
    scene
        .akamai
        .fault("/groups", 1, limited("retry-after", "3600"));
    let error = scene.source().groups().await.unwrap_err().to_string();
    assert!(
        error.ends_with("the next call is allowed in 1 h"),
        "{error}"
    );
}

#[tokio::test]
async fn the_operators_own_limits_hold_for_all_calls_together() {
    let mut scene = Scene::small();
    scene
        .akamai
        .fault("", usize::MAX, Fault::Slow(Duration::from_millis(30)));
    scene.limits.concurrency = 3;
    let source = scene.source();
    let all = futures_util::future::join_all((0..12).map(|_| source.groups())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(scene.akamai.most_under_way(), 3);
    scene.akamai.heal();

    scene.limits.rate = Some(600);
    let source = scene.source();
    let begun = Instant::now();
    let all = futures_util::future::join_all((0..5).map(|_| source.groups())).await;
    assert!(all.iter().all(Result::is_ok));
    assert!(
        begun.elapsed() >= Duration::from_millis(400),
        "{:?}",
        begun.elapsed()
    );
    scene.limits.rate = None;

    scene.limits.budget = Some(3);
    scene.akamai.fault("/groups", 1, status(500));
    let source = scene.source();
    source.groups().await.unwrap();
    source.groups().await.unwrap();
    let error = source.groups().await.unwrap_err();
    assert!(matches!(error, Error::Budget { budget: 3 }), "{error:?}");
    assert_eq!(source.calls_made(), 3);
}

#[tokio::test]
async fn waiting_for_the_rate_limit_does_not_use_up_the_retries_of_the_network() {
    let mut scene = Scene::small();
    scene.tuning.unreachable_timeout = Duration::from_millis(900);
    scene.limits.rate = Some(60);
    let source = scene.source();
    source.groups().await.unwrap();
    // The second call waits a second for its turn, and then its connection breaks.
    scene.akamai.fault("/contracts", 1, Fault::Reset);
    source.contracts().await.unwrap();
    assert_eq!(source.calls_made(), 3);
}
