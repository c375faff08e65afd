//! How good a piece of news is, and its colour.

use console::Style;

/// How good a piece of news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is well, or done.
    Good,
    /// It works, and wants looking at.
    Poor,
    /// It failed.
    Bad,
}

impl Tone {
    /// Its colour.
    pub(super) const fn style(self) -> Style {
        match self {
            Self::Good => Style::new().green(),
            Self::Poor => Style::new().yellow(),
            Self::Bad => Style::new().red(),
        }
    }

    /// Its colour in a table.
    pub(super) const fn table_color(self) -> comfy_table::Color {
        match self {
            Self::Good => comfy_table::Color::DarkGreen,
            Self::Poor => comfy_table::Color::DarkYellow,
            Self::Bad => comfy_table::Color::DarkRed,
        }
    }
}
