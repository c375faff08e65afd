//! One style for all tables: a heading, columns, no lines; numbers to the right.

use super::escape::escape;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};

/// A column and how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Words, to the left.
    Text(&'static str),
    /// Figures, to the right.
    Number(&'static str),
}

/// A table that grows row by row. Every cell is escaped.
#[derive(Debug)]
pub struct Rows {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// An empty table.
    #[must_use]
    pub fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; a cell for each column.
    pub fn push<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().zip(&self.columns);
        let row = cells.map(|(text, _)| escape(text.as_ref()).into_owned());
        self.rows.push(row.collect());
    }

    /// Whether no row was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text. `width` columns wide at most, where a terminal sets a limit.
    pub(super) fn text(self, color: bool, width: Option<u16>) -> String {
        let plain = width.is_none() && !color;
        if plain && self.rows.iter().flatten().all(|cell| cell.is_ascii()) {
            self.plain()
        } else {
            self.arranged(color, width)
        }
    }

    /// The text where every character is one column wide and no line has an end. A list of ten thousand
    /// properties is not to take longer to be set than to be read.
    fn plain(&self) -> String {
        let heading: Vec<String> = self.columns.iter().map(Column::heading).collect();
        let lines = || std::iter::once(&heading).chain(&self.rows);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|place| {
                let cells = lines().filter_map(|line| line.get(place));
                cells.map(String::len).max().unwrap_or_default()
            })
            .collect();
        let mut text = String::new();
        for line in lines() {
            let begun = text.len();
            for ((place, column), width) in self.columns.iter().enumerate().zip(&widths) {
                let cell = line.get(place).map_or("", String::as_str);
                let room = width.saturating_sub(cell.len());
                let (left, right) = match column {
                    Column::Text(_) => (0, room),
                    Column::Number(_) => (room, 0),
                };
                let between = if place == 0 { 0 } else { 2 };
                text.extend(std::iter::repeat_n(' ', between + left));
                text.push_str(cell);
                text.extend(std::iter::repeat_n(' ', right));
            }
            let end = text.trim_end().len().max(begun);
            text.truncate(end);
            if !self.columns.is_empty() {
                text.push('\n');
            }
        }
        text
    }

    fn arranged(&self, color: bool, width: Option<u16>) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(self.columns.iter().map(|column| {
            aligned(*column, Cell::new(column.heading())).add_attribute(Attribute::Bold)
        }));
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns);
            let cells = cells.map(|(text, column)| aligned(*column, Cell::new(text)));
            table.add_row(cells.collect::<Vec<_>>());
        }
        match width {
            Some(width) => {
                table.set_width(width);
                table.set_content_arrangement(ContentArrangement::Dynamic);
            }
            None => {
                table.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        if color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        // The outermost columns need no room beside them.
        if let Some(first) = table.column_mut(0) {
            first.set_padding((0, 1));
        }
        let mut text: String = table
            .lines()
            .flat_map(|line| [line.trim_end().to_owned(), "\n".into()])
            .collect();
        if self.columns.is_empty() {
            text.clear();
        }
        text
    }
}

impl Column {
    fn heading(&self) -> String {
        let (Self::Text(name) | Self::Number(name)) = self;
        name.to_uppercase()
    }
}

fn aligned(column: Column, cell: Cell) -> Cell {
    match column {
        Column::Text(_) => cell,
        Column::Number(_) => cell.set_alignment(CellAlignment::Right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stand_to_the_left_and_figures_to_the_right() {
        let mut rows = Rows::new(&[Column::Text("resource"), Column::Number("stored")]);
        rows.push(["groups", "7"]);
        rows.push(["hostnames", "12345"]);
        assert_eq!(
            rows.text(false, None),
            "RESOURCE   STORED\ngroups          7\nhostnames   12345\n"
        );
    }

    proptest! {
        #[test]
        fn plain_text_looks_as_it_would_if_it_were_arranged(
            cells in prop::collection::vec(prop::collection::vec("[ -~]{0,12}", 3), 0..8),
        ) {
            let columns = [Column::Text("key"), Column::Number("n"), Column::Text("a b")];
            let mut rows = Rows::new(&columns);
            for row in &cells {
                rows.push(row);
            }
            prop_assert_eq!(rows.plain(), rows.arranged(false, None));
        }
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_place() {
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

    #[test]
    fn on_a_narrow_terminal_cells_are_wrapped_to_fit() {
        let mut rows = Rows::new(&[Column::Text("key"), Column::Text("value")]);
        rows.push(["a", &"x ".repeat(100)]);
        assert!(
            rows.text(false, Some(40))
                .lines()
                .all(|line| line.len() <= 40)
        );
    }
}
