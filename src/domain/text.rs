//! Untrusted text.

/// Returns true for characters that must not reach a terminal: controls, and characters that reorder, hide or break text
/// (bidirectional marks, embeddings, overrides and isolates, zero-width characters, line and paragraph separators, the
/// byte order mark).
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
