//! Checks that no run shows a secret: every secret of the suite contains the same mark, and everything that a run
//! leaves behind is searched for it.

use std::collections::{BTreeSet, HashMap};
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Part of every password, token, signing secret and account switch key of the suite.
pub const MARK: &str = "hunter2";

/// Limit of bytes read from one file.
const MOST: u64 = 256 << 20;

/// Panics for a secret without the mark, because nobody would notice a leak.
#[track_caller]
pub fn marked(secret: &str) {
    let holds = secret.is_empty() || secret.contains(MARK);
    assert!(holds, "the secret {secret:?} lacks {MARK:?}");
}

/// Panics for a variable with a secret without the mark.
#[track_caller]
pub fn marked_variable(name: &str, value: &str) {
    const ENDINGS: [&str; 5] = ["PASSWORD", "_AUTH", "_TOKEN", "_SECRET", "ACCOUNT_KEY"];
    if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        marked(value);
    }
}

/// Panics for a server command that sets a password without the mark.
#[track_caller]
pub fn marked_command(words: &[&str]) {
    let passwords = words.windows(2).filter_map(|pair| match pair {
        ["--requirepass" | "--masterauth", password] => Some(*password),
        _ => None,
    });
    let of_users = words.iter().filter_map(|word| word.strip_prefix('>'));
    passwords.chain(of_users).for_each(marked);
}

/// Watches one run.
pub struct Watch {
    home: PathBuf,
    before: HashMap<PathBuf, Version>,
    children: BTreeSet<Vec<u8>>,
}

type Version = (Option<SystemTime>, u64);

fn version(found: &Metadata) -> Version {
    (found.modified().ok(), found.len())
}

impl Watch {
    /// Starts before the run: files that are already in the home are not its work.
    pub fn begin(home: &Path) -> Self {
        let mut before = HashMap::new();
        each_file(home, &mut |path, found| {
            before.insert(path.to_owned(), version(found));
        });
        Self {
            home: home.to_owned(),
            before,
            children: BTreeSet::new(),
        }
    }

    /// Called repeatedly during the run. Records the command lines of its children, which everybody on the machine
    /// can read.
    pub fn look_at_children(&mut self, parent: u32) {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{parent}/task")) else {
            return;
        };
        let line_of = |id: &str| std::fs::read(format!("/proc/{id}/cmdline"));
        for thread in threads.flatten() {
            let children = std::fs::read_to_string(thread.path().join("children"));
            for child in children.unwrap_or_default().split_whitespace() {
                // Until it executes its program, a child has the command line of its parent, and for a moment none.
                let line = line_of(child).unwrap_or_default();
                if !line.is_empty() && line != line_of(&parent.to_string()).unwrap_or_default() {
                    self.children.insert(line);
                }
            }
        }
    }

    /// True if a child was seen.
    pub fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// Called after the run. Panics if its output, its files or its children show a secret.
    #[track_caller]
    pub fn end(self, said: &[(&str, &[u8])]) {
        let of_children = self
            .children
            .iter()
            .map(|line| ("a child", line.as_slice()));
        for (place, bytes) in said.iter().copied().chain(of_children) {
            let text = String::from_utf8_lossy(bytes);
            assert!(!holds(bytes), "a secret stands in {place}: {text}");
        }
        each_file(&self.home, &mut |path, found| {
            if self.before.get(path) != Some(&version(found)) {
                let mut bytes = Vec::new();
                let file = std::fs::File::open(path).map(|file| file.take(MOST));
                // The file may belong to somebody else or be gone.
                file.and_then(|mut file| file.read_to_end(&mut bytes)).ok();
                assert!(!holds(&bytes), "a secret stands in {}", path.display());
            }
        });
    }
}

fn holds(bytes: &[u8]) -> bool {
    let (first, rest) = MARK.as_bytes().split_first().expect("a mark");
    bytes
        .split(|byte| byte == first)
        .skip(1)
        .any(|part| part.starts_with(rest))
}

/// Visits the files below a folder without following links.
fn each_file(folder: &Path, act: &mut dyn FnMut(&Path, &Metadata)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(found) if found.is_dir() => each_file(&path, act),
            Ok(found) if found.is_file() => act(&path, &found),
            _ => {}
        }
    }
}
