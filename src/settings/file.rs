//! The configuration file: TOML with settings at its top level, the tables `[ttl]`, `[incremental]` and
//! `[thresholds]`, and all of these again in `[profile.NAME]` or `[profiles.NAME]`. An unknown key is an error that
//! names its line.

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

/// Limit of the configuration file, in bytes.
const SIZE_MAX: u64 = 1024 * 1024;

/// Tables whose settings are named `TABLE.KEY`.
const TABLES: [&str; 3] = ["ttl", "incremental", "thresholds"];

/// The top level or a profile: setting names with their texts. The values of a list are joined with commas.
pub(super) type FileSection = BTreeMap<String, Resolved<String>>;

/// A parsed file; all its keys are known.
#[derive(Debug)]
pub(super) struct File {
    pub path: PathBuf,
    pub top: FileSection,
    /// Profiles by name.
    pub profiles: BTreeMap<String, FileSection>,
}

impl File {
    /// Reads a file; fails if it is missing.
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
                "the configuration file `{name}` is larger than 1 MiB"
            ))),
            Ok(_) => Self::parse(path, &text),
        }
    }

    /// Parses the text of the file at `path`.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let names = keys::of_file().map(|key| key.name.to_owned());
        let known: Vec<String> = names.chain(keys::of_tables()).collect();
        let section = |profile| SectionReader {
            path,
            text,
            known: &known,
            profile,
            section: FileSection::new(),
        };
        let mut top = section(None);
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            // The parser's message without its excerpt: the line may hold a secret.
            top.refuse(at, &format!("is not TOML: {}", error.message()))
        })?;
        let mut profiles = BTreeMap::new();
        for (name, value) in table.get_ref() {
            let ("profile" | "profiles", DeValue::Table(inner)) =
                (&**name.get_ref(), value.get_ref())
            else {
                top.entry("", name, value.get_ref())?;
                continue;
            };
            for (name, value) in inner {
                let (at, name) = (name.span().start, name.get_ref());
                let Some(table) = value.get_ref().as_table() else {
                    let what = format!("gives profile `{name}` no table of settings");
                    return Err(top.refuse(at, &what));
                };
                let mut profile = section(Some(name));
                profile.table("", table)?;
                profiles.insert(name.to_string(), profile.section);
            }
        }
        Ok(Self {
            path: path.to_owned(),
            top: top.section,
            profiles,
        })
    }
}

/// Parser of the top level or of a profile.
struct SectionReader<'a> {
    path: &'a Path,
    text: &'a str,
    /// Names of all settings that the file may hold.
    known: &'a [String],
    profile: Option<&'a str>,
    section: FileSection,
}

impl SectionReader<'_> {
    /// Adds the values of a table; `table` is the prefix of their names.
    fn table(&mut self, table: &str, values: &DeTable<'_>) -> Result<(), Failure> {
        let mut values = values.iter();
        values.try_for_each(|(name, value)| self.entry(table, name, value.get_ref()))
    }

    fn entry(
        &mut self,
        table: &str,
        name: &Spanned<DeString<'_>>,
        value: &DeValue<'_>,
    ) -> Result<(), Failure> {
        let (at, name) = (name.span().start, name.get_ref().as_ref());
        let setting = format!("{table}{}", name.replace('-', "_"));
        if let (DeValue::Table(inner), true) = (value, TABLES.contains(&&*setting)) {
            return self.table(&format!("{setting}."), inner);
        }
        // A profile cannot choose another profile.
        let never = self.profile.is_some() && setting == keys::default_profile.name;
        if never || !self.known.contains(&setting) {
            return Err(self.unknown(at, name, table));
        }
        let key = keys::ALL.iter().find(|key| key.name == setting);
        let kind = key.map_or(SettingKind::Text, |key| key.kind);
        let texts: Option<Vec<String>> = match value {
            DeValue::Array(list) if matches!(kind, SettingKind::List) => {
                list.iter().map(|one| scalar(one.get_ref())).collect()
            }
            one => scalar(one).map(|text| vec![text]),
        };
        let texts = texts.ok_or_else(|| {
            let kind = value.type_str();
            let what = format!("has a value of the wrong type for `{name}` ({kind})");
            self.refuse(at, &what)
        })?;
        let mut text = texts.join(",");
        // A relative path is relative to the folder of the file, never to the current folder.
        if let (SettingKind::Path, Some(folder)) = (kind, self.path.parent())
            && !(text.is_empty() || Path::new(&text).starts_with("~"))
        {
            text = folder.join(text).to_string_lossy().into_owned();
        }
        let place = format!("{}:{}", self.path.display(), self.line(at));
        let origin = match self.profile {
            Some(name) => Origin::new(Precedence::Profile, format!("profile {name}, {place}")),
            None => Origin::new(Precedence::File, place),
        };
        // An empty list counts as unset.
        if !texts.is_empty() {
            let found = Resolved::new(text, &origin);
            if self.section.insert(setting, found).is_some() {
                return Err(self.refuse(at, &format!("has `{name}` twice")));
            }
        }
        Ok(())
    }

    fn unknown(&self, at: usize, name: &str, table: &str) -> Failure {
        let words = self
            .known
            .iter()
            .filter_map(|known| known.strip_prefix(table));
        let words = words.filter(|word| !word.contains('.'));
        let meant = match name {
            "profile" if self.profile.is_none() => Some(keys::default_profile.name),
            _ => nearest(&name.replace('-', "_"), words),
        };
        let mut place = String::new();
        if let Some(profile) = self.profile {
            place = format!(" in [profile.{profile}]");
        }
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

    /// Quotes the line without its value, which may be a secret.
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
        // Without digit separators. A number in another base would be taken for a decimal one.
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(on) => Some(on.to_string()),
        _ => None,
    }
}
