//! The configuration file: TOML, settings at its top, `[ttl]`, `[incremental]` and `[thresholds]`, and the same again in
//! `[profile.NAME]`, or `[profiles.NAME]`. Unknown keys are refused with their line.

use super::keys;
use super::origin::{Origin, Precedence, Resolved};
use super::values::SettingKind;
use crate::domain::nearest::nearest;
use crate::domain::os_error::cause;
use crate::exit::Failure;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The largest configuration file, in bytes.
const SIZE_MAX: u64 = 1024 * 1024;

/// The tables with settings of their own, named `TABLE.KEY`.
const TABLES: [&str; 3] = ["ttl", "incremental", "thresholds"];

/// The top level or a profile: texts by the names of their settings, the values of a list with commas between them.
pub(super) type FileSection = BTreeMap<String, Resolved<String>>;

/// A file that was read, with known keys only.
#[derive(Debug)]
pub(super) struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Its top level.
    pub top: FileSection,
    /// Its profiles, by name.
    pub profiles: BTreeMap<String, FileSection>,
}

impl File {
    /// Reads a file that must be there.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut text = String::new();
        let opened = std::fs::File::open(path);
        let read = opened.and_then(|file| file.take(SIZE_MAX + 1).read_to_string(&mut text));
        let name = path.display();
        match read {
            Err(error) => {
                let cause = cause(error);
                Err(Failure::config(format!(
                    "cannot read the configuration file `{name}`: {cause}"
                )))
            }
            Ok(size) if size as u64 > SIZE_MAX => Err(Failure::config(format!(
                "the configuration file `{name}` is larger than a megabyte"
            ))),
            Ok(_) => Self::parse(path, &text),
        }
    }

    /// Reads the text of a file.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let reader = FileReader {
            path,
            text,
            known: keys::names(),
        };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            // The message of the parser without its excerpt: the line may hold a secret.
            reader.refuse(at, &format!("is not TOML: {}", error.message()))
        })?;
        let mut file = Self {
            path: path.to_owned(),
            top: FileSection::new(),
            profiles: BTreeMap::new(),
        };
        for (name, value) in table.get_ref() {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("profile" | "profiles", DeValue::Table(profiles)) => {
                    for (name, value) in profiles {
                        let section = reader.profile(name, value.get_ref())?;
                        file.profiles.insert(name.get_ref().to_string(), section);
                    }
                }
                (_, value) => reader.entry(&mut file.top, None, "", name, value)?,
            }
        }
        Ok(file)
    }
}

/// Reads the text of one file, with line numbers for errors.
struct FileReader<'a> {
    path: &'a Path,
    text: &'a str,
    known: Vec<String>,
}

impl FileReader<'_> {
    fn profile(
        &self,
        name: &Spanned<DeString<'_>>,
        value: &DeValue<'_>,
    ) -> Result<FileSection, Failure> {
        let mut section = FileSection::new();
        let (at, name) = (name.span().start, name.get_ref());
        let Some(table) = value.as_table() else {
            return Err(self.refuse(at, &format!("gives profile `{name}` no table of settings")));
        };
        for (key, value) in table {
            self.entry(&mut section, Some(name), "", key, value.get_ref())?;
        }
        Ok(section)
    }

    /// Takes a value, or those of a table, whose name is in front of theirs.
    fn entry(
        &self,
        section: &mut FileSection,
        profile: Option<&str>,
        table: &str,
        name: &Spanned<DeString<'_>>,
        value: &DeValue<'_>,
    ) -> Result<(), Failure> {
        let (at, name) = (name.span().start, name.get_ref().as_ref());
        let setting = format!("{table}{}", name.replace('-', "_"));
        if let (DeValue::Table(inner), "", true) = (value, table, TABLES.contains(&&*setting)) {
            let table = format!("{setting}.");
            for (name, value) in inner {
                self.entry(section, profile, &table, name, value.get_ref())?;
            }
            return Ok(());
        }
        // A profile cannot choose another one, and no file another file.
        let never = setting == "config" || setting == "default_profile" && profile.is_some();
        if never || !self.known.contains(&setting) {
            return Err(self.unknown(at, name, profile, table));
        }
        let key = keys::ALL.iter().find(|key| key.name == setting);
        let kind = key.map_or(SettingKind::Text, |key| key.kind);
        let (path, line) = (self.path.display(), self.line(at));
        let texts: Option<Vec<String>> = match value {
            DeValue::Array(list) if matches!(kind, SettingKind::List) => {
                list.iter().map(|one| scalar(one.get_ref())).collect()
            }
            DeValue::Array(_) => {
                let what = format!("`{setting}` takes one value, not a list ({path}:{line})");
                return Err(Failure::config(what));
            }
            one => scalar(one).map(|text| vec![text]),
        };
        let texts = texts.ok_or_else(|| {
            let kind = value.type_str();
            let what = format!("gives `{name}` a value of type {kind}, which it cannot be");
            self.refuse(at, &what)
        })?;
        let mut text = texts.join(",");
        // A relative name counts from the file's folder, never from the current one.
        if let (SettingKind::Path, Some(folder)) = (kind, self.path.parent())
            && !(text.is_empty() || Path::new(&text).starts_with("~"))
        {
            text = folder.join(text).to_string_lossy().into_owned();
        }
        let origin = match profile {
            Some(profile) => {
                let from = format!("profile {profile}, {path}:{line}");
                Origin::new(Precedence::Profile, from)
            }
            None => Origin::new(Precedence::File, format!("{path}:{line}")),
        };
        // An empty list counts as not set.
        if !texts.is_empty()
            && section
                .insert(setting, Resolved::new(text, &origin))
                .is_some()
        {
            return Err(self.refuse(at, &format!("has `{name}` twice")));
        }
        Ok(())
    }

    fn unknown(&self, at: usize, name: &str, profile: Option<&str>, table: &str) -> Failure {
        let words = self
            .known
            .iter()
            .filter_map(|known| known.strip_prefix(table));
        let words = words.filter(|word| !word.contains('.'));
        let meant = match name {
            "profile" if profile.is_none() => Some(keys::default_profile.name),
            _ => nearest(&name.replace('-', "_"), words),
        };
        let mut place = profile.map_or_else(String::new, |name| format!(" in [profile.{name}]"));
        if let Some(table) = table.strip_suffix('.') {
            place = format!("{place} in [{table}]");
        }
        let failure = self.refuse(at, &format!("has the unknown key `{name}`{place}"));
        let marked = self.marked(at);
        failure.hint(match meant {
            Some(meant) => format!("{marked}; did you mean `{meant}`?"),
            None => format!("{marked}; `alecs-cache config --all` lists the keys"),
        })
    }

    fn refuse(&self, at: usize, what: &str) -> Failure {
        let (path, line) = (self.path.display(), self.line(at));
        Failure::config(format!("`{path}` line {line} {what}")).hint(self.marked(at))
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
        let before = self.text.bytes().take(at);
        before.filter(|byte| *byte == b'\n').count() + 1
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
        let prod = &file.profiles["prod"];
        for (section, name, text, origin) in [
            (&file.top, "url", "redis://h", "/c.toml:2"),
            (&file.top, "nodes", "a:1,b:2", "/c.toml:3"),
            (&file.top, "ttl.rules", "1h", "/c.toml:5"),
            (&file.top, "thresholds.hit_rate", "92.5", "/c.toml:11"),
            (prod, "protected", "true", "profile prod, /c.toml:7"),
            (prod, "ttl.rules", "60", "profile prod, /c.toml:9"),
        ] {
            let Resolved {
                value,
                origin: from,
            } = &section[name];
            assert_eq!((&**value, &*from.from), (text, origin), "{name}");
        }
    }

    #[test]
    fn profiles_may_stand_in_either_number() {
        let file = parse("[profiles.a]\nretries = 1\n[profile.b]\nretries = 2").unwrap();
        let retries = |name| file.profiles[name]["retries"].value.as_str();
        assert_eq!((retries("a"), retries("b")), ("1", "2"));
    }

    #[test]
    fn a_key_may_be_spelled_as_its_flag() {
        let file = parse("key-prefix = 'x:'").unwrap();
        assert_eq!(file.top["key_prefix"].value, "x:");
        assert_eq!(
            refused("key-prefix = 'x:'\nkey_prefix = 'y:'"),
            "`/c.toml` line 2 has `key_prefix` twice"
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        for (text, line, key) in [
            ("\n\nurll = 'x'", 3, "`urll`"),
            ("[profile.p]\nx = 1", 2, "`x` in [profile.p]"),
            ("[ttl]\nrule = '1h'", 2, "`rule` in [ttl]"),
            ("[thresholds]\nhits = 1", 2, "`hits` in [thresholds]"),
            ("[redis]\nurl = 'x'", 1, "`redis`"),
            ("[profile.p]\nprofile = 'q'", 2, "`profile` in [profile.p]"),
            ("password = 'x'", 1, "`password`"),
        ] {
            let message = format!("`/c.toml` line {line} has the unknown key {key}");
            assert_eq!(refused(text), message);
        }
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
        let of_type = |kind| format!("a value of type {kind}, which it cannot be");
        for (text, line, what, given) in [
            ("url = {host = 'x'}", 1, "`url`", of_type("table")),
            ("db = 0x10", 1, "`db`", of_type("integer")),
            (
                "[profile]\np = 1",
                2,
                "profile `p`",
                "no table of settings".into(),
            ),
        ] {
            let message = format!("`/c.toml` line {line} gives {what} {given}");
            assert_eq!(refused(text), message);
        }
    }
}
