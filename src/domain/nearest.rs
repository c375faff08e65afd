//! Suggestions for misspelled words.

/// Minimum similarity of two words, from 0 to 1; clap uses the same for its own suggestions.
const ALIKE: f64 = 0.7;

/// Returns the candidate most similar to a word; `None` if none is similar enough.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (likeness(&word, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

/// Similarity of two words. Two transposed letters make short words look dissimilar, so a single slip counts as equal.
fn likeness(word: &str, candidate: &str) -> f64 {
    if word.len() > 2 && strsim::osa_distance(word, candidate) <= 1 {
        return 1.0;
    }
    strsim::jaro(word, candidate)
}

/// Returns `; did you mean X?` to append to a message, or an empty string.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    nearest(word, candidates).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_word_is_suggested_and_an_unrelated_one_is_not() {
        let names = ["beta", "acme", "acme-test"];
        assert_eq!(nearest("amce", names), Some("acme"));
        assert_eq!(nearest("ACME", names), Some("acme"));
        assert_eq!(nearest("zzz", names), None);
        assert_eq!(nearest("ulr", ["tls", "url"]), Some("url"));
        assert_eq!(did_you_mean("bta", names), "; did you mean `beta`?");
        assert_eq!(did_you_mean("", names), "");
    }
}
