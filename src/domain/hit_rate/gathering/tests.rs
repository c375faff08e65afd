use super::*;
use crate::domain::hit_rate::{KeyFilter, days_until};
use jiff::civil::date;
use proptest::prelude::*;

fn question(days: u16, by: GroupBy) -> HitRateQuery {
    HitRateQuery {
        days: days_until(date(2026, 11, 23), days),
        by,
        top: 5,
        ..HitRateQuery::default()
    }
}

fn answer(question: HitRateQuery, fields: &[(usize, Tally, &str, &str)]) -> HitRate {
    let mut gathering = Gathering::new(question, 2);
    for (day, tally, field, value) in fields {
        gathering.take(*day, *tally, field.as_bytes(), value.as_bytes());
    }
    assert!(!gathering.wants_more());
    gathering.finish()
}

const FIELDS: [(usize, Tally, &str, &str); 7] = [
    (0, Tally::Hits, "acme:property:prp_1", "8"),
    (0, Tally::Misses, "acme:property:prp_1", "2"),
    (1, Tally::Hits, "beta:search:a:b", "1"),
    (1, Tally::Misses, "beta:hostname:www.example.com", "3"),
    (1, Tally::Misses, "acme:property:prp_1", "1"),
    (1, Tally::Misses, "acme:property:prp_2", "x"),
    (0, Tally::Misses, "acme:properties:all", "4"),
];

fn shown(rows: &[HitRateRow]) -> Vec<(&str, u64, u64)> {
    rows.iter()
        .map(|row| (row.group.as_str(), row.counts.hits, row.counts.misses))
        .collect()
}

#[test]
fn counts_are_added_up_by_day() {
    let answer = answer(question(2, GroupBy::Day), &FIELDS);
    assert_eq!(
        shown(&answer.rows),
        [("2026-11-22", 8, 6), ("2026-11-23", 1, 4)]
    );
    assert_eq!(
        answer.total,
        HitCounts {
            hits: 9,
            misses: 10
        }
    );
    assert_eq!(answer.malformed, 1);
    assert_eq!(answer.hostname_misses, 3);
    assert_eq!(answer.daily.len(), 3);
}

#[test]
fn counts_are_added_up_by_customer_resource_and_key() {
    let by = |by| answer(question(2, by), &FIELDS).rows;
    assert_eq!(
        shown(&by(GroupBy::Customer)),
        [("acme", 8, 7), ("beta", 1, 3)]
    );
    assert_eq!(
        shown(&by(GroupBy::Resource)),
        [
            ("property", 8, 3),
            ("properties", 0, 4),
            ("hostname", 0, 3),
            ("search", 1, 0)
        ]
    );
    assert_eq!(
        shown(&by(GroupBy::Key)),
        [
            ("acme:properties:all", 0, 4),
            ("acme:property:prp_1", 8, 3),
            ("beta:hostname:www.example.com", 0, 3),
            ("beta:search:a:b", 1, 0),
        ]
    );
}

#[test]
fn keys_of_other_bytes_than_utf_8_are_shown_as_inspect_shows_them() {
    let mut gathering = Gathering::new(question(1, GroupBy::Key), 1);
    for field in [b"acme:search:caf\xe9", b"acme:search:caf\xea"] {
        gathering.take(0, Tally::Hits, field, b"1");
    }
    let rows = gathering.finish().rows;
    let expected = [
        ("acme:search:caf\\xe9", 1, 0),
        ("acme:search:caf\\xea", 1, 0),
    ];
    assert_eq!(shown(&rows), expected);
}

#[test]
fn only_the_customers_and_keys_that_were_asked_for_count() {
    let mut asked = question(2, GroupBy::Day);
    asked.customers = Some(BTreeSet::from(["acme".to_owned()]));
    asked.wanted = KeyFilter::new("property:*");
    let answer = answer(asked, &FIELDS);
    assert_eq!(answer.total, HitCounts { hits: 8, misses: 3 });
    assert!(answer.left_out);
    assert_eq!(
        answer.top_missed,
        [MissedKey {
            key: "acme:property:prp_1".into(),
            misses: 3
        }]
    );
}

#[test]
fn no_key_is_kept_if_none_is_to_be_listed() {
    let mut asked = question(2, GroupBy::Day);
    asked.top = 0;
    let answer = answer(asked, &FIELDS);
    assert_eq!(answer.top_missed, []);
    assert!(answer.top_exact);
    assert_eq!(answer.total.misses, 10);
}

#[test]
fn without_traffic_there_is_no_rate() {
    let answer = answer(question(1, GroupBy::Day), &[]);
    assert_eq!(answer.total.rate(), None);
    assert_eq!(answer.rows.len(), 1);
    assert_eq!(answer.rows[0].hit_rate, None);
    assert!(answer.top_exact);
}

#[test]
fn a_hash_full_of_nonsense_does_not_fill_the_memory() {
    let mut gathering = Gathering::new(question(2, GroupBy::Resource), 2);
    for at in 0..GROUPS + 50 {
        gathering.take(0, Tally::Hits, format!("c{at}:r{at}").as_bytes(), b"1");
    }
    let answer = gathering.finish();
    assert_eq!(answer.rows.len(), GROUPS + 1);
    assert_eq!(answer.customers.len(), GROUPS + 1);
    assert_eq!(answer.total.hits, GROUPS as u64 + 50);
}

#[test]
fn keys_that_do_not_fit_into_memory_are_not_counted_as_left_out_by_the_limit() {
    let question = HitRateQuery {
        top: 10,
        rows: Some(10),
        ..question(1, GroupBy::Key)
    };
    let mut gathering = Gathering::new(question, 1);
    let take = |gathering: &mut Gathering| {
        for at in 0..=KEYS {
            let field = format!("acme:search:{at}");
            gathering.take(0, Tally::Misses, field.as_bytes(), b"1");
        }
    };
    take(&mut gathering);
    assert!(gathering.wants_more());
    take(&mut gathering);
    let answer = gathering.finish();
    assert_eq!(answer.rows.len(), 10);
    assert!(answer.rows_cut && answer.too_many_keys);
}

proptest! {
    #[test]
    fn every_grouping_has_the_same_sum(
        fields in prop::collection::vec(
            (0_usize..3, any::<bool>(), "[ab]:(property|search):[x-z]{1,2}", 0_u64..1_000), 0..80)
    ) {
        let tally = |hit| if hit { Tally::Hits } else { Tally::Misses };
        let hits: u64 = fields.iter().filter(|f| f.1).map(|f| f.3).sum();
        let misses: u64 = fields.iter().filter(|f| !f.1).map(|f| f.3).sum();
        for by in [GroupBy::Day, GroupBy::Customer, GroupBy::Resource, GroupBy::Key] {
            let mut gathering = Gathering::new(question(3, by), 3);
            for (day, hit, field, count) in &fields {
                gathering.take(*day, tally(*hit), field.as_bytes(), count.to_string().as_bytes());
            }
            let answer = gathering.finish();
            prop_assert_eq!(answer.total, HitCounts { hits, misses });
            prop_assert_eq!(sum(answer.rows.iter().map(|row| &row.counts)), answer.total);
            prop_assert_eq!(sum(answer.daily.values()), answer.total);
        }
    }
}

#[test]
fn fields_that_name_no_customer_or_resource_are_reported_as_such() {
    let rows = |by| {
        let question = HitRateQuery {
            days: days_until(date(2026, 11, 26), 1),
            by,
            ..HitRateQuery::default()
        };
        let mut sums = Gathering::new(question, 0);
        for field in ["nocolon", "", ":x", "acme:"] {
            sums.take(0, Tally::Hits, field.as_bytes(), b"2");
        }
        let rows = sums.finish().rows.into_iter();
        rows.map(|row| (row.group, row.counts.hits))
            .collect::<Vec<_>>()
    };
    let row = |name: &str, hits| (name.to_owned(), hits);
    assert_eq!(rows(GroupBy::Customer), [row("(none)", 6), row("acme", 2)]);
    assert_eq!(
        rows(GroupBy::Resource),
        [row("(none)", 4), row("nocolon", 2), row("x", 2)]
    );
}
