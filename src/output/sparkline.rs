//! Sparkline: a row of small bars that shows a figure over time.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws one bar for each figure, scaled from `low` to `high`; a dot for a missing figure.
pub(crate) fn line(figures: impl IntoIterator<Item = Option<f64>>, low: f64, high: f64) -> String {
    let bar = |figure: Option<f64>| {
        let Some(figure) = figure else { return '·' };
        let share = (figure - low) / (high - low).max(f64::MIN_POSITIVE);
        // Thresholds instead of a product, so that nothing has to be rounded to an index.
        let steps = [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875];
        let above = steps.iter().filter(|step| share >= **step).count();
        BARS.get(above).copied().unwrap_or('█')
    };
    figures.into_iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_become_bars_and_missing_ones_a_dot() {
        let figures = [
            Some(0.0),
            Some(50.0),
            None,
            Some(100.0),
            Some(140.0),
            Some(-3.0),
        ];
        assert_eq!(line(figures, 0.0, 100.0), "▁▅·██▁");
        assert_eq!(line([Some(3.0)], 3.0, 3.0), "▁");
    }
}
