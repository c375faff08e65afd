//! Limit of shown list items.

use std::num::ParseIntError;
use std::str::FromStr;

/// Maximum number of list items to show; 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limit(usize);

impl Limit {
    /// Returns the maximum number of items.
    pub(crate) fn items(self) -> usize {
        match self.0 {
            0 => usize::MAX,
            limit => limit,
        }
    }

    /// Truncates a list and returns its former length.
    pub(crate) fn cut<T>(self, list: &mut Vec<T>) -> usize {
        let all = list.len();
        list.truncate(self.items());
        all
    }
}

impl FromStr for Limit {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_keeps_the_first_items_and_none_keeps_all() {
        let cut = |limit: &str| {
            let mut list = vec![1, 2, 3];
            let all = limit.parse::<Limit>().unwrap().cut(&mut list);
            (all, list)
        };
        assert_eq!(cut("2"), (3, vec![1, 2]));
        assert_eq!(cut("3"), (3, vec![1, 2, 3]));
        assert_eq!(cut("0"), (3, vec![1, 2, 3]));
        assert!("-1".parse::<Limit>().is_err());
    }
}
