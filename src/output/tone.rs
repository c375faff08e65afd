//! Tone of a message, and its color.

use console::Style;

/// Tone of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Success.
    Good,
    /// It works, but needs attention.
    Poor,
    /// Failure.
    Bad,
}

impl Tone {
    pub(super) const fn style(self) -> Style {
        match self {
            Self::Good => Style::new().green(),
            Self::Poor => Style::new().yellow(),
            Self::Bad => Style::new().red(),
        }
    }

    /// Color in a table.
    pub(super) const fn table_color(self) -> comfy_table::Color {
        match self {
            Self::Good => comfy_table::Color::DarkGreen,
            Self::Poor => comfy_table::Color::DarkYellow,
            Self::Bad => comfy_table::Color::DarkRed,
        }
    }
}
