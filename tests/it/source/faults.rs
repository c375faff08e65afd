//! Failures: retried or reported at once, each with its own message.

use super::{Scene, limited, status};
use crate::support::akamai::Fault;
use alecs_cache::testing::domain::key::Id;
use alecs_cache::testing::source::{Error, PropertyRef};
use alecs_cache::testing::stop::Stop;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn temporary_failures_are_retried_with_a_new_signature() {
    let scene = Scene::small();
    for fault in [
        status(500),
        status(502),
        status(409),
        Fault::Reset,
        Fault::Cut,
        limited("retry-after", "0"),
        limited("x-ratelimit-limit", "100"),
    ] {
        scene.akamai.fault("/groups", 2, fault);
        let source = scene.source();
        // The stand-in refuses a repeated nonce with 400.
        assert_eq!(source.groups().await.unwrap().value.len(), 2);
        assert_eq!((source.calls_made(), source.answers()), (3, 1));
    }
}

#[tokio::test]
async fn a_call_that_fails_for_good_has_been_tried_ten_times() {
    let scene = Scene::small();
    for (fault, text) in [
        (
            status(503),
            "answered `GET /papi/v1/groups` with 503: an empty body",
        ),
        (
            limited("x-a", "b"),
            "limits the rate of `GET /papi/v1/groups`: an empty body",
        ),
    ] {
        scene.akamai.fault("/groups", usize::MAX, fault);
        let source = scene.source();
        let error = source.groups().await.unwrap_err().to_string();
        assert_eq!(error, format!("the Akamai API {text}"));
        assert_eq!(source.calls_made(), 10);
        scene.akamai.heal();
    }
}

#[tokio::test]
async fn permanent_failures_are_not_retried() {
    type Check = fn(&Error) -> bool;
    let scene = Scene::small();
    let html = "<html>\u{1b}[31m\nno</html>".to_owned();
    let cases: [(Fault, Check); 8] = [
        (status(501), |error| {
            matches!(error, Error::Status { status: 501, .. })
        }),
        (status(302), |error| {
            matches!(error, Error::Status { status: 302, .. })
        }),
        (status(401), |error| {
            matches!(error, Error::Unauthorized { .. })
        }),
        (status(403), |error| {
            matches!(error, Error::Forbidden { .. })
        }),
        (status(404), |error| matches!(error, Error::NotFound { .. })),
        (
            Fault::Status(
                429,
                Vec::new(),
                json!({"title": "Limit", "limitKey": "K"}).to_string(),
            ),
            |error| matches!(error, Error::ResourceLimit { detail, .. } if detail == "Limit"),
        ),
        (
            Fault::Status(400, Vec::new(), html.clone()),
            |error| matches!(error, Error::Status { status: 400, detail, .. } if detail == "<html>\\u{1b}[31m\\nno</html>"),
        ),
        (Fault::Status(200, Vec::new(), html), |error| {
            matches!(error, Error::Malformed { detail, .. }
                if detail == "it is not a JSON object; it begins with `<html>\\u{1b}[31m\\nno</html>`")
        }),
    ];
    for (fault, check) in cases {
        scene.akamai.fault("/groups", 1, fault);
        let source = scene.source();
        let error = source.groups().await.unwrap_err();
        assert!(check(&error), "{error:?}");
        assert_eq!(source.calls_made(), 1);
    }
}

#[tokio::test]
async fn a_local_clock_that_is_off_is_reported_with_its_distance() {
    let scene = Scene::small();
    for (ahead, text) in [
        (3600, "behind the Akamai API's"),
        (-3600, "ahead of the Akamai API's"),
    ] {
        scene.akamai.fault("/groups", 1, Fault::Skew(ahead));
        let source = scene.source();
        let error = source.groups().await.unwrap_err();
        let Error::ClockSkew { skew_seconds } = error else {
            panic!("{error:?}")
        };
        assert!((skew_seconds + ahead).abs() <= 2, "{skew_seconds}");
        assert!(error.to_string().ends_with(text), "{error}");
        assert_eq!(source.calls_made(), 1);
    }
}

#[tokio::test]
async fn a_timestamp_refused_by_a_clock_that_agrees_is_reported_as_such() {
    let scene = Scene::small();
    let refused = "{\"detail\":\"Invalid timestamp\"}".to_owned();
    // A date of this second, by the same clock.
    let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    let dated = Fault::Status(400, vec![("Date", now.to_string())], refused);
    scene.akamai.fault("/groups", 1, dated);
    let error = scene.source().groups().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the Akamai API rejected the time of the request: \
         the clock of this machine is the same as the Akamai API's"
    );
}

#[tokio::test]
async fn refused_credentials_are_said_without_being_shown() {
    let scene = Scene::small();
    let text = std::fs::read_to_string(&scene.options.edgerc).unwrap();
    std::fs::write(
        &scene.options.edgerc,
        text.replace("client_secret = hunter2", "client_secret = another"),
    )
    .unwrap();
    let error = scene.source().groups().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Akamai API refused the credentials for `GET /papi/v1/groups`: Not authorized: The signature does not match"
    );
    // If the API echoes credentials, they are not shown.
    let echo = "client_token=akab-hunter2-client-token-of-acme;access_token=akab-hunter2-access-token-of-acme;signature=AbC/+=;".repeat(4);
    scene
        .akamai
        .fault("/groups", 1, Fault::Status(401, Vec::new(), echo));
    let error = format!("{:?}", scene.source().groups().await.unwrap_err());
    assert!(
        !error.contains("of-acme") && !error.contains("AbC"),
        "{error}"
    );
}

#[tokio::test]
async fn five_consecutive_failures_stop_all_calls() {
    let mut scene = Scene::small();
    scene.limits.tries = 1;
    let source = scene.source();
    let nobody = PropertyRef::new(Id::new("prp_1").unwrap());
    scene.akamai.fault("/groups", usize::MAX, status(500));
    for _ in 0..5 {
        assert!(matches!(
            source.property(&nobody).await,
            Err(Error::NotFound { .. })
        ));
        assert!(matches!(source.groups().await, Err(Error::Status { .. })));
    }
    let error = source.contracts().await.unwrap_err();
    assert!(
        matches!(error, Error::BreakerOpen { failures: 5, .. }),
        "{error:?}"
    );
    assert_eq!(source.calls_made(), 10);
}

#[tokio::test]
async fn malformed_responses_count_as_failures_too() {
    let mut scene = Scene::small();
    scene.limits.tries = 1;
    let source = scene.source();
    scene.akamai.fault(
        "/groups",
        usize::MAX,
        Fault::Status(200, Vec::new(), "<html>".into()),
    );
    for _ in 0..5 {
        assert!(matches!(
            source.groups().await,
            Err(Error::Malformed { .. })
        ));
    }
    assert!(matches!(
        source.contracts().await,
        Err(Error::BreakerOpen { .. })
    ));
}

#[tokio::test]
async fn an_api_that_does_not_answer_is_given_up_in_time() {
    let mut scene = Scene::small();
    scene.options.timeout = Duration::from_millis(100);
    scene.limits.tries = 2;
    scene.akamai.fault("/groups", usize::MAX, Fault::Hang);
    let error = scene.source().groups().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the Akamai API did not answer `GET /papi/v1/groups` within 100 ms"
    );
    assert_eq!(scene.akamai.calls("/groups"), 2);
    scene.akamai.heal();
    scene.akamai.fault("/groups", usize::MAX, Fault::Cut);
    let error = scene.source().groups().await.unwrap_err();
    let Error::Malformed { detail, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        detail.starts_with("it broke off after 10 bytes: "),
        "{detail}"
    );

    // Nobody listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    scene.options.host = Some(format!("http://{}", closed.local_addr().unwrap()));
    drop(closed);
    let error = scene.source().groups().await.unwrap_err();
    assert!(
        matches!(&error, Error::Network { reason, .. } if reason.contains("refused")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_signal_ends_every_call_at_once_and_no_other_is_made() {
    let scene = Scene::small();
    // The signal goes to this process, where only this listener handles it.
    let stop = Stop::on_signals(|_| {}).unwrap();
    let source = scene.source_of("acme", stop);
    scene.akamai.fault("/groups", usize::MAX, Fault::Hang);
    scene
        .akamai
        .fault("/contracts", usize::MAX, limited("retry-after", "15"));
    let begun = Instant::now();
    let signal = async {
        while scene.akamai.seen().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let this = rustix::process::getpid();
        rustix::process::kill_process(this, rustix::process::Signal::INT).unwrap();
    };
    let (groups, contracts, ()) = tokio::join!(source.groups(), source.contracts(), signal);
    assert!(matches!(groups, Err(Error::Stopped { .. })), "{groups:?}");
    assert!(
        matches!(contracts, Err(Error::Stopped { .. })),
        "{contracts:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
    let error = source.groups().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "stopped before `GET /papi/v1/groups` was answered"
    );
    assert_eq!(source.calls_made(), 2);
}

#[tokio::test]
async fn an_untrusted_connection_is_not_retried() {
    let mut scene = Scene::small();
    // The server there has no TLS.
    scene.options.host = Some(scene.akamai.url().replace("http://", "https://"));
    let source = scene.source();
    let error = source.groups().await.unwrap_err();
    assert!(
        matches!(&error, Error::Network { reason, .. } if reason.contains("corrupt message")),
        "{error:?}"
    );
    assert_eq!(source.calls_made(), 1);
}

#[tokio::test]
async fn the_body_of_an_error_decides_nothing_and_only_its_beginning_is_read() {
    let scene = Scene::small();
    for status in [500, 503, 429, 409] {
        let huge = Fault::Huge(status, 80 << 20);
        scene.akamai.fault("/groups", 2, huge);
        let source = scene.source();
        source.groups().await.unwrap();
        assert_eq!(source.calls_made(), 3, "{status}");
    }
}

#[tokio::test]
async fn the_moment_of_the_next_call_may_be_in_the_text_of_a_refusal() {
    let scene = Scene::small();
    // Counted from the date of the response, whatever the local clock says.
    let then = "2026-11-23T08:00:00Z".parse().unwrap();
    scene.akamai.set_clock(then);
    let limited = Fault::LimitedInText(Duration::from_secs(1));
    scene.akamai.fault("/groups", 1, limited);
    let source = scene.source();
    let begun = std::time::Instant::now();
    source.groups().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(source.calls_made(), 2);
}

#[tokio::test]
async fn where_no_connection_can_be_made_a_call_ends_within_ten_seconds() {
    let mut scene = Scene::small();
    scene.options.host = Some("http://127.0.0.1:1".into());
    scene.tuning = alecs_cache::testing::source::Tuning::default();
    let begun = std::time::Instant::now();
    let error = scene.source().groups().await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}
