//! Output options of the operator.

use crate::domain::keyword::keywords;

/// Format of the data on stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Table,
    Json,
    Prometheus,
    Csv,
}

keywords! { Format:
    Table = "table" "For people";
    Json = "json" "One versioned JSON document";
    Prometheus = "prometheus" "Prometheus text exposition, where a command has it";
    Csv = "csv" "Comma-separated values, where a command has them";
}

/// When to use color.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

keywords! { Color:
    Auto = "auto" "On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb` or not set";
    Always = "always" "Always";
    Never = "never" "Never";
}

/// Options of [`super::Output`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
// Independent switches of the operator, not states of a machine.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct OutputOptions {
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
