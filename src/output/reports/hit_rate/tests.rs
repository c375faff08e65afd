use super::*;

#[test]
fn a_rate_below_a_threshold_is_not_rounded_up_to_it() {
    assert_eq!(percent(Some(84.96)), "84.9%");
    assert_eq!(percent(Some(100.0)), "100.0%");
    assert_eq!(percent(None), "-");
    assert_eq!(percent(Some(1000.0 / 23.0)), "43.4%");
}

fn view(answer: &HitRate, by: GroupBy) -> HitRateView<'_> {
    HitRateView {
        answer,
        by,
        asked: None,
        price: 0.5,
        pattern: "",
        target: None,
        top: false,
        names_of: HashMap::new(),
    }
}

#[test]
fn keys_that_nobody_can_list_are_not_promised() {
    let mut answer = HitRate {
        rows_cut: true,
        rows_left: 990,
        top_exact: true,
        ..HitRate::default()
    };
    let notes = |answer: &HitRate| view(answer, GroupBy::Key).notes();
    assert_eq!(notes(&answer), ["990 more keys; --top 0 lists all"]);
    answer.too_many_keys = true;
    assert_eq!(notes(&answer), [TOO_MANY]);
    answer.hostname_misses = 28_502;
    assert!(notes(&answer)[0].ends_with("(28,502 here)"));
}

#[test]
fn prometheus_gets_a_ratio_only_if_there_were_reads() {
    let mut answer = HitRate::default();
    let text_of = |answer: &HitRate| view(answer, GroupBy::Day).prometheus();
    assert!(!text_of(&answer).contains("hit_ratio"));
    answer.total = HitCounts { hits: 3, misses: 1 };
    let text = text_of(&answer);
    assert!(text.contains("\nalecs_cache_hit_ratio 0.75\n"), "{text}");
    assert!(
        text.contains("\nalecs_cache_window_cost_saved_dollars 1.5\n"),
        "{text}"
    );
}
