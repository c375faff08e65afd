//! The word that was probably meant.

/// How alike two words have to be, from 0 to 1: as clap suggests its own words.
const ALIKE: f64 = 0.7;

/// The candidate that is most like a word; `None` where none is like it.
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

/// Two letters that changed places make short words look unlike; a slip of one letter is a slip.
fn likeness(word: &str, candidate: &str) -> f64 {
    if word.len() > 2 && strsim::osa_distance(word, candidate) <= 1 {
        return 1.0;
    }
    strsim::jaro(word, candidate)
}

/// `; did you mean X?` behind a sentence, or nothing.
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
    fn the_most_alike_word_is_meant_and_a_foreign_one_is_none() {
        let names = ["beta", "acme", "acme-test"];
        assert_eq!(nearest("amce", names), Some("acme"));
        assert_eq!(nearest("ACME", names), Some("acme"));
        assert_eq!(nearest("zzz", names), None);
        assert_eq!(nearest("ulr", ["tls", "url"]), Some("url"));
        assert_eq!(did_you_mean("bta", names), "; did you mean `beta`?");
        assert_eq!(did_you_mean("", names), "");
    }
}
