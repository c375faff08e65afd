//! Calls and the parsing of their responses.

use super::{Scene, walk};
use crate::support::account::Account;
use crate::support::account::changes::Network;
use crate::support::akamai::Fault;
use alecs_cache::testing::domain::key::Id;
use alecs_cache::testing::domain::secret::Secret;
use alecs_cache::testing::source::{
    ApiLimits, Error, FindBy, PropertyRef, Recorder, Source, SourceOptions, find_credentials,
};
use alecs_cache::testing::stop::Stop;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_crawl_finds_the_whole_account_with_the_fewest_calls() {
    let account = Account::new(7)
        .contracts(3)
        .groups(40)
        .properties(300)
        .hostnames(2500);
    let scene = Scene::new(account.clone());
    // Otherwise the bucket would refill meanwhile.
    scene.akamai.set_clock(scene.akamai.now());
    let source = scene.source();
    let groups = source.groups().await.unwrap().value;
    let contracts = source.contracts().await.unwrap().value;
    assert_eq!(contracts.len(), 3);
    let mut found = BTreeSet::new();
    let mut pairs = 0;
    for group in &groups {
        for contract in &group.contracts {
            assert!(contract.starts_with("ctr_"), "{contract}");
            pairs += 1;
            let properties = source.properties(contract, &group.id).await.unwrap().value;
            found.extend(
                properties
                    .into_iter()
                    .map(|property| (property.id.to_string(), property.name)),
            );
        }
    }
    let expected: BTreeSet<_> = account
        .properties
        .iter()
        .map(|known| (known.id.clone(), known.name.clone()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(pairs, account.pairs().len());
    let (names, end) = walk(&source).await;
    end.unwrap();
    assert_eq!(names.len(), account.hostnames.len());
    let names: BTreeSet<_> = names.into_iter().collect();
    let expected: BTreeSet<_> = account
        .hostnames
        .iter()
        .map(|hostname| hostname.name.clone())
        .collect();
    assert!(names == expected, "{names:?}");
    assert_eq!(source.calls_made(), account.crawl_calls() as u64);
    assert_eq!(scene.akamai.seen().len(), account.crawl_calls());
    assert_eq!(
        source.calls_remaining(),
        Some(100_000 - account.crawl_calls() as u64)
    );
    assert_eq!(source.answers(), source.calls_made());
    let agents: BTreeSet<_> = scene
        .akamai
        .seen()
        .into_iter()
        .map(|seen| seen.user_agent)
        .collect();
    assert_eq!(
        agents,
        BTreeSet::from([concat!("alecs-cache/", env!("CARGO_PKG_VERSION")).to_owned()])
    );
}

#[tokio::test]
async fn every_item_keeps_the_apis_own_fields_in_their_order() {
    let account = Account::new(3)
        .contracts(1)
        .groups(1)
        .properties(30)
        .hostnames(40);
    let scene = Scene::new(account.clone());
    let source = scene.source();
    let property = PropertyRef::new(Id::new("prp_100005").unwrap());
    let found = source.property(&property).await.unwrap();
    assert!(found.date.is_some());
    let found = found.value;
    let value: Value = serde_json::from_str(&found.json).unwrap();
    assert_eq!(found.json, value.to_string());
    assert_eq!(value["propertyName"], "shop \"5\"\nof 'Łódź' 🛒");
    assert!(
        found
            .json
            .starts_with("{\"accountId\":\"act_A-CCT3\",\"contractId\":\"ctr_C-A000\",")
    );
    let at = PropertyRef::from(&found);
    assert_eq!(at.within, Some(("ctr_C-A000".into(), "grp_10000".into())));

    let rules = source
        .rules(&at, found.latest.unwrap())
        .await
        .unwrap()
        .value;
    let rules_value: Value = serde_json::from_str(&rules).unwrap();
    assert_eq!(rules, rules_value.to_string());
    assert!(rules.contains("\"ttl\":1.0"));
    let activations = source.activations(&at).await.unwrap().value;
    assert_eq!(activations.len(), 2);
    assert_eq!(
        source
            .cpcodes("ctr_C-A000", "grp_10000")
            .await
            .unwrap()
            .value[0]
            .id,
        "cpc_10000"
    );
    let names = source
        .version_hostnames(&at, found.production.unwrap())
        .await
        .unwrap()
        .value;
    let names: Vec<_> = names.into_iter().map(|hostname| hostname.name).collect();
    let expected: Vec<_> = account
        .hostnames
        .iter()
        .filter(|hostname| hostname.property == *property.id)
        .map(|hostname| hostname.name.clone())
        .collect();
    assert_eq!(names, expected);
    assert!(!names.is_empty());

    let bucket = PropertyRef::new(Id::new("prp_100004").unwrap());
    assert!(source.property(&bucket).await.unwrap().value.bucket);
    let mut pages = source.bucket_hostnames(&bucket);
    let items = pages.next().await.unwrap().unwrap();
    assert!(pages.next().await.is_none());
    assert_eq!(items[0].property_id, "prp_100004");
    let item: Value = serde_json::from_str(items[0].as_version_item().unwrap()).unwrap();
    assert_eq!(
        item.as_object().unwrap().keys().collect::<Vec<_>>(),
        [
            "cnameType",
            "edgeHostnameId",
            "cnameFrom",
            "cnameTo",
            "certProvisioningType"
        ]
    );
}

#[tokio::test]
async fn an_answer_without_its_list_is_not_an_empty_account() {
    let scene = Scene::small();
    for body in [
        "{}",
        "[]",
        "",
        "{\"groups\":{}}",
        "{\"groups\":{\"items\":null}}",
        "{\"groups\":{\"items\":[{}]}}",
        "null",
    ] {
        scene.akamai.fault(
            "/groups",
            1,
            Fault::Status(200, Vec::new(), body.to_owned()),
        );
        let outcome = scene.source().groups().await;
        assert!(
            matches!(outcome, Err(Error::Malformed { .. })),
            "{body}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn the_account_switch_key_is_sent_once_on_every_call_and_never_kept() {
    fn with_key(mut body: Value) -> Value {
        body["hostnames"]["nextLink"] =
            json!("/papi/v1/hostnames?accountSwitchKey=1-hunter2%3A1-XYZ&offset=999&limit=999");
        body
    }
    let key = "1-hunter2:1-XYZ";
    let mut scene = Scene::new(Account::new(1));
    scene.akamai.switch(
        key,
        Account::new(2)
            .regular()
            .contracts(1)
            .groups(1)
            .properties(1)
            .hostnames(1200),
    );
    scene.options.account_key = Some(Secret::new(key));
    scene.akamai.fault("offset=0", 1, Fault::Twist(with_key));
    let file = scene.path("recording");
    let recorder = Arc::new(Recorder::create(&file).unwrap());
    let source = scene.source().recording_to(Arc::clone(&recorder));
    assert_eq!(source.groups().await.unwrap().value.len(), 1);
    let (names, end) = walk(&source).await;
    end.unwrap();
    assert_eq!(names.len(), 1200);
    for seen in scene.akamai.seen() {
        assert_eq!(
            seen.path_and_query
                .matches("accountSwitchKey=1-hunter2%3A1-XYZ")
                .count(),
            1,
            "{seen:?}"
        );
    }
    // A group that these credentials may not access: the error names the call without the key.
    let error = source
        .properties("ctr_C-A000", "grp_1")
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the Akamai API answered `GET /papi/v1/properties?contractId=ctr_C-A000&groupId=grp_1` with 404 (not found)"
    );
    recorder.keep().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    for secret in ["1-XYZ", "akab-", "hunter2", "127.0.0.1", "EG1-"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_apis_own_search_is_a_signed_post() {
    let scene = Scene::new(
        Account::new(1)
            .regular()
            .contracts(1)
            .groups(1)
            .properties(3)
            .hostnames(3),
    );
    let source = scene.source();
    let by_host = source
        .search(FindBy::Hostname("www-1.s1.example.com".into()))
        .await
        .unwrap()
        .value;
    assert_eq!(&*by_host[0].id, "prp_100001");
    let by_name = source
        .search(FindBy::PropertyName("site-2.example.com".into()))
        .await
        .unwrap()
        .value;
    assert_eq!(&*by_name[0].id, "prp_100002");
    assert!(
        source
            .search(FindBy::Hostname("nobody".into()))
            .await
            .unwrap()
            .value
            .is_empty()
    );
    assert!(scene.akamai.seen().iter().all(|seen| seen.method == "POST"));
}

#[tokio::test]
async fn only_changed_properties_are_listed_since_a_time() {
    let scene = Scene::small();
    scene
        .akamai
        .set_clock("2026-11-23T08:00:00Z".parse().unwrap());
    scene.akamai.change(|account, now| {
        account.activate("prp_100003", Network::Production, 1, now);
    });
    scene.akamai.advance(Duration::from_mins(20));
    scene.akamai.change(|account, now| {
        account.add_property("prp_7", "new");
        account.activate("prp_7", Network::Staging, 1, now);
        account.add_hostname("new.example.com", "prp_7");
        account.activate("prp_100000", Network::Production, 1, now);
        account.draft("prp_100002", now);
        account.remove_property("prp_100001");
        account.remove_hostname("www-0.s1.example.com");
    });
    let source = scene.source();
    let modified = source.modified_properties("PT15M").await.unwrap().value;
    let ids: Vec<_> = modified.iter().map(|property| &*property.id).collect();
    assert_eq!(ids, ["prp_100000", "prp_7"]);
    let (names, end) = walk(&source).await;
    end.unwrap();
    assert!(
        names.contains(&"new.example.com".to_owned())
            && !names.contains(&"www-0.s1.example.com".to_owned())
    );
    assert!(matches!(
        source
            .property(&PropertyRef::new(Id::new("prp_100001").unwrap()))
            .await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_group_out_of_reach_is_one_error_and_other_sections_have_their_own_account() {
    let mut account = Account::new(1)
        .regular()
        .contracts(1)
        .groups(2)
        .properties(2)
        .hostnames(1);
    account.forbidden.push("grp_10001".into());
    let scene = Scene::new(account);
    scene.akamai.serve("beta", Account::new(2).contracts(5));
    let source = scene.source();
    assert_eq!(
        source
            .properties("ctr_C-A000", "grp_10000")
            .await
            .unwrap()
            .value
            .len(),
        1
    );
    let error = source
        .properties("ctr_C-A000", "grp_10001")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Akamai API denied `GET /papi/v1/properties?contractId=ctr_C-A000&groupId=grp_10001`: \
         Forbidden: you do not have access to this group"
    );
    assert_eq!(
        scene
            .source_of("beta", Stop::never())
            .contracts()
            .await
            .unwrap()
            .value
            .len(),
        5
    );
}

#[tokio::test]
async fn the_address_is_the_credentials_own_or_a_loopback() {
    let scene = Scene::small();
    let own = "akab-acme.luna.akamaiapis.example";
    let outcome = |host: &str| {
        let found = find_credentials(&scene.options.edgerc, "acme", &|_| None).unwrap();
        let options = SourceOptions {
            host: Some(host.to_owned()),
            ..scene.options.clone()
        };
        Source::api(
            "acme",
            found.credentials,
            &options,
            ApiLimits::default(),
            Stop::never(),
        )
        .map(|_| ())
        .map_err(|error| error.to_string())
    };
    for good in [
        "http://127.0.0.1:80",
        "http://127.9.9.9:1/",
        "https://localhost:8443",
        "http://[::1]:9",
        own,
        &format!("https://{}/", own.to_uppercase()),
    ] {
        assert_eq!(outcome(good), Ok(()), "{good}");
    }
    for bad in [
        "http://evil.example",
        "https://evil.example",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example:80",
        "http://127.0.0.1/path",
        "http://0.0.0.0:80",
        "",
        &format!("http://{own}"),
        &format!("{own}:444"),
    ] {
        assert!(outcome(bad).is_err(), "{bad}");
    }
    assert!(scene.akamai.seen().is_empty());
}

#[tokio::test]
async fn an_answer_may_come_packed_but_not_without_end() {
    let scene = Scene::new(Account::new(1).contracts(1).groups(400));
    scene.akamai.fault("/groups", 1, Fault::Packed);
    let source = scene.source();
    assert_eq!(source.groups().await.unwrap().value.len(), 400);
    scene.akamai.fault("/groups", 1, Fault::Endless);
    let error = source.groups().await.unwrap_err();
    assert!(
        matches!(&error, Error::Malformed { detail, .. } if detail == "it is larger than 64 MiB"),
        "{error:?}"
    );
    assert_eq!(source.calls_made(), 2);
}
