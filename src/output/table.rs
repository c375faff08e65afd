//! One style for all tables: a heading, columns, no lines; numbers to the right.
//!
//! On a terminal no word is broken. A table that is too wide first loses the columns that its report
//! can do without, then wraps at blanks; where that is not enough, or the terminal has fewer than 60
//! columns, each row becomes a block of lines.

use super::escape::escape;
use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width,
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Terminals with fewer columns than this get blocks, unless the whole table fits.
const NARROW: usize = 60;

/// A column of running text is made no narrower than this before others are left out.
const READABLE: usize = 28;

/// A column that may be shortened keeps at least this width.
const SHORTEST: usize = 16;

/// Blanks between two columns.
const GAP: usize = 2;

/// A column and how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// Words, to the left; wrapped at blanks.
    Text(&'static str),
    /// Text that stays on one line, to the left: an id, a time.
    Whole(&'static str),
    /// Figures, to the right; on one line.
    Number(&'static str),
}

/// A table that grows row by row. Every cell is escaped.
#[derive(Debug)]
pub(crate) struct Rows {
    columns: Vec<Column>,
    cells: Vec<Vec<String>>,
    optional: Vec<&'static str>,
    shortened: Vec<&'static str>,
}

impl Rows {
    /// An empty table.
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            cells: Vec::new(),
            optional: Vec::new(),
            shortened: Vec::new(),
        }
    }

    /// Names the columns that a narrow terminal leaves out, the first one first.
    pub(crate) fn optional(mut self, columns: &[&'static str]) -> Self {
        self.optional = columns.to_vec();
        self
    }

    /// Names the columns whose cells a terminal shows in one line, cut with `…` where they are too long:
    /// JSON, for one, has no blanks to wrap it at.
    pub(crate) fn shortened(mut self, columns: &[&'static str]) -> Self {
        self.shortened = columns.to_vec();
        self
    }

    /// Adds a row; a cell for each column.
    pub(crate) fn push<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().zip(&self.columns);
        let row = cells.map(|(text, _)| escape(text.as_ref()).into_owned());
        self.cells.push(row.collect());
    }

    /// Whether no row was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The text. `width` columns wide at most, where a terminal sets a limit and no word is longer.
    pub(super) fn text(self, color: bool, width: Option<u16>) -> String {
        if let Some(width) = width {
            return self.fitted(color, usize::from(width));
        }
        if !color && self.cells.iter().flatten().all(|cell| cell.is_ascii()) {
            self.plain()
        } else {
            self.arranged(color, None)
        }
    }

    /// The text where every character is one column wide and no line has an end. A list of ten thousand
    /// properties is not to take longer to be set than to be read.
    fn plain(&self) -> String {
        let heading: Vec<String> = self.columns.iter().map(Column::heading).collect();
        let lines = || std::iter::once(&heading).chain(&self.cells);
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
                    Column::Text(_) | Column::Whole(_) => (0, room),
                    Column::Number(_) => (room, 0),
                };
                let between = if place == 0 { 0 } else { GAP };
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

    /// The text for a terminal of this width.
    fn fitted(&self, color: bool, width: usize) -> String {
        let sizes = self.sizes();
        if total(&sizes, |size| size.natural) <= width {
            return self.arranged(color, None);
        }
        if width < NARROW {
            return self.blocks(color, width);
        }
        let mut kept: Vec<usize> = (0..self.columns.len()).collect();
        let of = |kept: &[usize]| -> Vec<Size> {
            kept.iter()
                .filter_map(|at| sizes.get(*at).copied())
                .collect()
        };
        for name in &self.optional {
            if total(&of(&kept), Size::readable) <= width {
                break;
            }
            kept.retain(|at| {
                self.columns
                    .get(*at)
                    .is_none_or(|column| column.name() != *name)
            });
        }
        let sizes = of(&kept);
        if total(&sizes, |size| size.least) > width {
            return self.blocks(color, width);
        }
        let table = Self {
            columns: pick(&self.columns, &kept),
            cells: self.cells.iter().map(|row| pick(row, &kept)).collect(),
            optional: Vec::new(),
            shortened: self.shortened.clone(),
        };
        table.arranged(color, Some(&shares(&sizes, width)))
    }

    /// What each column needs.
    fn sizes(&self) -> Vec<Size> {
        let size = |(at, column): (usize, &Column)| {
            let heading = column.name().width();
            let cells = || self.cells.iter().filter_map(move |row| row.get(at));
            let natural = cells().map(|cell| cell.width()).max();
            let natural = natural.unwrap_or_default().max(heading);
            let words = cells().flat_map(|cell| cell.split(' '));
            let word = words.map(UnicodeWidthStr::width).max();
            let least = match column {
                Column::Number(_) | Column::Whole(_) => natural,
                Column::Text(name) if self.shortened.contains(name) => natural.min(SHORTEST),
                Column::Text(_) => word.unwrap_or_default(),
            };
            Size {
                natural,
                least: least.max(heading),
            }
        };
        self.columns.iter().enumerate().map(size).collect()
    }

    /// A table with columns of these widths, or of their own.
    fn arranged(&self, color: bool, widths: Option<&[usize]>) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(self.columns.iter().map(|column| {
            aligned(*column, Cell::new(column.heading())).add_attribute(Attribute::Bold)
        }));
        for row in &self.cells {
            let cells = row.iter().zip(&self.columns).enumerate();
            let cells = cells.map(|(at, (text, column))| {
                let width = widths.and_then(|widths| widths.get(at));
                let width = width.filter(|_| self.shortened.contains(&column.name()));
                let text = width.map_or_else(|| text.clone(), |width| cut(text, *width));
                aligned(*column, Cell::new(text))
            });
            table.add_row(cells.collect::<Vec<_>>());
        }
        table.set_content_arrangement(match widths {
            Some(_) => ContentArrangement::Dynamic,
            None => ContentArrangement::Disabled,
        });
        for (at, width) in widths.unwrap_or_default().iter().enumerate() {
            let padding = if at == 0 { 1 } else { GAP };
            let width = u16::try_from(width + padding).unwrap_or(u16::MAX);
            if let Some(column) = table.column_mut(at) {
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        finished(table, color, self.columns.is_empty())
    }

    /// Each row as lines of heading and value, with an empty line between two rows.
    fn blocks(&self, color: bool, width: usize) -> String {
        let headings = self.columns.iter().map(|column| column.name().width());
        let label = headings.max().unwrap_or_default();
        let mut texts = Vec::new();
        for row in &self.cells {
            let mut table = Table::new();
            table.load_style(NOTHING);
            let mut word = 1;
            for (text, column) in row.iter().zip(&self.columns) {
                if text.is_empty() || text == "-" {
                    continue;
                }
                let room = width.saturating_sub(label + GAP).max(1);
                let text = if self.shortened.contains(&column.name()) {
                    cut(text, room)
                } else {
                    text.clone()
                };
                word = text
                    .split(' ')
                    .map(UnicodeWidthStr::width)
                    .fold(word, usize::max);
                let heading = Cell::new(column.heading()).add_attribute(Attribute::Bold);
                table.add_row([heading, Cell::new(text)]);
            }
            table.set_content_arrangement(ContentArrangement::Dynamic);
            let value = width.saturating_sub(label + GAP).max(word);
            for (at, width) in [label + 1, value + GAP].into_iter().enumerate() {
                let width = u16::try_from(width).unwrap_or(u16::MAX);
                if let Some(column) = table.column_mut(at) {
                    column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
                }
            }
            texts.push(finished(table, color, false));
        }
        texts.join("\n")
    }
}

/// What a column needs, in columns of the terminal.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// With nothing wrapped.
    natural: usize,
    /// With no word broken.
    least: usize,
}

impl Size {
    /// With text wrapped only so far that it can be read.
    fn readable(&self) -> usize {
        self.least.max(self.natural.min(READABLE))
    }
}

fn total(sizes: &[Size], of: impl Fn(&Size) -> usize) -> usize {
    let gaps = GAP * sizes.len().saturating_sub(1);
    sizes.iter().map(of).sum::<usize>() + gaps
}

/// The widths of columns that need wrapping to fit: the widest one yields first.
fn shares(sizes: &[Size], width: usize) -> Vec<usize> {
    let mut shares: Vec<Size> = sizes.to_vec();
    while total(&shares, |size| size.natural) > width {
        let yielding = shares.iter_mut().filter(|size| size.natural > size.least);
        let Some(widest) = yielding.max_by_key(|size| size.natural) else {
            break;
        };
        widest.natural -= 1;
    }
    shares.iter().map(|size| size.natural).collect()
}

fn pick<T: Clone>(all: &[T], kept: &[usize]) -> Vec<T> {
    kept.iter().filter_map(|at| all.get(*at).cloned()).collect()
}

/// The text in at most so many columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or_default();
        if used > width {
            break;
        }
        shown.push(c);
    }
    shown.push('…');
    shown
}

fn finished(mut table: Table, color: bool, empty: bool) -> String {
    if color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    // The outermost columns need no room beside them.
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    if empty {
        return String::new();
    }
    let lines = table.lines();
    lines
        .flat_map(|line| [line.trim_end().to_owned(), "\n".into()])
        .collect()
}

impl Column {
    fn name(&self) -> &'static str {
        let (Self::Text(name) | Self::Whole(name) | Self::Number(name)) = self;
        name
    }

    fn heading(&self) -> String {
        self.name().to_uppercase()
    }
}

fn aligned(column: Column, cell: Cell) -> Cell {
    match column {
        Column::Text(_) | Column::Whole(_) => cell,
        Column::Number(_) => cell.set_alignment(CellAlignment::Right),
    }
}

#[cfg(test)]
mod tests;
