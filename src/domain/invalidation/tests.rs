use super::*;

#[test]
fn marks_name_each_removed_subject_or_everything() {
    let mut marks = Marks::default();
    marks.property("prp_1");
    marks.host("a.b");
    marks.key(b"property:prp_2:hostnames");
    assert_eq!(marks.members(), ["host:a.b", "prp_1", "prp_2"]);
    marks.key(b"groups:all");
    assert_eq!(marks.members(), ["*", "host:a.b", "prp_1", "prp_2"]);
    let mut many = Marks::default();
    (0..MARKS_MAX).for_each(|number| many.host(&number.to_string()));
    many.property("prp_1");
    let members = many.members();
    assert_eq!(members.len(), MARKS_MAX + 1);
    assert_eq!([&*members[0], &*members[MARKS_MAX]], ["*", "prp_1"]);
}

#[test]
fn a_key_is_held_back_by_later_marks_of_its_own_subject() {
    let mut marked = InvalidationTimes::default();
    let mark = |member: &str, at| (member.to_owned(), at);
    marked.extend([mark("prp_1", 10), mark("prp_1", 5), mark("host:a.b", 10)]);
    for (rest, expected) in [
        ("property:prp_1", true),
        ("property:prp_1:rules:v3", true),
        ("property:prp_12", false),
        ("hostname:a.b", true),
        ("hostname:www.a.b", false),
        ("properties:all", true),
    ] {
        let entry = Scheme::parse_entry(rest).unwrap();
        assert_eq!(marked.after(&entry, None, 9), expected, "{rest}");
        assert!(!marked.after(&entry, None, 10), "{rest}");
    }
    let host = Scheme::parse_entry("hostname:c.d").unwrap();
    assert!(marked.after(&host, Some("prp_1"), 9));
    assert!(!marked.after(&host, Some("prp_2"), 9));
    marked.extend([mark("gone:prp_2", 15)]);
    assert!(marked.after(&host, Some("prp_2"), 9));
    marked.extend([mark("*", 20)]);
    assert!(marked.after(&host, None, 19));
}

#[test]
fn a_sample_shows_a_few_keys_of_each_resource_once() {
    let mut sample = MatchedSample::default();
    for number in [1, 2, 3, 4] {
        let rest = format!("property:prp_{number}");
        sample.offer(rest.as_bytes(), &rest);
    }
    sample.offer(b"groups:all", "groups:all");
    let expected = [
        "groups:all",
        "property:prp_1",
        "property:prp_2",
        "property:prp_3",
    ];
    assert_eq!(sample.keys(), expected);
    let numbers: Vec<_> = sample
        .by_word()
        .map(|(word, number, _)| (word, number))
        .collect();
    assert_eq!(numbers, [("groups", 1), ("property", 4)]);
}
