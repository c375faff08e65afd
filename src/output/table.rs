//! The style of all tables: a heading, columns without rules, numbers aligned right.
//!
//! On a terminal no word is broken. A table that is too wide first loses the optional columns of its report, then wraps
//! at blanks and shortens names. If that is not enough, or the terminal has fewer than 60 columns, each row becomes a
//! block of lines.

use super::escape::escape;
use super::human;
use super::tone::Tone;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};
use console::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Terminals with fewer columns than this get blocks, unless the whole table fits.
const NARROW: usize = 60;

/// Minimum width of a text column before optional columns are left out.
const READABLE: usize = 28;

/// Minimum width of a column that may be shortened.
const SHORTEST: usize = 16;

/// A host name or key of up to this width is shortened only if no other column can be left out.
const WHOLE: usize = 40;

/// Blanks between two columns.
const GAP: usize = 2;

/// A column and its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// Text, aligned left and wrapped at blanks.
    Text(&'static str),
    /// Text on one line, aligned left: an id, a time.
    Whole(&'static str),
    /// Figures on one line, aligned right.
    Number(&'static str),
}

/// Text of a cell with its tone.
#[derive(Debug, Clone)]
struct TonedText {
    text: String,
    tone: Option<Tone>,
}

/// A table that grows row by row. Every cell is escaped.
#[derive(Debug)]
pub(crate) struct Rows {
    columns: Vec<Column>,
    cells: Vec<Vec<TonedText>>,
    optional: Vec<&'static str>,
    shortened: Vec<&'static str>,
    names: Vec<&'static str>,
    unless_zero: Vec<&'static str>,
}

impl Rows {
    /// Creates an empty table.
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            cells: Vec::new(),
            optional: Vec::new(),
            shortened: Vec::new(),
            names: Vec::new(),
            unless_zero: Vec::new(),
        }
    }

    /// Sets the columns that a narrow terminal leaves out, in this order.
    pub(crate) fn optional(mut self, columns: &[&'static str]) -> Self {
        self.optional = columns.to_vec();
        self
    }

    /// Sets the columns whose cells stay on one line on a terminal, cut with `…` if they are too long. JSON, for example,
    /// has no blanks to wrap at.
    pub(crate) fn shortened(mut self, columns: &[&'static str]) -> Self {
        self.shortened = columns.to_vec();
        self
    }

    /// Sets the columns for names, host names and keys. Their long words are shortened in the middle if there are several
    /// rows, because otherwise every row would become a block; a single row shows them whole.
    pub(crate) fn names(mut self, columns: &[&'static str]) -> Self {
        self.names = columns.to_vec();
        self
    }

    /// Sets the columns that are left out if all their cells are zero or empty.
    pub(crate) fn unless_zero(mut self, columns: &[&'static str]) -> Self {
        self.unless_zero = columns.to_vec();
        self
    }

    /// Adds a row, one cell per column.
    pub(crate) fn push<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().zip(&self.columns);
        let row = cells.map(|(text, _)| TonedText {
            text: escape(text.as_ref()).into_owned(),
            tone: None,
        });
        self.cells.push(row.collect());
    }

    /// Sets the tone of a column in the last row, which is its color if color is used.
    pub(crate) fn tone(&mut self, column: &str, tone: Option<Tone>) {
        let at = self.columns.iter().position(|one| one.name() == column);
        let row = self.cells.last_mut().zip(at);
        if let Some(cell) = row.and_then(|(row, at)| row.get_mut(at)) {
            cell.tone = tone;
        }
    }

    /// Returns true if the table has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Formats the table. `width` limits it, unless a word is longer.
    pub(super) fn text(mut self, color: bool, width: Option<u16>) -> String {
        let zero = |cell: &TonedText| ["", "-", "0", "0 B"].contains(&cell.text.as_str());
        let kept = |at: usize, column: &Column| {
            !self.unless_zero.contains(&column.name())
                || self.cells.iter().any(|row| !row.get(at).is_none_or(zero))
        };
        let columns = self.columns.iter().enumerate();
        let kept = columns.filter(|(at, column)| kept(*at, column));
        let kept: Vec<usize> = kept.map(|(at, _)| at).collect();
        self.keep(&kept);
        let all: Vec<usize> = self.sizes().iter().map(|size| size.natural).collect();
        match width.map(usize::from) {
            Some(width) if sum(&all) > width => self.fitted(color, width),
            _ => self.arranged(color, &all),
        }
    }

    /// Removes all other columns.
    fn keep(&mut self, kept: &[usize]) {
        self.columns = pick(&self.columns, kept);
        self.cells = self.cells.iter().map(|row| pick(row, kept)).collect();
    }

    /// Formats the table for a terminal that is too narrow for it.
    fn fitted(mut self, color: bool, width: usize) -> String {
        if width < NARROW {
            return self.blocks(color, width);
        }
        let sizes = self.sizes();
        let mut kept: Vec<usize> = (0..self.columns.len()).collect();
        let of = |kept: &[usize]| pick(&sizes, kept);
        for name in &self.optional {
            if total(&of(&kept), |size| size.readable) <= width {
                break;
            }
            let other = |at: &usize| self.columns.get(*at).is_none_or(|one| one.name() != *name);
            kept.retain(other);
        }
        let sizes = of(&kept);
        if total(&sizes, |size| size.least) > width {
            return self.blocks(color, width);
        }
        self.keep(&kept);
        self.arranged(color, &shares(&sizes, width))
    }

    /// Widths that the columns need.
    fn sizes(&self) -> Vec<Size> {
        let size = |(at, column): (usize, &Column)| {
            let heading = column.name().width();
            let cells = || self.cells.iter().filter_map(move |row| row.get(at));
            let natural = cells().map(|cell| cell.text.width()).max();
            let natural = natural.unwrap_or_default().max(heading);
            let words = || cells().flat_map(|cell| cell.text.split(' '));
            let whole = match column {
                Column::Number(_) | Column::Whole(_) => natural,
                Column::Text(_) => words().map(UnicodeWidthStr::width).max().unwrap_or(0),
            };
            let name = self.names.contains(&column.name()) && self.cells.len() > 1;
            let shortened = name || self.shortened.contains(&column.name());
            let least = if shortened {
                whole.min(SHORTEST)
            } else {
                whole
            };
            let readable = match column {
                Column::Whole(_) if name => WHOLE,
                _ => READABLE,
            };
            let least = least.max(heading);
            Size {
                natural,
                least,
                readable: least.max(natural.min(readable)),
            }
        };
        self.columns.iter().enumerate().map(size).collect()
    }

    /// Formats a table with columns of these widths.
    fn arranged(&self, color: bool, widths: &[usize]) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        let headings = self.columns.iter().map(|column| {
            let cell = Cell::new(column.heading()).add_attribute(Attribute::Bold);
            cell.set_alignment(column.alignment())
        });
        table.set_header(headings);
        for row in &self.cells {
            let cells = row.iter().zip(&self.columns).zip(widths);
            let cells = cells.map(|((cell, column), width)| {
                let text = match column {
                    column if self.shortened.contains(&column.name()) => cut(&cell.text, *width),
                    Column::Text(_) => {
                        let lines = wrap(&cell.text, *width).into_iter();
                        let lines: Vec<String> = lines.map(|line| middle(&line, *width)).collect();
                        lines.join("\n")
                    }
                    _ => middle(&cell.text, *width),
                };
                let shown = Cell::new(text).set_alignment(column.alignment());
                match cell.tone {
                    Some(tone) => shown.fg(tone.table_color()),
                    None => shown,
                }
            });
            table.add_row(cells);
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            let gap = u16::try_from(GAP).unwrap_or_default();
            column.set_padding((if at == 0 { 0 } else { gap }, 0));
        }
        if color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let lines = table.lines();
        lines
            .flat_map(|line| [line.trim_end().to_owned(), "\n".into()])
            .collect()
    }

    /// Formats each row as lines of heading and value, with an empty line between rows. A value with a word too long for
    /// the place beside its heading goes below it.
    fn blocks(&self, color: bool, width: usize) -> String {
        let headings = self.columns.iter().map(|column| column.name().width());
        let label = headings.max().unwrap_or_default();
        let room = width.saturating_sub(label + GAP).max(1);
        let bold = Style::new().bold();
        let mut blocks = Vec::new();
        for row in &self.cells {
            let mut block = String::new();
            for (cell, column) in row.iter().zip(&self.columns) {
                if cell.text.is_empty() || cell.text == "-" {
                    continue;
                }
                let heading = column.heading();
                let style = cell.tone.map(Tone::style);
                let shown = if self.shortened.contains(&column.name()) {
                    vec![cut(&cell.text, room)]
                } else {
                    wrap(&cell.text, room)
                };
                let below = shown.iter().any(|line| line.width() > room);
                let (shown, indent) = if below {
                    (wrap(&cell.text, width.saturating_sub(GAP)), GAP)
                } else {
                    (shown, label + GAP)
                };
                block.push_str(&painted(&heading, Some(&bold).filter(|_| color)));
                for (at, line) in shown.iter().enumerate() {
                    let beside = at == 0 && !below;
                    let blanks = if beside {
                        indent - heading.width()
                    } else {
                        block.push('\n');
                        indent
                    };
                    block.extend(std::iter::repeat_n(' ', blanks));
                    block.push_str(&painted(line, style.as_ref().filter(|_| color)));
                }
                block.push('\n');
            }
            blocks.push(block);
        }
        blocks.join("\n")
    }
}

/// Applies a style, if there is one.
fn painted(text: &str, style: Option<&Style>) -> String {
    match style {
        Some(style) => style.apply_to(text).force_styling(true).to_string(),
        None => text.to_owned(),
    }
}

/// Wraps text at blanks to lines of at most `width` columns; a longer word gets its own line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let lines = human::wrapped(text, Some(width), "");
    lines.lines().map(ToOwned::to_owned).collect()
}

/// Widths of a column, in terminal columns.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Width without wrapping.
    natural: usize,
    /// Width without broken words, with names as short as allowed.
    least: usize,
    /// Width with wrapped text and shortened names that are still readable.
    readable: usize,
}

fn total(sizes: &[Size], of: impl Fn(&Size) -> usize) -> usize {
    sum(&sizes.iter().map(of).collect::<Vec<_>>())
}

/// Total width of columns with the gaps between them.
fn sum(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Widths of columns that need wrapping to fit; the widest column shrinks first.
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

/// Shortens a text to `width` columns by removing its middle: host names differ at the start, keys at the end.
pub(super) fn middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let mut used = 0;
    let tail = text.chars().rev().take_while(|c| {
        used += c.width().unwrap_or_default();
        used <= room / 2
    });
    let tail: Vec<char> = tail.collect();
    let tail: String = tail.into_iter().rev().collect();
    format!("{}{tail}", cut(text, width - tail.width()))
}

/// Shortens a text to `width` columns by removing its end.
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

impl Column {
    fn name(&self) -> &'static str {
        let (Self::Text(name) | Self::Whole(name) | Self::Number(name)) = self;
        name
    }

    fn heading(&self) -> String {
        self.name().to_uppercase()
    }

    fn alignment(&self) -> CellAlignment {
        match self {
            Self::Text(_) | Self::Whole(_) => CellAlignment::Left,
            Self::Number(_) => CellAlignment::Right,
        }
    }
}

#[cfg(test)]
mod tests;
