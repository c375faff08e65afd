use super::*;

fn stage(total: Option<u64>, done: u64, seconds: u64) -> StageProgress {
    let now = Instant::now();
    StageProgress {
        began: now.checked_sub(Duration::from_secs(seconds)).unwrap(),
        printed: now,
        total,
        done,
    }
}

#[test]
fn a_line_has_the_position_of_a_stage_and_the_time_left() {
    assert_eq!(
        stage(Some(2_000), 500, 10).line("hostnames", true),
        "hostnames: 500 of 2,000 (25%), about 30 s left"
    );
    assert_eq!(
        stage(Some(200), 50, 10).line("hostnames", false),
        "hostnames: 50 of 200 (25%)"
    );
    assert_eq!(
        stage(Some(200), 0, 10).line("hostnames", false),
        "hostnames: 0 of 200 (0%)"
    );
    assert_eq!(
        stage(Some(0), 0, 10).line("hostnames", false),
        "hostnames: 0 so far"
    );
    assert_eq!(stage(None, 7, 10).line("scan", false), "scan: 7 so far");
    assert_eq!(stage(Some(9), 9, 61).end("scan"), "scan: 9 in 1 min 1 s");
}

#[test]
fn a_run_shows_the_time_left_as_soon_as_it_is_known() {
    let mut run = RunProgress {
        began: Instant::now().checked_sub(Duration::from_secs(10)),
        planned: 1_200,
        made: 200,
        ..RunProgress::default()
    };
    assert_eq!(run.line(false), "200 API calls");
    run.whole = true;
    assert_eq!(run.line(false), "200 of 1,200 API calls, about 50 s left");
    assert_eq!(run.line(true), "200 of 1,200 API calls");
    run.next = 2;
    assert_eq!(
        run.line(false),
        "200 of 1,200 API calls, about 50 s left, then 2 more customers"
    );
    run.made = 1_200;
    assert_eq!(run.line(false), "1,200 API calls");
}

#[test]
fn more_steps_than_announced_do_not_panic() {
    assert_eq!(
        stage(Some(2), 3, 10).line("scan", false),
        "scan: 3 of 2 (150%)"
    );
}
