//! What the operator wants to see and how.

/// The form of the data on stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// One versioned JSON document
    Json,
    /// Prometheus text exposition, where a command has it
    Prometheus,
    /// Comma-separated values, where a command has them
    Csv,
}

impl Format {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Prometheus => "prometheus",
            Self::Csv => "csv",
        }
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Everything [`super::Output`] needs to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
// Five switches that an operator sets one by one are five flags, not states of a machine.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Options {
    /// The form of the data.
    pub format: Format,
    /// When to use colour.
    pub color: Color,
    /// Only data and errors; no report of success.
    pub quiet: bool,
    /// How much to log: 0 nothing, 1 what is done, 2 and more how.
    pub verbosity: u8,
    /// No bars and no lines of progress.
    pub no_progress: bool,
    /// Never ask.
    pub no_input: bool,
    /// The terminal cannot do more than print lines: `TERM` is `dumb`, or not set.
    pub dumb: bool,
}
