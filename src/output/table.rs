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
    table: Table,
}

impl Rows {
    /// An empty table.
    #[must_use]
    pub fn new(columns: &[Column]) -> Self {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(columns.iter().map(|column| {
            let (Column::Text(name) | Column::Number(name)) = column;
            aligned(*column, Cell::new(name.to_uppercase())).add_attribute(Attribute::Bold)
        }));
        Self {
            columns: columns.to_vec(),
            table,
        }
    }

    /// Adds a row; a cell for each column.
    pub fn push<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().zip(&self.columns);
        let row: Vec<Cell> = cells
            .map(|(text, column)| aligned(*column, Cell::new(escape(text.as_ref()))))
            .collect();
        self.table.add_row(row);
    }

    /// Whether no row was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The text. `width` columns wide at most, where a terminal sets a limit.
    pub(super) fn text(mut self, color: bool, width: Option<u16>) -> String {
        match width {
            Some(width) => {
                self.table.set_width(width);
                self.table
                    .set_content_arrangement(ContentArrangement::Dynamic);
            }
            None => {
                self.table
                    .set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        if color {
            self.table.enforce_styling();
        } else {
            self.table.force_no_tty();
        }
        // The outermost columns need no room beside them.
        if let Some(first) = self.table.column_mut(0) {
            first.set_padding((0, 1));
        }
        let mut text: String = self
            .table
            .lines()
            .flat_map(|line| [line.trim_end().to_owned(), "\n".into()])
            .collect();
        if self.columns.is_empty() {
            text.clear();
        }
        text
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
