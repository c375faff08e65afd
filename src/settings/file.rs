//! The configuration file: TOML, settings at its top, `[ttl]`, `[incremental]` and `[thresholds]`, and the same again in
//! `[profile.NAME]`, or `[profiles.NAME]`. What is not known is refused, with its line.

use super::keys;
use super::thresholds::Thresholds;
use crate::domain::nearest::nearest;
use crate::domain::os_error::cause;
use crate::domain::ttl::{Intervals, Resource};
use crate::exit::Failure;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// A configuration file is smaller than that; anything else is not one.
const SIZE_MAX: u64 = 1024 * 1024;

/// A file, read and checked for words that it may not hold.
#[derive(Debug)]
pub(super) struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Its top level.
    pub top: FileSection,
    /// Its profiles, by name.
    pub profiles: BTreeMap<String, FileSection>,
}

/// The top level or a profile.
#[derive(Debug, Default)]
pub(super) struct FileSection {
    /// Settings by name.
    pub settings: BTreeMap<&'static str, FileEntry>,
    /// Times to live by resource.
    pub ttl: Vec<(Resource, FileEntry)>,
    /// Intervals by name.
    pub incremental: Vec<(&'static str, FileEntry)>,
    /// Figures by name.
    pub thresholds: Vec<(&'static str, FileEntry)>,
}

/// A value and its line.
#[derive(Debug, Clone)]
pub(super) struct FileEntry {
    /// The texts of a list, or the one text of a single value.
    pub texts: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

impl File {
    /// Reads a file that must be there.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut text = String::new();
        let opened = std::fs::File::open(path);
        let read = opened.and_then(|file| file.take(SIZE_MAX + 1).read_to_string(&mut text));
        match read {
            Err(error) => Err(Failure::config(format!(
                "cannot read the configuration file `{}`: {}",
                path.display(),
                cause(error)
            ))),
            Ok(size) if size as u64 > SIZE_MAX => Err(Failure::config(format!(
                "the configuration file `{}` is larger than a megabyte",
                path.display()
            ))),
            Ok(_) => Self::parse(path, &text),
        }
    }

    /// Reads a file that may be missing.
    pub(super) fn read_if_there(path: &Path) -> Result<Option<Self>, Failure> {
        match path.try_exists() {
            Ok(false) => Ok(None),
            _ => Self::read(path).map(Some),
        }
    }

    /// Reads the text of a file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let reader = FileReader { path, text };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            // The message of the parser without its excerpt: the line may hold a secret.
            reader.refuse(at, &format!("is not TOML: {}", error.message()))
        })?;
        let mut file = Self {
            path: path.to_owned(),
            top: FileSection::default(),
            profiles: BTreeMap::new(),
        };
        for (name, value) in table.get_ref() {
            let at = name.span().start;
            if !["profile", "profiles"].contains(&name.get_ref().as_ref())
                || !value.get_ref().is_table()
            {
                reader.entry(&mut file.top, "", name.get_ref(), at, value.get_ref())?;
                continue;
            }
            for (profile, value) in value.get_ref().as_table().into_iter().flatten() {
                let section =
                    reader.profile(profile.get_ref(), profile.span().start, value.get_ref())?;
                file.profiles.insert(profile.get_ref().to_string(), section);
            }
        }
        Ok(file)
    }
}

/// Reads one file's text and knows its lines.
struct FileReader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl FileReader<'_> {
    fn profile(&self, name: &str, at: usize, value: &DeValue<'_>) -> Result<FileSection, Failure> {
        let mut section = FileSection::default();
        let Some(table) = value.as_table() else {
            return Err(self.refuse(at, &format!("gives profile `{name}` no table of settings")));
        };
        let place = format!(" in [profile.{name}]");
        for (key, value) in table {
            // A profile cannot choose another one.
            if key.get_ref() == keys::PROFILE.name {
                return Err(self.unknown(key.span().start, key.get_ref(), &place));
            }
            self.entry(
                &mut section,
                &place,
                key.get_ref(),
                key.span().start,
                value.get_ref(),
            )?;
        }
        Ok(section)
    }

    fn entry(
        &self,
        section: &mut FileSection,
        place: &str,
        name: &str,
        at: usize,
        value: &DeValue<'_>,
    ) -> Result<(), Failure> {
        let line = self.line(at);
        let named = name.replace('-', "_");
        match (named.as_str(), value) {
            ("ttl", DeValue::Table(table)) => {
                for (word, value) in table {
                    let at = word.span().start;
                    let resource = Resource::named(word.get_ref()).ok_or_else(|| {
                        self.unknown(at, word.get_ref(), &format!("{place} in [ttl]"))
                    })?;
                    section
                        .ttl
                        .push((resource, self.value(at, word.get_ref(), value.get_ref())?));
                }
            }
            ("incremental", DeValue::Table(table)) => {
                for (word, value) in table {
                    let at = word.span().start;
                    let mut all = Intervals::NAMES.into_iter();
                    let known = all.find(|known| known == word.get_ref());
                    let known = known.ok_or_else(|| {
                        self.unknown(at, word.get_ref(), &format!("{place} in [incremental]"))
                    })?;
                    section
                        .incremental
                        .push((known, self.value(at, word.get_ref(), value.get_ref())?));
                }
            }
            ("thresholds", DeValue::Table(table)) => {
                for (word, value) in table {
                    let at = word.span().start;
                    let known = Thresholds::names().find(|known| known == word.get_ref());
                    let known = known.ok_or_else(|| {
                        self.unknown(at, word.get_ref(), &format!("{place} in [thresholds]"))
                    })?;
                    section
                        .thresholds
                        .push((known, self.value(at, word.get_ref(), value.get_ref())?));
                }
            }
            _ => {
                let known = keys::ALL.iter().find(|key| key.name == named);
                let known = known.ok_or_else(|| self.unknown(at, name, place))?;
                let entry = FileEntry {
                    line,
                    ..self.value(at, name, value)?
                };
                if section.settings.insert(known.name, entry).is_some() {
                    return Err(self.refuse(at, &format!("has `{name}` twice")));
                }
            }
        }
        Ok(())
    }

    fn value(&self, at: usize, name: &str, value: &DeValue<'_>) -> Result<FileEntry, Failure> {
        let line = self.line(at);
        let texts = match value {
            DeValue::Array(list) => list.iter().map(|one| scalar(one.get_ref())).collect(),
            one => scalar(one).map(|text| vec![text]),
        };
        texts.map(|texts| FileEntry { texts, line }).ok_or_else(|| {
            self.refuse(
                at,
                &format!(
                    "gives `{name}` a value of type {}, which it cannot be",
                    value.type_str()
                ),
            )
        })
    }

    fn unknown(&self, at: usize, name: &str, place: &str) -> Failure {
        let words: Vec<&str> = if place.ends_with("[ttl]") {
            Resource::ALL.iter().map(|one| one.as_str()).collect()
        } else if place.ends_with("[incremental]") {
            Intervals::NAMES.to_vec()
        } else if place.ends_with("[thresholds]") {
            Thresholds::names().collect()
        } else if name == "profile" && place.is_empty() {
            vec![keys::PROFILE.name]
        } else {
            keys::ALL.iter().map(|key| key.name).collect()
        };
        let meant = match (name, words.as_slice()) {
            ("profile", [one]) => Some(*one),
            _ => nearest(&name.replace('-', "_"), words),
        };
        let failure = self.refuse(at, &format!("has the unknown key `{name}`{place}"));
        let marked = self.marked(at);
        failure.hint(match meant {
            Some(meant) => format!("{marked}; did you mean `{meant}`?"),
            None => format!("{marked}; `alecs-cache config --all` lists the keys"),
        })
    }

    fn refuse(&self, at: usize, what: &str) -> Failure {
        Failure::config(format!(
            "`{}` line {} {what}",
            self.path.display(),
            self.line(at)
        ))
        .hint(self.marked(at))
    }

    /// The line in question, without its value: that may be a secret.
    fn marked(&self, at: usize) -> String {
        let line = self.line(at);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        match text.split_once('=') {
            Some((key, _)) => format!("line {line}: `{} = …`", key.trim()),
            None if text.trim_start().starts_with('[') => format!("line {line}: `{}`", text.trim()),
            None => format!("look at line {line}"),
        }
    }

    fn line(&self, at: usize) -> usize {
        self.text
            .bytes()
            .take(at)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        // The digits without their separators; another base would be a number that looks like another.
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(on) => Some(on.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn parse(text: &str) -> Result<File, Failure> {
        File::parse(Path::new("/c.toml"), text)
    }

    fn refused(text: &str) -> String {
        let failure = parse(text).unwrap_err();
        assert_eq!(failure.exit, Exit::Config);
        failure.message
    }

    #[test]
    fn settings_are_read_with_their_lines() {
        let file = parse("\nurl = 'redis://h'\nnodes = ['a:1', 'b:2']\n[ttl]\nrules = '1h'\n[profile.prod]\nprotected = true\n[profile.prod.ttl]\nrules = 60\n[thresholds]\nhit_rate = 92.5\n").unwrap();
        let url = &file.top.settings["url"];
        assert_eq!(
            (url.texts.as_slice(), url.line),
            (["redis://h".to_owned()].as_slice(), 2)
        );
        assert_eq!(file.top.settings["nodes"].texts, ["a:1", "b:2"]);
        assert_eq!(file.top.ttl[0].0, Resource::Rules);
        assert_eq!(
            (file.top.ttl[0].1.texts.clone(), file.top.ttl[0].1.line),
            (vec!["1h".into()], 5)
        );
        let prod = &file.profiles["prod"];
        assert_eq!(
            (
                prod.settings["protected"].texts[0].as_str(),
                prod.settings["protected"].line
            ),
            ("true", 7)
        );
        assert_eq!(prod.ttl[0].1.texts, ["60"]);
        assert_eq!(file.top.thresholds[0].1.texts, ["92.5"]);
    }

    #[test]
    fn profiles_may_stand_in_either_number() {
        let file = parse("[profiles.a]\nretries = 1\n[profile.b]\nretries = 2").unwrap();
        let retries = |name| file.profiles[name].settings["retries"].texts[0].as_str();
        assert_eq!((retries("a"), retries("b")), ("1", "2"));
    }

    #[test]
    fn a_key_may_be_spelled_as_its_flag() {
        assert_eq!(
            parse("key-prefix = 'x:'").unwrap().top.settings["key_prefix"].texts,
            ["x:"]
        );
        assert_eq!(
            refused("key-prefix = 'x:'\nkey_prefix = 'y:'"),
            "`/c.toml` line 2 has `key_prefix` twice"
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        assert_eq!(
            refused("\n\nurll = 'x'"),
            "`/c.toml` line 3 has the unknown key `urll`"
        );
        assert_eq!(
            refused("[profile.p]\nx = 1"),
            "`/c.toml` line 2 has the unknown key `x` in [profile.p]"
        );
        assert_eq!(
            refused("[ttl]\nrule = '1h'"),
            "`/c.toml` line 2 has the unknown key `rule` in [ttl]"
        );
        assert_eq!(
            refused("[thresholds]\nhits = 1"),
            "`/c.toml` line 2 has the unknown key `hits` in [thresholds]"
        );
        assert_eq!(
            refused("[redis]\nurl = 'x'"),
            "`/c.toml` line 1 has the unknown key `redis`"
        );
        assert_eq!(
            refused("[profile.p]\nprofile = 'q'"),
            "`/c.toml` line 2 has the unknown key `profile` in [profile.p]"
        );
        assert_eq!(
            refused("password = 'x'"),
            "`/c.toml` line 1 has the unknown key `password`"
        );
    }

    #[test]
    fn what_is_no_toml_is_refused_without_showing_the_line() {
        let message = refused("db = 1\nurl = 'redis://:hunter2@h\n");
        assert!(
            message.starts_with("`/c.toml` line 2 is not TOML: "),
            "{message}"
        );
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn a_table_where_a_value_belongs_is_refused() {
        assert_eq!(
            refused("url = {host = 'x'}"),
            "`/c.toml` line 1 gives `url` a value of type table, which it cannot be"
        );
        assert_eq!(
            refused("db = 0x10"),
            "`/c.toml` line 1 gives `db` a value of type integer, which it cannot be"
        );
        assert_eq!(
            refused("[profile]\np = 1"),
            "`/c.toml` line 2 gives profile `p` no table of settings"
        );
    }
}
