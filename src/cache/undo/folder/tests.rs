//! The undo folder: ownership, retention, and reading damaged files.

use super::*;
use crate::domain::invalidation::undo_file::{SavedField, block};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;

fn header(id: &str) -> UndoHeader {
    let marked = BTreeMap::from([("acme".to_owned(), 1)]);
    UndoHeader::new(
        id.into(),
        5,
        "e".into(),
        "akamai:".into(),
        marked,
        "c".into(),
    )
}

fn field(name: &str) -> UndoRecord {
    UndoRecord::Field {
        key: b"k".to_vec(),
        field: SavedField {
            name: name.into(),
            value: b"v".to_vec(),
            expires: None,
        },
    }
}

#[test]
fn a_file_that_was_cut_short_is_good_up_to_its_last_whole_block() {
    let state = tempfile::tempdir().unwrap();
    let folder = UndoFolder::below(state.path());
    let mut file = folder.create(&header("a-1")).unwrap();
    file.write_all(&header("a-1").line()).unwrap();
    file.write_all(&block(&[field("a"), field("b")]).unwrap())
        .unwrap();
    let cut = block(&[field("c")]).unwrap();
    file.write_all(&cut[..cut.len() - 1]).unwrap();
    let kept = folder.find("a-1").unwrap().unwrap();
    assert_eq!((kept.records, &kept.header), (2, &header("a-1")));
    let mut records = kept.records().unwrap();
    assert_eq!(
        records.next_block().unwrap(),
        Some(vec![field("a"), field("b")])
    );
    assert_eq!(records.next_block().unwrap(), None);
}

#[test]
fn undo_files_are_private_and_no_name_leaves_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let state = tempfile::tempdir().unwrap();
    let folder = UndoFolder::below(&state.path().join("deep"));
    let file = folder.create(&header("a-1")).unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let made = fs::metadata(state.path().join("deep/undo")).unwrap();
    assert_eq!(made.permissions().mode() & 0o777, 0o700);
    for id in ["", "../a-1", "a/b", "a.undo", "missing"] {
        assert!(folder.find(id).unwrap().is_none(), "{id}");
    }
    assert!(folder.limit().unwrap() <= ONE);
}

#[test]
fn old_files_are_removed_when_a_new_one_is_made() {
    let state = tempfile::tempdir().unwrap();
    let folder = UndoFolder::below(state.path());
    let old = folder.create(&header("old")).unwrap();
    old.set_modified(SystemTime::now() - 2 * AGE).unwrap();
    folder.create(&header("new")).unwrap();
    let names: Vec<_> = folder
        .paths()
        .unwrap()
        .iter()
        .map(|p| p.file_stem().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["new"]);
}

#[test]
fn the_oldest_files_are_removed_when_all_together_exceed_the_limit() {
    let state = tempfile::tempdir().unwrap();
    let folder = UndoFolder::below(state.path());
    for (id, hours, bytes) in [
        ("c", 3, TOTAL / 2),
        ("a", 1, TOTAL / 2),
        ("b", 2, TOTAL / 2),
    ] {
        let file = folder.create(&header(id)).unwrap();
        // Sparse files take no disk space.
        file.set_len(bytes).unwrap();
        let at = SystemTime::now() - Duration::from_hours(hours);
        file.set_modified(at).unwrap();
    }
    folder.create(&header("new")).unwrap();
    let mut names: Vec<_> = folder
        .paths()
        .unwrap()
        .iter()
        .map(|path| path.file_stem().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["a", "b", "new"]);
}

proptest! {
    #[test]
    fn only_whole_blocks_before_the_damage_of_a_file_are_read(
        sizes in prop::collection::vec(1..4usize, 0..5),
        at in any::<prop::sample::Index>(),
        flip in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let state = tempfile::tempdir().unwrap();
        let folder = UndoFolder::below(state.path());
        let mut file = folder.create(&header("a-1")).unwrap();
        let mut bytes = header("a-1").line();
        let mut written = Vec::new();
        for (number, size) in sizes.into_iter().enumerate() {
            let records: Vec<_> = (0..size).map(|at| field(&format!("{number}-{at}"))).collect();
            bytes.extend(block(&records).unwrap());
            written.push(records);
        }
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= flip;
        }
        file.write_all(&bytes).unwrap();
        let Ok(Some(kept)) = folder.find("a-1") else { return Ok(()) };
        let Ok(mut records) = kept.records() else { return Ok(()) };
        let mut read = Vec::new();
        while let Ok(Some(block)) = records.next_block() {
            read.push(block);
        }
        prop_assert!(written.starts_with(&read), "{:?}", read);
    }
}
