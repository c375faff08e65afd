use super::*;

fn outcome(removed: u64, names: u64) -> InvalidationOutcome {
    let acme = Customer::new("acme").unwrap();
    let mut outcome = InvalidationOutcome {
        bytes: 142_336,
        bytes_exact: true,
        ..InvalidationOutcome::default()
    };
    outcome.matched.add(0, Some(&acme), removed);
    outcome.removed.add(0, Some(&acme), removed);
    outcome.fields_of.insert(acme, names);
    outcome
}

#[track_caller]
fn assert_sentences(outcome: &InvalidationOutcome, refilled: u64, expected: [&str; 2]) {
    let customers = [Customer::new("acme").unwrap()];
    let shown = Invalidated {
        outcome,
        dry_run: false,
        explain: None,
        targets: vec!["prp_123".into()],
        refill_calls: 2,
        refilled,
        also_removed: 0,
        cut_short: false,
        customers: &customers,
        not_manageable: &[],
    };
    let sentences = [shown.done("h:1", "41 ms"), shown.planned("h:1")];
    assert_eq!(sentences, expected);
}

#[test]
fn a_removal_and_its_plan_are_reported_in_a_sentence() {
    assert_sentences(
        &outcome(1_400, 4),
        0,
        [
            "Removed 1,400 keys and 4 host names of acme (h:1, 41 ms)",
            "Would remove 1,400 keys (139 KiB) and 4 host names of acme (h:1); nothing was removed; \
             fetching them again takes up to 2 API calls",
        ],
    );
    assert_sentences(
        &outcome(1, 0),
        1,
        [
            "Removed 1 key of acme; 1 key fetched and stored again (h:1, 41 ms)",
            "Would remove 1 key (139 KiB) of acme (h:1); nothing was removed; fetching them again \
             takes up to 2 API calls",
        ],
    );
    assert_sentences(
        &outcome(0, 0),
        0,
        [
            "Nothing to remove: no key of acme matches (h:1, 41 ms)",
            "Nothing to remove: no key of acme matches (h:1)",
        ],
    );
}
