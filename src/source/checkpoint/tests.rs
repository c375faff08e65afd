use super::*;

fn start() -> CheckpointHeader {
    CheckpointHeader {
        since: 7,
        before: Vec::new(),
        of: "here".into(),
    }
}

fn begun(folder: &Path, former: Option<CheckpointHeader>, since: u64) -> Checkpoint {
    let run = Checkpoint::new(folder, "acme", "here".into(), former);
    run.begin(since, Vec::new());
    run
}

#[test]
fn a_torn_line_is_cut_off_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let first = begun(folder.path(), None, 7);
    first.keep("GET /a", 200, None, r#"{"n":1}"#);
    first.keep("GET /b", 403, None, "{}");
    let refused = "GET /papi/v1/properties?contractId=ctr_1&groupId=grp_1";
    first.keep(refused, 403, None, "{}");
    let mut file = OpenOptions::new().append(true).open(&first.path).unwrap();
    file.write_all(br#"{"version":1,"customer":"ac"#).unwrap();
    assert_eq!(Checkpoint::left(folder.path(), "acme"), Some(start()));
    assert_eq!(Checkpoint::left(folder.path(), "beta"), None);
    let next = begun(folder.path(), Some(start()), 7);
    assert_eq!(next.answer("GET /a").unwrap().body, r#"{"n":1}"#);
    assert!(next.answer("GET /b").is_none(), "a refusal is asked again");
    assert!(next.answer(refused).is_some(), "but not of a list");
    next.keep("GET /c", 200, None, "[]");
    let last = begun(folder.path(), Some(start()), 7);
    assert!(last.answer("GET /a").is_some() && last.answer("GET /c").is_some());
    last.remove();
    assert_eq!(Checkpoint::left(folder.path(), "acme"), None);
}

#[test]
fn what_was_received_before_the_moment_that_counts_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    begun(folder.path(), None, 7).keep("GET /a", 200, None, "{}");
    let next = Checkpoint::new(folder.path(), "acme", "here".into(), Some(start()));
    assert!(next.answer("GET /a").is_none(), "the run has not begun");
    next.begin(7, Vec::new());
    assert!(next.answer("GET /a").is_some());
    next.begin(9, Vec::new());
    assert!(next.answer("GET /a").is_none());
    let left = Checkpoint::left(folder.path(), "acme").unwrap();
    assert_eq!(left.since, 9);
}

#[test]
fn a_file_of_another_run_or_one_that_others_may_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let first = begun(folder.path(), None, 7);
    first.keep("GET /a", 200, None, "{}");
    let about = fs::metadata(&first.path).unwrap();
    assert_eq!(about.mode() & 0o777, 0o600);
    fs::set_permissions(&first.path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(Checkpoint::left(folder.path(), "acme"), None);
    fs::set_permissions(&first.path, fs::Permissions::from_mode(0o600)).unwrap();
    let other = CheckpointHeader {
        since: 8,
        ..start()
    };
    let next = begun(folder.path(), Some(other.clone()), 8);
    assert!(next.answer("GET /a").is_none());
    assert_eq!(Checkpoint::left(folder.path(), "acme"), Some(other));
}
