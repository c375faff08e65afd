//! Layout of wide and narrow tables.

use super::*;
use proptest::prelude::*;

#[test]
fn text_is_aligned_left_and_figures_right() {
    let mut rows = Rows::new(&[Column::Text("resource"), Column::Number("stored")]);
    rows.push(["groups", "7"]);
    rows.push(["hostnames", "12345"]);
    assert_eq!(
        rows.text(false, None),
        "RESOURCE   STORED\ngroups          7\nhostnames   12345\n"
    );
}

#[test]
fn lines_have_no_trailing_blanks_and_color_takes_no_room() {
    let mut rows = Rows::new(&[Column::Text("a"), Column::Number("n"), Column::Text("word")]);
    rows.push(["例え", "1", "x"]);
    rows.tone("n", Some(Tone::Bad));
    rows.push(["b", "10", ""]);
    let plain = "A      N  WORD\n例え   1  x\nb     10\n";
    let table = |rows: &Rows, color| rows.arranged(color, &[4, 2, 4]);
    assert_eq!(table(&rows, false), plain);
    let colored = table(&rows, true);
    assert_eq!(console::strip_ansi_codes(&colored), plain);
    assert!(
        colored.contains("\u{1b}[38;5;1m   1\u{1b}[39m"),
        "{colored:?}"
    );
    assert!(colored.contains("\u{1b}[1m  WORD\u{1b}[0m"), "{colored:?}");
    assert_eq!(rows.text(false, Some(80)), plain);
}

#[test]
fn a_column_of_zeros_is_left_out_if_its_report_allows_it() {
    let table = |evicted: &str| {
        let columns = ["node", "keys", "evicted"].map(Column::Whole);
        let mut rows = Rows::new(&columns).unless_zero(&["evicted"]);
        rows.push(["a", "0", "0"]);
        rows.push(["b", "0", evicted]);
        rows.text(false, None)
    };
    assert_eq!(table("-"), "NODE  KEYS\na     0\nb     0\n");
    assert_eq!(
        table("7"),
        "NODE  KEYS  EVICTED\na     0     0\nb     0     7\n"
    );
}

#[test]
fn names_are_shortened_in_a_list_and_whole_in_a_single_row() {
    let mut rows = Rows::new(&[
        Column::Whole("property"),
        Column::Text("name"),
        Column::Whole("group"),
    ])
    .names(&["name"]);
    rows.push(["prp_1", &"x".repeat(72), "grp_10000"]);
    let whole = format!(
        "PROPERTY  prp_1\nNAME\n  {}\nGROUP     grp_10000\n",
        "x".repeat(72)
    );
    assert_eq!(rows.text(false, Some(80)), whole);
    let mut rows = Rows::new(&[
        Column::Whole("property"),
        Column::Text("name"),
        Column::Whole("group"),
    ])
    .names(&["name"]);
    rows.push(["prp_1", &"x".repeat(72), "grp_10000"]);
    rows.push(["prp_2", "y", "grp_10000"]);
    let text = rows.text(false, Some(60));
    let cut = format!("prp_1     {0}…{0}  grp_10000\n", "x".repeat(19));
    assert!(text.contains(&cut), "{text}");
}

#[test]
fn a_long_key_in_a_list_loses_its_middle_and_the_others_are_unchanged() {
    let columns = [
        Column::Whole("key"),
        Column::Whole("type"),
        Column::Number("ttl"),
    ];
    let mut rows = Rows::new(&columns).names(&["key"]).optional(&["type"]);
    rows.push([
        &format!("acme:property:prp_1:{}:rules:v9", "x".repeat(80)),
        "string",
        "4 min",
    ]);
    rows.push(["acme:property:prp_100003:hostnames", "string", "30 min"]);
    assert_eq!(
        rows.text(false, Some(60)),
        "KEY                                           TYPE       TTL\n\
         acme:property:prp_1:xx…xxxxxxxxxxxx:rules:v9  string   4 min\n\
         acme:property:prp_100003:hostnames            string  30 min\n"
    );
}

#[test]
fn a_cell_cannot_break_the_layout() {
    let mut rows = Rows::new(&[Column::Text("key")]);
    rows.push(["::error::a\nb\u{1b}[0m"]);
    assert_eq!(rows.text(false, None), "KEY\n\\::error::a\\nb\\u{1b}[0m\n");
}

#[test]
fn without_a_terminal_no_line_is_wrapped() {
    let mut rows = Rows::new(&[Column::Text("key")]);
    rows.push(["x".repeat(500)]);
    assert_eq!(rows.text(false, None).lines().count(), 2);
}

fn deeds() -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("when"),
        Column::Text("who"),
        Column::Number("keys"),
        Column::Text("command"),
    ])
    .optional(&["who"]);
    rows.push([
        "27 Nov 09:12",
        "op@vm",
        "-12",
        "invalidate prp_12 --cascade --refill",
    ]);
    rows
}

#[test]
fn a_table_that_fits_has_all_columns() {
    assert_eq!(
        deeds().text(false, Some(80)),
        "WHEN          WHO    KEYS  COMMAND\n27 Nov 09:12  op@vm   -12  invalidate prp_12 --cascade --refill\n"
    );
}

#[test]
fn a_table_that_is_too_wide_wraps_at_blanks_and_leaves_out_optional_columns() {
    assert_eq!(
        deeds().text(false, Some(60)),
        "WHEN          WHO    KEYS  COMMAND\n27 Nov 09:12  op@vm   -12  invalidate prp_12 --cascade\n                           --refill\n"
    );
    let mut rows = deeds();
    rows.push(["27 Nov 09:12", "somebody-else@a-machine", "1", "undo"]);
    assert_eq!(
        rows.text(false, Some(60)),
        "WHEN          KEYS  COMMAND\n27 Nov 09:12   -12  invalidate prp_12 --cascade --refill\n27 Nov 09:12     1  undo\n"
    );
}

#[test]
fn on_a_narrow_terminal_a_row_is_a_block() {
    assert_eq!(
        deeds().text(false, Some(40)),
        "WHEN     27 Nov 09:12\nWHO      op@vm\nKEYS     -12\nCOMMAND  invalidate prp_12 --cascade\n         --refill\n"
    );
    let mut rows = deeds();
    rows.push(["x", "-", "1", ""]);
    let text = rows.text(false, Some(40));
    assert!(
        text.ends_with("--refill\n\nWHEN     x\nKEYS     1\n"),
        "{text}"
    );
}

#[test]
fn a_value_without_blanks_is_cut_if_its_report_allows_it() {
    let mut rows = Rows::new(&[Column::Text("field"), Column::Text("value")]).shortened(&["value"]);
    rows.push(["a.example", &"例".repeat(100)]);
    let text = rows.text(false, Some(80));
    assert_eq!(
        text,
        format!("FIELD      VALUE\na.example  {}…\n", "例".repeat(34))
    );
}

proptest! {
    #[test]
    fn no_word_is_broken_at_any_width(
        cells in prop::collection::vec(prop::collection::vec("[a-z]{1,9}( [a-z]{1,9}){0,4}", 3), 1..6),
        width in 1u16..120,
    ) {
        let columns = [Column::Text("key"), Column::Whole("n"), Column::Text("a b")];
        let mut rows = Rows::new(&columns).optional(&["key"]);
        for row in &cells {
            rows.push(row);
        }
        let text = rows.text(false, Some(width));
        for line in &cells {
            for word in line.iter().skip(1).flat_map(|cell| cell.split(' ')) {
                prop_assert!(text.split_whitespace().any(|shown| shown == word), "{} in {}", word, text);
            }
        }
        if width >= 60 {
            prop_assert!(text.lines().all(|line| line.len() <= usize::from(width)), "{}", text);
        }
    }
}
