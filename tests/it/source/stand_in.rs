//! The stand-in itself: it behaves like the real API.

use super::Scene;
use crate::support::account::changes::Network;
use crate::support::account::{Account, Links};
use crate::support::akamai::{Fault, Rate};
use alecs_cache::testing::domain::key::Id;
use alecs_cache::testing::source::{ApiLimits, Error, PropertyRef};
use std::time::Duration;

#[tokio::test]
async fn calls_come_from_a_bucket_that_refills_by_the_clock_of_the_test() {
    let scene = Scene::small();
    scene.akamai.rate(Rate {
        burst: 5,
        ..Rate::AKAMAI
    });
    let start = "2026-11-23T08:00:00Z".parse().unwrap();
    scene.akamai.set_clock(start);
    let source = scene.source();
    let mut left = Vec::new();
    for _ in 0..5 {
        let answer = source.groups().await.unwrap();
        assert_eq!(answer.date, Some(start));
        left.extend(source.calls_remaining());
    }
    assert_eq!(left, [4, 3, 2, 1, 0]);
    // Two calls are refilled in 1.2 s.
    scene.akamai.advance(Duration::from_millis(1250));
    let source = scene.source();
    source.groups().await.unwrap();
    assert_eq!(source.calls_remaining(), Some(1));
    assert_eq!(source.calls_per_minute(), Some(100));
    assert_eq!(scene.akamai.take_seen().len(), 6);
    assert!(scene.akamai.seen().is_empty());
}

#[tokio::test]
async fn a_call_beyond_the_bucket_is_refused_with_the_moment_of_the_next() {
    let mut scene = Scene::small();
    scene.limits = ApiLimits {
        tries: 1,
        ..ApiLimits::default()
    };
    scene.akamai.rate(Rate {
        burst: 1,
        ..Rate::AKAMAI
    });
    scene
        .akamai
        .set_clock("2026-11-23T08:00:00Z".parse().unwrap());
    scene.source().groups().await.unwrap();
    let refused = scene.source().groups().await.unwrap_err();
    assert!(matches!(refused, Error::RateLimited { .. }), "{refused:?}");
}

#[tokio::test]
async fn one_hostname_has_two_rows_and_a_moved_property_is_out_of_reach_of_its_former_ids() {
    let mut account = Account::new(3)
        .regular()
        .with_id("act_OTHER")
        .contracts(1)
        .groups(2)
        .properties(2)
        .hostnames(2);
    account.split_hostname("www-0.s3.example.com");
    account.links = Links::Bare;
    let scene = Scene::new(account);
    let source = scene.source();
    let page = source.hostname_page(0, 2).await.unwrap().value;
    let rows: Vec<_> = page
        .items
        .iter()
        .map(|item| (item.name.as_str(), item.staging, item.production))
        .collect();
    let name = "www-0.s3.example.com";
    assert_eq!(rows, [(name, true, false), (name, false, true)]);
    assert_eq!((page.total, page.next), (Some(3), Some(2)));

    let before = source
        .property(&PropertyRef::new(Id::new("prp_100000").unwrap()))
        .await;
    let before = before.unwrap().value;
    assert_eq!(before.account.as_deref(), Some("act_OTHER"));
    let groups = source.groups_of_account().await.unwrap().value;
    assert_eq!(groups.account.as_deref(), Some("act_OTHER"));
    assert_eq!(groups.groups.len(), 2);
    scene.akamai.change(|account, now| {
        let version = account.draft("prp_100000", now);
        account.activate("prp_100000", Network::Staging, version, now);
        account.move_property("prp_100000", "ctr_C-A000", "grp_10001");
    });
    let former = PropertyRef::from(&before);
    // With its former ids it is refused; without them it is found.
    let after = source.property(&former).await.unwrap().value;
    assert_eq!(&*after.group, "grp_10001");
    assert_eq!(after.latest, before.latest.map(|version| version + 1));
    let statuses: Vec<_> = scene.akamai.seen().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses[statuses.len() - 2..], [403, 200]);
    scene
        .akamai
        .edit(|account| account.remove_property("prp_100000"));
    let gone = source.property(&former).await.unwrap_err();
    assert_eq!(
        gone.to_string(),
        "property prp_100000 does not exist in account acme, or its credentials may not see it"
    );
}

#[tokio::test]
async fn a_slow_response_shows_the_account_at_the_arrival_of_its_call() {
    let scene = Scene::small();
    let slow = Fault::Slow(Duration::from_millis(100));
    scene.akamai.fault("/properties/prp_100000", 1, slow);
    let source = scene.source();
    let property = PropertyRef::new(Id::new("prp_100000").unwrap());
    let change = async {
        while scene.akamai.calls("/properties/prp_100000") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        scene
            .akamai
            .edit(|account| account.property_mut("prp_100000").unwrap().name = "renamed".into());
    };
    let (former, ()) = tokio::join!(source.property(&property), change);
    assert_ne!(former.unwrap().value.name, "renamed");
    let newer = source.property(&property).await.unwrap();
    assert_eq!(newer.value.name, "renamed");
}

#[tokio::test]
async fn faults_are_those_that_were_seen_at_the_real_api() {
    let mut scene = Scene::small();
    scene.limits = ApiLimits {
        tries: 1,
        ..ApiLimits::default()
    };
    let once = |fault| {
        scene.akamai.fault("/groups", 1, fault);
        scene.source()
    };
    let huge = once(Fault::Huge(500, 3 << 20)).groups().await.unwrap_err();
    assert!(
        matches!(huge, Error::Status { status: 500, .. }),
        "{huge:?}"
    );
    let limited = once(Fault::LimitedInText(Duration::from_secs(3)));
    let limited = limited.groups().await.unwrap_err().to_string();
    assert!(limited.contains("next request at 20"), "{limited}");
    let blocked = once(Fault::BurstBlock).groups().await.unwrap_err();
    assert!(matches!(blocked, Error::BurstBlocked { .. }), "{blocked:?}");
}
