//! Paged lists: where they end, and inconsistent ones.

use super::{Scene, walk};
use crate::support::account::{Account, Links};
use crate::support::akamai::Fault;
use alecs_cache::testing::source::Error;
use serde_json::{Value, json};

#[tokio::test]
async fn the_list_of_hostnames_ends_where_it_ends_with_links_and_without() {
    for count in [0, 1, 998, 999, 1000, 1998, 1999] {
        for links in [Links::Whole, Links::Bare, Links::None] {
            let mut account = Account::new(1)
                .regular()
                .contracts(1)
                .groups(1)
                .properties(3)
                .hostnames(count);
            account.links = links;
            let scene = Scene::new(account);
            let source = scene.source();
            let (names, end) = walk(&source).await;
            end.unwrap();
            assert_eq!(names.len(), count, "links: {links:?}");
            assert_eq!(
                scene.akamai.calls("/hostnames"),
                count.div_ceil(999).max(1),
                "{count}, links: {links:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_does_not_add_up_gives_what_it_has_and_says_that_it_is_not_complete() {
    fn first_again(mut body: Value) -> Value {
        body["hostnames"]["items"][0]["cnameFrom"] = json!("www-0.s1.example.com");
        for item in body["hostnames"]["items"].as_array_mut().unwrap() {
            *item = json!({"propertyId": "prp_100000", "cnameFrom": "www-0.s1.example.com"});
        }
        body
    }
    fn empty(mut body: Value) -> Value {
        body["hostnames"]["items"] = json!([]);
        body
    }
    fn back(mut body: Value) -> Value {
        body["hostnames"]["nextLink"] = json!("/papi/v1/hostnames?offset=0&limit=999");
        body
    }
    fn more(mut body: Value) -> Value {
        body["hostnames"]["totalItems"] = json!(3000);
        body
    }
    fn overlapping(mut body: Value) -> Value {
        let first = json!({
            "propertyId": "prp_100000", "cnameFrom": "www-7.s1.example.com",
            "stagingCnameTo": "x", "productionCnameTo": "x",
        });
        body["hostnames"]["items"][0] = first;
        body["hostnames"]["totalItems"] = json!(1400);
        body
    }
    type Case = (&'static str, fn(Value) -> Value, usize, &'static str);
    let cases: [Case; 5] = [
        (
            "offset=999",
            first_again,
            999,
            "the page is empty, with 1000 of 1500 rows given",
        ),
        (
            "offset=999",
            empty,
            999,
            "the page is empty, with 999 of 1500 rows given",
        ),
        (
            "offset=0",
            back,
            999,
            "its next page is offset 0, which was read already",
        ),
        (
            "/hostnames",
            more,
            1500,
            "the page is empty, with 1500 of 3000 rows given",
        ),
        (
            "/hostnames",
            overlapping,
            1498,
            "some rows are repeated, with 1498 rows given",
        ),
    ];
    for (pattern, twist, given, why) in cases {
        let scene = Scene::new(
            Account::new(1)
                .regular()
                .contracts(1)
                .groups(1)
                .properties(1)
                .hostnames(1500),
        );
        scene.akamai.fault(pattern, usize::MAX, Fault::Twist(twist));
        let (names, end) = walk(&scene.source()).await;
        assert_eq!(names.len(), given, "{why}");
        match end {
            Err(Error::Malformed { detail, .. }) => assert_eq!(detail, why),
            other => panic!("{why}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn only_the_offset_of_a_next_link_is_used() {
    fn elsewhere(mut body: Value) -> Value {
        body["hostnames"]["nextLink"] = json!(
            "https://evil.example/steal?accountSwitchKey=x&limit=700&offset=999&groupId=grp_9"
        );
        body
    }
    let scene = Scene::new(many(1500));
    scene.akamai.fault("offset=0", 1, Fault::Twist(elsewhere));
    let (names, end) = walk(&scene.source()).await;
    end.unwrap();
    assert_eq!(names.len(), 1500);
    let asked: Vec<_> = scene
        .akamai
        .seen()
        .into_iter()
        .map(|seen| seen.path_and_query)
        .collect();
    assert_eq!(
        asked,
        [
            "/papi/v1/hostnames?offset=0&limit=999",
            "/papi/v1/hostnames?offset=999&limit=999"
        ]
    );
}

fn many(hostnames: usize) -> Account {
    Account::new(1)
        .regular()
        .contracts(1)
        .groups(1)
        .properties(1)
        .hostnames(hostnames)
}

#[tokio::test]
async fn there_is_more_as_long_as_a_page_links_to_it_whatever_the_total_says() {
    fn a_page_of_three(mut body: Value) -> Value {
        let items = body["hostnames"]["items"].as_array_mut().unwrap();
        items.truncate(3);
        let last = items.len() < 3;
        body["hostnames"]["totalItems"] = json!(2);
        if !last {
            // Neither a limit nor an address; only the offset counts.
            let first = body["hostnames"]["items"][0]["cnameFrom"].as_str().unwrap();
            let first: usize = first[4..first.find('.').unwrap()].parse().unwrap();
            body["hostnames"]["nextLink"] = json!(format!("?offset={}", first + 3));
        }
        body
    }
    let scene = Scene::new(many(11));
    scene
        .akamai
        .fault("/hostnames", usize::MAX, Fault::Twist(a_page_of_three));
    let (names, end) = walk(&scene.source()).await;
    end.unwrap();
    assert_eq!(names.len(), 11);
    assert_eq!(scene.akamai.calls("/hostnames"), 4);

    // Without links, a full page with more rows than announced is not the last one.
    let mut account = many(1500);
    account.links = Links::None;
    account.claimed_total = Some(10);
    let scene = Scene::new(account);
    let (names, end) = walk(&scene.source()).await;
    end.unwrap();
    assert_eq!(names.len(), 1500);
}

#[tokio::test]
async fn two_rows_of_one_name_are_one_hostname_also_across_a_page() {
    let mut account = many(1003);
    // The 999th row is the first of two, and each of these names adds a row.
    for name in ["www-4.s1.example.com", "www-997.s1.example.com"] {
        account.split_hostname(name);
    }
    account.hostnames[1002].staging = false;
    let scene = Scene::new(account);
    let source = scene.source();
    let mut pages = source.hostnames();
    let mut rows = Vec::new();
    while let Some(page) = pages.next().await {
        rows.extend(page.unwrap());
    }
    assert_eq!((rows.len(), pages.total()), (1003, Some(1005)));
    assert_eq!(rows.iter().filter(|row| !row.staging).count(), 1);
    assert!(rows.iter().all(|row| row.production));
    let split = rows.iter().find(|row| row.name.starts_with("www-997."));
    let split = split.unwrap();
    assert!(split.staging && split.production);
    let item: Value = serde_json::from_str(split.as_version_item().unwrap()).unwrap();
    assert_eq!(item["cnameFrom"], split.name);
}
