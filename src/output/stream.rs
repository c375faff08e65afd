//! The two streams: what goes to stdout, and what goes to stderr.

use super::escape::{escape, escape_json};
use super::options::{Color, Format, Options};
use super::pager::Pager;
use super::table::Rows;
use super::tone::Tone;
use super::{Document, human, logger, pretty};
use crate::waiting;
use console::{Style, Term};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Stdout does not take what we have to say: the disk behind it is full, or it was closed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub(crate) struct Error(#[from] io::Error);

/// Where a command says what it has to say.
#[derive(Debug)]
pub(crate) struct Output {
    options: Options,
    started: Instant,
    /// The reader of stdout has gone (`… | head`): no one is left to tell, which is no error.
    gone: AtomicBool,
    pager: Pager,
}

impl Output {
    /// Begins; the elapsed time counts from here.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            started: Instant::now(),
            gone: AtomicBool::new(false),
            pager: Pager::default(),
        }
    }

    /// From now on what is longer than the screen goes through a pager, where there is a terminal to leave it from.
    pub(crate) fn page(&self, program: Option<&str>) {
        let Options { dumb, no_input, .. } = self.options;
        if self.options.format == Format::Table && !dumb && !no_input {
            self.pager.begin(program);
        }
    }

    /// Lets the log flow to stderr as far as `-v` asks for it.
    pub(crate) fn start_log(&self) {
        logger::start(self.options.verbosity);
    }

    /// What the operator wants to see.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Whether data is one JSON document.
    pub(crate) fn is_json(&self) -> bool {
        self.options.format == Format::Json
    }

    /// Whether a report of what was done is left out where all went well. A plan, a list and JSON are data
    /// that was asked for: they are shown with `--quiet` too.
    pub(crate) fn is_quiet(&self) -> bool {
        self.options.quiet
    }

    /// The time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether no one reads stdout any more; a long listing may end here.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// Whether stdout shows colour.
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

    /// Writes data to stdout as it is. A reader that has gone is no error.
    pub(crate) fn bytes(&self, data: &[u8]) -> Result<(), Error> {
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

    /// Writes text to stdout. What comes from elsewhere in it is escaped already.
    pub(crate) fn data(&self, text: &str) -> Result<(), Error> {
        self.bytes(text.as_bytes())
    }

    /// Writes lines of comma-separated values, as they are for a program and escaped for a terminal.
    pub(crate) fn csv(&self, lines: &str) -> Result<(), Error> {
        if !Self::on_terminal() {
            return self.data(lines);
        }
        let shown = lines.lines().map(|line| format!("{}\n", escape(line)));
        self.data(&shown.collect::<String>())
    }

    /// Whether stdout is a terminal.
    pub(crate) fn on_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Writes one JSON document: in lines on a terminal, else in one line.
    pub(crate) fn json(&self, document: &impl Serialize) -> Result<(), Error> {
        let mut text = serde_json::to_string(document).map_err(io::Error::from)?;
        if Self::on_terminal() {
            text = pretty::document(&text);
        }
        self.data(&format!("{}\n", escape_json(&text)))
    }

    /// Writes a command's result in the common envelope.
    pub(crate) fn document<'n, T: Serialize>(
        &self,
        schema: &'static str,
        endpoint: &str,
        customers: impl Into<Option<super::document::CustomerNames<'n>>>,
        body: T,
    ) -> Result<(), Error> {
        self.json(&Document {
            schema,
            endpoint,
            customers: customers.into(),
            elapsed: self.elapsed(),
            body,
        })
    }

    /// Writes a table, fitted to the terminal where there is one.
    pub(crate) fn table(&self, rows: Rows) -> Result<(), Error> {
        self.data(&rows.text(self.color(), columns(&Term::stdout())))
    }

    /// The width of the terminal, where stdout is one.
    pub(crate) fn terminal_width() -> Option<usize> {
        columns(&Term::stdout()).map(usize::from)
    }

    /// Writes lines of a report for people to stdout.
    pub(crate) fn lines_of_report(&self, text: &str) -> Result<(), Error> {
        let lines = text.lines().map(|line| format!("{}\n", escape(line)));
        self.data(&lines.collect::<String>())
    }

    /// Writes a line of a report for people to stdout; on a terminal no word of it is broken.
    pub(crate) fn line_of_report(&self, text: &str) -> Result<(), Error> {
        let lead = text.len() - text.trim_start().len();
        let indent = " ".repeat(lead.max(2));
        self.data(&human::wrapped(
            &escape(text),
            Self::terminal_width(),
            &indent,
        ))
    }

    /// Writes the line that says how it is, in the colour of that.
    pub(crate) fn verdict(&self, tone: Tone, text: &str) -> Result<(), Error> {
        let style = tone.style().bold().force_styling(self.color());
        let mut shown = String::new();
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            let wrapped =
                human::wrapped(&escape(line), Self::terminal_width(), &" ".repeat(indent));
            for line in wrapped.lines() {
                shown.extend([style.apply_to(line).to_string(), "\n".to_owned()]);
            }
        }
        self.data(&shown)
    }

    /// Says something useful, unless `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet() {
            let width = columns(&Term::stderr()).map(usize::from);
            let text = human::wrapped(&escape(text), width, "  ");
            self.line(text.trim_end_matches('\n'));
        }
    }

    /// Says how many items a list has besides those that are shown; `item` in the singular.
    pub(crate) fn note_of_more(&self, left: u64, item: &str) {
        if left > 0 {
            let more = human::count(left, &format!("more {item}"));
            self.note(&format!("… {more}; --limit 0 shows all"));
        }
    }

    /// Warns, unless `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        if !self.is_quiet() {
            self.said("warning:", &Style::new().yellow().bold(), text);
        }
    }

    /// Says what went wrong and what to do about it.
    pub(crate) fn error(&self, message: &str, hint: Option<&str>) {
        self.said("error:", &Style::new().red().bold(), message);
        if let Some(hint) = hint {
            self.said("  hint:", &Style::new().cyan().bold(), hint);
        }
    }

    /// Writes to stderr what is made for it already; on a terminal no word of it is broken.
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

    /// A text with ANSI codes for stdout, without them where stdout shows no colour.
    pub(crate) fn styled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        styled(text, self.color())
    }

    /// The same for stderr.
    pub(crate) fn styled_error<'t>(&self, text: &'t str) -> Cow<'t, str> {
        styled(text, self.color_on_stderr())
    }

    /// Writes a sentence to stderr; on a terminal no word of it is broken.
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
        // Keeps the order of what was written; a failure was reported to the writer already.
        let _ = self.pager.flush();
        line(text);
    }
}

/// Writes a line to stderr.
pub(super) fn line(text: &str) {
    // There is no one left to tell that stderr is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The width of a terminal that has one.
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
    fn colour_follows_the_terminal_unless_told_otherwise() {
        let color = |color, dumb, terminal| {
            let options = Options {
                color,
                dumb,
                ..Options::default()
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
