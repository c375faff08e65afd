//! The marks as they were when they were read.

use redis::Cmd;

/// With more marks than this they are not counted again.
const MARKS: usize = 1000;

/// State of the marks when they were read. If there are more now, nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMarks {
    pub(super) key: String,
    from: u64,
    since: u64,
    /// Number of marks with scores up to `since`.
    before: usize,
    /// Number of later marks.
    after: usize,
}

impl SeenMarks {
    /// Counts the marks with scores from `from` on. A member that is marked again moves above `since` and adds one
    /// there. `None` if there are too many marks to count them again.
    pub fn new(key: String, from: u64, since: u64, marks: &[(String, u64)]) -> Option<Self> {
        let before = marks.iter().filter(|(_, at)| *at <= since).count();
        let after = marks.len() - before;
        (before.max(after) <= MARKS).then_some(Self {
            key,
            from,
            since,
            before,
            after,
        })
    }

    /// Returns commands that watch the marks (and the key `also`) and return any marks beyond the known ones.
    pub(super) fn watch(&self, also: Option<&str>) -> [Cmd; 3] {
        let watch = redis::cmd("WATCH").arg(&self.key).arg(also).take();
        let more = |from: String, to: String, known: usize| {
            let mut more = redis::cmd("ZRANGEBYSCORE");
            more.arg(&self.key).arg(from).arg(to);
            more.arg("LIMIT").arg(known).arg(1).take()
        };
        let early = more(self.from.to_string(), self.since.to_string(), self.before);
        let late = more(format!("({}", self.since), "+inf".to_owned(), self.after);
        [watch, early, late]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_counted_before_and_after_the_moment_and_too_many_are_not() {
        let mark = |at: u64| ("m".to_owned(), at);
        let seen = SeenMarks::new("k".into(), 5, 10, &[mark(6), mark(10), mark(11)]).unwrap();
        assert_eq!((seen.before, seen.after), (2, 1));
        let many = vec![mark(11); MARKS + 1];
        assert_eq!(SeenMarks::new("k".into(), 5, 10, &many), None);
    }
}
