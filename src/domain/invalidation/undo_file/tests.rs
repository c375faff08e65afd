use super::*;
use proptest::prelude::*;

fn record() -> impl Strategy<Value = UndoRecord> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        (
            bytes(),
            prop::option::of(1u64..),
            bytes(),
            prop::option::of(bytes()),
            any::<bool>()
        )
            .prop_map(|(key, expires, dump, value, early)| {
                let saved = SavedKey {
                    dump,
                    expires,
                    value,
                };
                UndoRecord::Key { key, saved, early }
            }),
        (bytes(), prop::option::of(1u64..), bytes(), bytes()).prop_map(
            |(key, expires, name, value)| {
                let field = SavedField {
                    name,
                    value,
                    expires,
                };
                UndoRecord::Field { key, field }
            }
        ),
    ]
}

fn read(block: &[u8]) -> Result<Vec<UndoRecord>, UndoFileError> {
    let (head, payload) = block.split_first_chunk().unwrap();
    BlockHead::parse(*head)?.records(payload)
}

fn header_of(endpoint: &str) -> UndoHeader {
    let marked = BTreeMap::from([("acme".to_owned(), 12)]);
    let (endpoint, prefix) = (endpoint.into(), "akamai:".into());
    UndoHeader::new("x".into(), 1, endpoint, prefix, marked, "c".into())
}

#[test]
fn a_header_reads_back_and_another_format_is_refused() {
    let header = header_of("e");
    let line = header.line();
    assert_eq!(UndoHeader::parse(&line), Ok(header));
    let other = String::from_utf8(line).unwrap().replace("undo/1", "undo/2");
    assert_eq!(
        UndoHeader::parse(other.as_bytes()),
        Err(UndoFileError("it has another form"))
    );
    assert!(UndoHeader::parse(b"{}").is_err());
}

proptest! {
    #[test]
    fn records_read_back_unchanged(records in prop::collection::vec(record(), 1..8)) {
        prop_assert_eq!(read(&block(&records).unwrap()), Ok(records));
    }

    #[test]
    fn a_changed_byte_is_noticed(
        records in prop::collection::vec(record(), 1..4),
        at in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        let mut block = block(&records).unwrap();
        let at = at.index(block.len());
        block[at] ^= flip;
        prop_assert!(read(&block).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(block in prop::collection::vec(any::<u8>(), HEAD..200)) {
        let _ = read(&block);
        let _ = UndoHeader::parse(&block);
    }
}

#[test]
fn one_address_in_common_shows_the_same_servers() {
    for (from, endpoint, same) in [
        ("redis://h:1/0", "redis://h:1/0", true),
        ("redis://h:1/0", "redis://h:1/1", false),
        ("cluster://a:1,b:2", "cluster://b:2", true),
        ("cluster://a:1,b:2", "cluster://c:3", false),
        ("cluster://a:1", "redis://a:1/0", false),
        ("sentinel://main@a:1,b:2", "sentinel://main@c:3,b:2", true),
        ("sentinel://main@a:1", "sentinel://other@a:1", false),
        ("sentinel://main@a:1/1", "sentinel://main@a:1", false),
        ("sentinel://main@a:1/1", "sentinel://main@b:2,a:1/1", true),
    ] {
        let is_same = header_of(from).is_from(endpoint);
        assert_eq!(is_same, same, "{from} {endpoint}");
    }
}
