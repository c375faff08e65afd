//! Choices that an operator names by a word.

/// One of several, each with a word.
pub(crate) trait Keyword: Copy + PartialEq + Send + Sync + 'static {
    /// Each with its word and what it means.
    const WORDS: &'static [(Self, &'static str, &'static str)];

    /// The word for it.
    fn as_str(self) -> &'static str {
        let mut all = Self::WORDS.iter();
        let found = all.find(|(one, ..)| *one == self);
        found.map_or("", |(_, word, _)| word)
    }
}

/// The words of a type, a line for each.
macro_rules! keywords {
    ($type:ident: $($variant:ident = $word:literal $meaning:literal;)*) => {
        impl $crate::domain::keyword::Keyword for $type {
            const WORDS: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $word, $meaning)),*];
        }
    };
}
pub(crate) use keywords;
