//! Output options of the operator.

/// Format of the data on stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Tables and sentences for people.
    #[default]
    Table,
    /// One versioned JSON document.
    Json,
    /// Prometheus text exposition, if the command supports it.
    Prometheus,
    /// Comma-separated values, if the command supports them.
    Csv,
}

impl Format {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Prometheus => "prometheus",
            Self::Csv => "csv",
        }
    }
}

/// When to use color.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Options of [`super::Output`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
// Independent switches of the operator, not states of a machine.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Options {
    /// Format of the data.
    pub format: Format,
    pub color: Color,
    /// Print only data and errors, no report of success.
    pub quiet: bool,
    /// Log level: 0 nothing, 1 info, 2 debug, 3 and more trace.
    pub verbosity: u8,
    /// Print no bars and no lines of progress.
    pub no_progress: bool,
    /// Never ask a question.
    pub no_input: bool,
    /// The terminal can only print lines: `TERM` is `dumb`, or not set.
    pub dumb: bool,
}
