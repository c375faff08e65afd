//! Long lists: where they end, and what they are when they do not add up.

use super::{Scene, walk};
use crate::support::account::{Account, Links};
use crate::support::akamai::Fault;
use alecs_cache::source::Error;
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
    fn fewer(mut body: Value) -> Value {
        body["hostnames"]["totalItems"] = json!(10);
        body
    }
    fn shrinking(mut body: Value) -> Value {
        body["hostnames"]["totalItems"] = json!(1499);
        body
    }
    type Case = (&'static str, fn(Value) -> Value, usize, &'static str);
    let cases: [Case; 6] = [
        (
            "offset=999",
            first_again,
            999,
            "the page repeats others, with 999 hostnames given",
        ),
        (
            "offset=999",
            empty,
            999,
            "the page is empty, with 999 of 1500 hostnames given",
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
            "the page is empty, with 1500 of 3000 hostnames given",
        ),
        (
            "offset=0",
            fewer,
            999,
            "it promises 10 hostnames and gives 999",
        ),
        (
            "offset=999",
            shrinking,
            1500,
            "the list became shorter (1499) while it was read",
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
async fn only_two_numbers_of_a_next_link_are_used() {
    fn elsewhere(mut body: Value) -> Value {
        body["hostnames"]["nextLink"] = json!(
            "https://evil.example/steal?accountSwitchKey=x&limit=700&offset=999&groupId=grp_9"
        );
        body
    }
    let scene = Scene::new(
        Account::new(1)
            .regular()
            .contracts(1)
            .groups(1)
            .properties(1)
            .hostnames(1500),
    );
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
            "/papi/v1/hostnames?offset=999&limit=700"
        ]
    );
}
