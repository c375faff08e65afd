//! The two output streams: stdout and stderr.

use super::document::{CustomerNames, Document};
use super::escape::{escape, escape_json};
use super::options::{Color, Format, OutputOptions};
use super::pager::Pager;
use super::table::Rows;
use super::tone::Tone;
use super::{human, logger, pretty};
use crate::waiting;
use console::{Style, Term};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Error: writing to stdout failed, because the disk is full or stdout is closed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub(crate) struct WriteError(#[from] io::Error);

/// Output of a command.
#[derive(Debug)]
pub(crate) struct Output {
    options: OutputOptions,
    started: Instant,
    /// The reader of stdout is gone (`… | head`). This is not an error; further data is dropped.
    gone: AtomicBool,
    pager: Pager,
}

impl Output {
    /// Creates the output; the elapsed time starts here.
    pub(crate) fn new(options: OutputOptions) -> Self {
        Self {
            options,
            started: Instant::now(),
            gone: AtomicBool::new(false),
            pager: Pager::default(),
        }
    }

    /// Sends further output that is longer than the screen through a pager, if there is a terminal to quit it from.
    pub(crate) fn page(&self, program: Option<&str>) {
        let OutputOptions { dumb, no_input, .. } = self.options;
        if self.options.format == Format::Table && !dumb && !no_input {
            self.pager.begin(program);
        }
    }

    /// Starts the log on stderr at the level of `-v`.
    pub(crate) fn start_log(&self) {
        logger::start(self.options.verbosity);
    }

    pub(crate) fn options(&self) -> &OutputOptions {
        &self.options
    }

    /// Returns true if the data is one JSON document.
    pub(crate) fn is_json(&self) -> bool {
        self.options.format == Format::Json
    }

    /// Returns true if reports of success are left out. Plans, lists and JSON are requested data, which `--quiet` does not
    /// suppress.
    pub(crate) fn is_quiet(&self) -> bool {
        self.options.quiet
    }

    /// Returns the time since the output was created.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns true if the reader of stdout is gone; a long list may stop here.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// Returns true if stdout uses color.
    pub(crate) fn color(&self) -> bool {
        self.colored(io::stdout().is_terminal())
    }

    fn color_on_stderr(&self) -> bool {
        self.colored(io::stderr().is_terminal())
    }

    fn colored(&self, terminal: bool) -> bool {
        match self.options.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !self.options.dumb,
        }
    }

    /// Writes data to stdout unchanged. A reader that is gone is not an error.
    pub(crate) fn bytes(&self, data: &[u8]) -> Result<(), WriteError> {
        if self.is_gone() {
            return Ok(());
        }
        waiting::end();
        match self.pager.write(data) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone.store(true, Ordering::Relaxed);
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Writes text to stdout. Foreign text in it must be escaped.
    pub(crate) fn data(&self, text: &str) -> Result<(), WriteError> {
        self.bytes(text.as_bytes())
    }

    /// Returns true if stdout is a terminal.
    pub(crate) fn on_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Writes one JSON document: pretty-printed on a terminal, otherwise on one line.
    pub(crate) fn json(&self, document: &impl Serialize) -> Result<(), WriteError> {
        let mut text = serde_json::to_string(document).map_err(io::Error::from)?;
        if Self::on_terminal() {
            text = pretty::document(&text);
        }
        self.data(&format!("{}\n", escape_json(&text)))
    }

    /// Writes a command's result in the common envelope.
    pub(crate) fn document<'n>(
        &self,
        command: &str,
        endpoint: &str,
        customers: impl IntoIterator<Item = &'n str>,
        body: impl Serialize,
    ) -> Result<(), WriteError> {
        let customers = CustomerNames::of(customers);
        self.in_envelope(command, endpoint, Some(customers), body)
    }

    /// Like [`Self::document`], for a body that is about customers itself: only a single one is named.
    pub(crate) fn document_of_customers(
        &self,
        command: &str,
        endpoint: &str,
        only: Option<&str>,
        body: impl Serialize,
    ) -> Result<(), WriteError> {
        self.in_envelope(command, endpoint, only.map(CustomerNames::Customer), body)
    }

    fn in_envelope(
        &self,
        command: &str,
        endpoint: &str,
        customers: Option<CustomerNames<'_>>,
        body: impl Serialize,
    ) -> Result<(), WriteError> {
        self.json(&Document {
            schema: format!("alecs-cache/{command}/1"),
            endpoint,
            customers,
            elapsed: self.elapsed(),
            body,
        })
    }

    /// Writes a table, fitted to the terminal if there is one.
    pub(crate) fn table(&self, rows: Rows) -> Result<(), WriteError> {
        self.data(&rows.text(self.color(), columns(&Term::stdout())))
    }

    /// Returns the width of the terminal, if stdout is one.
    pub(crate) fn terminal_width() -> Option<usize> {
        columns(&Term::stdout()).map(usize::from)
    }

    /// Writes lines of a report for people to stdout.
    pub(crate) fn lines_of_report(&self, text: &str) -> Result<(), WriteError> {
        let lines = text.lines().map(|line| format!("{}\n", escape(line)));
        self.data(&lines.collect::<String>())
    }

    /// Writes a line of a report for people to stdout, wrapped at blanks on a terminal.
    pub(crate) fn line_of_report(&self, text: &str) -> Result<(), WriteError> {
        let lead = text.len() - text.trim_start().len();
        let indent = " ".repeat(lead.max(2));
        self.data(&human::wrapped(
            &escape(text),
            Self::terminal_width(),
            &indent,
        ))
    }

    /// Writes the verdict of a report in the color of its tone.
    pub(crate) fn verdict(&self, tone: Tone, text: &str) -> Result<(), WriteError> {
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            self.wrapped_in(&tone.style().bold(), line, indent)?;
        }
        Ok(())
    }

    /// Writes a line of a report in the color of its tone.
    pub(crate) fn line_in_tone(&self, tone: Tone, text: &str) -> Result<(), WriteError> {
        self.wrapped_in(&tone.style(), text, 2)
    }

    /// Writes a styled line, wrapped at blanks on a terminal.
    fn wrapped_in(&self, style: &Style, line: &str, indent: usize) -> Result<(), WriteError> {
        let style = style.clone().force_styling(self.color());
        let width = Self::terminal_width();
        let wrapped = human::wrapped(&escape(line), width, &" ".repeat(indent));
        let lines = wrapped
            .lines()
            .map(|line| format!("{}\n", style.apply_to(line)));
        self.data(&lines.collect::<String>())
    }

    /// Writes a note to stderr, unless `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet() {
            let width = columns(&Term::stderr()).map(usize::from);
            let text = human::wrapped(&escape(text), width, "  ");
            self.line(text.trim_end_matches('\n'));
        }
    }

    /// Notes how many items of a list are not shown; `item` is in the singular.
    pub(crate) fn note_of_more(&self, left: u64, item: &str) {
        if left > 0 {
            let more = human::count(left, &format!("more {item}"));
            self.note(&format!("… {more}; --limit 0 shows all"));
        }
    }

    /// Writes a warning to stderr, unless `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        if !self.is_quiet() {
            self.said("warning:", &Style::new().yellow().bold(), text);
        }
    }

    /// Writes an error to stderr, with its hint.
    pub(crate) fn error(&self, message: &str, hint: Option<&str>) {
        self.said("error:", &Style::new().red().bold(), message);
        if let Some(hint) = hint {
            self.said("  hint:", &Style::new().cyan().bold(), hint);
        }
    }

    /// Writes text to stderr that is formatted already, wrapped at blanks on a terminal.
    pub(crate) fn raw_error(&self, text: &str) {
        let width = columns(&Term::stderr()).map(usize::from);
        let lines = text.trim_end_matches('\n').lines();
        let lines: String = lines
            .map(|line| human::wrapped(line, width, "  "))
            .collect();
        self.line(lines.trim_end_matches('\n'));
    }

    /// Writes the JSON object that ends stderr.
    pub(crate) fn last_line(&self, json: &str) {
        self.line(&escape_json(json));
    }

    /// Removes the ANSI codes from a text for stdout, unless stdout uses color.
    pub(crate) fn styled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        styled(text, self.color())
    }

    /// Like [`Self::styled`], for stderr.
    pub(crate) fn styled_error<'t>(&self, text: &'t str) -> Cow<'t, str> {
        styled(text, self.color_on_stderr())
    }

    /// Writes a message to stderr with a styled label, wrapped at blanks on a terminal.
    fn said(&self, word: &str, style: &Style, text: &str) {
        let text = format!("{word} {}", escape(text));
        let text = human::wrapped(&text, columns(&Term::stderr()).map(usize::from), "  ");
        let rest = text.strip_prefix(word).unwrap_or_default();
        let word = self.painted(word, style);
        self.line(&format!("{word}{}", rest.trim_end_matches('\n')));
    }

    fn painted(&self, word: &str, style: &Style) -> String {
        style
            .apply_to(word)
            .force_styling(self.color_on_stderr())
            .to_string()
    }

    fn line(&self, text: &str) {
        // Keeps the order of the output. A failure was reported to the writer already.
        let _ = self.pager.flush();
        line(text);
    }
}

/// Writes a line to stderr.
pub(super) fn line(text: &str) {
    // A failure cannot be reported: stderr is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Width of a terminal, if it has one.
pub(super) fn columns(stream: &Term) -> Option<u16> {
    let width = stream.size_checked().map(|(_, columns)| columns);
    width.filter(|width| stream.is_term() && *width > 0)
}

fn styled(text: &str, color: bool) -> Cow<'_, str> {
    if color {
        Cow::Borrowed(text)
    } else {
        console::strip_ansi_codes(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_follows_the_terminal_unless_set() {
        let color = |color, dumb, terminal| {
            let options = OutputOptions {
                color,
                dumb,
                ..OutputOptions::default()
            };
            Output::new(options).colored(terminal)
        };
        assert!(color(Color::Auto, false, true));
        assert!(!color(Color::Auto, false, false));
        assert!(!color(Color::Auto, true, true));
        assert!(color(Color::Always, true, false));
        assert!(!color(Color::Never, false, true));
    }
}
