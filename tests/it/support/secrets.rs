//! No run shows a secret: every one of the suite holds the same mark, and what a run leaves behind is searched for it.

use std::collections::{BTreeSet, HashMap};
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Stands in every password, token, signing secret and account switch key of the suite.
pub const MARK: &str = "hunter2";

/// What is read of one file at most.
const MOST: u64 = 256 << 20;

/// Fails for a secret without the mark: nobody would see it shown.
#[track_caller]
pub fn marked(secret: &str) {
    let holds = secret.is_empty() || secret.contains(MARK);
    assert!(holds, "the secret {secret:?} lacks {MARK:?}");
}

/// Fails for a variable that holds a secret without the mark.
#[track_caller]
pub fn marked_variable(name: &str, value: &str) {
    const ENDINGS: [&str; 5] = ["PASSWORD", "_AUTH", "_TOKEN", "_SECRET", "ACCOUNT_KEY"];
    if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        marked(value);
    }
}

/// Fails for a command of a server that sets a password without the mark.
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
    /// Before the run: what stands in its home now is not its work.
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

    /// While it goes on, again and again: the command lines of its children, which everybody on the machine can read.
    pub fn look_at_children(&mut self, parent: u32) {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{parent}/task")) else {
            return;
        };
        let line_of = |id: &str| std::fs::read(format!("/proc/{id}/cmdline"));
        for thread in threads.flatten() {
            let children = std::fs::read_to_string(thread.path().join("children"));
            for child in children.unwrap_or_default().split_whitespace() {
                // Until it runs its program, it shows the line of its parent.
                let line = line_of(child).unwrap_or_default();
                if line != line_of(&parent.to_string()).unwrap_or_default() {
                    self.children.insert(line);
                }
            }
        }
    }

    /// Whether it has seen one of them.
    pub fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// After the run: fails where anything that it said, wrote or started shows a secret.
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
                // A file of somebody else, or one that is gone.
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

/// The files below a folder; links are not followed.
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
