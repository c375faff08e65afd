//! `config init`: asks three questions and writes a commented configuration file.

use crate::domain::keyword::Keyword as _;
use crate::domain::os_error::cause;
use crate::domain::stats::thresholds::Thresholds;
use crate::domain::ttl::{Intervals, Policy, Resource};
use crate::exit::{Exit, Failure};
use crate::output::{Format, Output, file};
use crate::settings::keys::{self, SettingKey};
use crate::settings::{self, Environment, Flags, Given};
use crate::stop::Stop;
use clap::Args;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Options of `init`. The settings are given by the options that every command has.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Replace a file that exists
    #[arg(long)]
    pub force: bool,
}

/// Options that are about this run and not about later ones.
const OF_THIS_RUN: [&SettingKey; 6] = [
    &keys::output,
    &keys::quiet,
    &keys::verbose,
    &keys::color,
    &keys::no_progress,
    &keys::no_input,
];

/// The values to write, by the names of their settings.
type InitAnswers = BTreeMap<&'static str, String>;

/// Asks for each answer that no option gives, and writes the file.
pub(crate) async fn run(
    arguments: &InitArgs,
    flags: &Flags,
    given: &Given<'_>,
    environment: &Environment,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    // A variable or a file may ask for another format or a profile on behalf of other commands.
    let format = flags.get(keys::output.name);
    if format.is_some_and(|format| format != Format::Table.as_str()) {
        return Err(Failure::usage(
            "`config init` writes a file and has no other output",
        ));
    }
    if flags.get(keys::default_profile.name).is_some() {
        return Err(
            Failure::usage("`config init` writes a new file, not a profile")
                .hint("add [profile.NAME] to the file with an editor"),
        );
    }
    let path = given.place_of_file()?.ok_or_else(|| {
        Failure::config("no folder for the file: neither XDG_CONFIG_HOME nor HOME is set")
            .hint("name the file with --config")
    })?;
    let exists = || {
        Failure::usage(format!("`{}` exists", path.display()))
            .hint("pass --force to replace it, or edit it")
    };
    if path.exists() && !arguments.force {
        return Err(exists());
    }
    let answers = answers(flags, given, out, stop).await?;
    let text = text(&answers);
    settings::refuse_unusable(&path, &text, environment)?;
    make_folder(&path)
        .and_then(|()| {
            if arguments.force {
                Ok(())
            } else {
                create(&path)
            }
        })
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => Failure::new(
                Exit::Unexpected,
                format!("cannot write `{}`: {}", path.display(), cause(error)),
            )
            .hint("name another file with --config"),
        })?;
    file::replace(&path, &text)?;
    out.note(&format!("wrote `{}`", path.display()));
    out.note("next: alecs-cache doctor");
    Ok(Exit::Done)
}

async fn answers(
    flags: &Flags,
    given: &Given<'_>,
    out: &Output,
    stop: &Stop,
) -> Result<InitAnswers, Failure> {
    let of_this_run = |key: &SettingKey| OF_THIS_RUN.iter().any(|one| one.name == key.name);
    let typed = keys::of_file().filter(|key| !of_this_run(key));
    let typed = typed.filter_map(|key| Some((key.name, flags.get(key.name)?.to_owned())));
    let mut answers: InitAnswers = typed.collect();
    let [address, name, file] = given.proposals();
    // Nodes and sentinels take the place of the address.
    let servers = [keys::nodes.name, keys::sentinels.name];
    let address = Some(address).filter(|_| servers.iter().all(|name| flags.get(name).is_none()));
    let ask = Interview { out, stop };
    for (key, question, default) in [
        (&keys::url, "Address of Valkey", address),
        (&keys::customer, "Customer", Some(name)),
        (&keys::edgerc, "File of the API credentials", Some(file)),
    ] {
        if let Some(default) = default.filter(|_| !answers.contains_key(key.name)) {
            answers.insert(key.name, ask.answer(key, question, &default).await?);
        }
    }
    for (name, text) in &mut answers {
        if keys::of_file().any(|key| key.name == *name && key.is_path()) {
            *text = path_for_file(name, text)?;
        }
    }
    Ok(answers)
}

/// Returns a path as the file must name it, where a relative one is relative to the file's folder.
fn path_for_file(name: &str, text: &str) -> Result<String, Failure> {
    if text == "-" {
        return Err(Failure::usage(format!(
            "the file cannot hold `-` as {name}: stdin is of one run"
        ))
        .hint("name a file"));
    }
    if text.is_empty() || text.starts_with('~') {
        return Ok(text.to_owned());
    }
    let path = std::path::absolute(text).map_err(Failure::unexpected)?;
    Ok(path.to_string_lossy().into_owned())
}

struct Interview<'a> {
    out: &'a Output,
    stop: &'a Stop,
}

impl Interview<'_> {
    /// Asks for the value of an option; an empty answer means the default, which is what is in force.
    async fn answer(
        &self,
        key: &SettingKey,
        question: &str,
        default: &str,
    ) -> Result<String, Failure> {
        let option = key.flag();
        if !self.out.can_ask() {
            return Err(Failure::usage(format!("no terminal to ask for {option}"))
                .hint(format!("pass {option}, as in {option} {default}")));
        }
        let answer = self
            .out
            .question(&[&format!("{question} [{default}]:")], self.stop)
            .await
            .map_err(Failure::signal)?;
        let answer =
            answer.ok_or_else(|| Failure::new(Exit::Declined, "declined; nothing was written"))?;
        let answer = answer.trim();
        Ok(if answer.is_empty() { default } else { answer }.to_owned())
    }
}

/// Returns the text of the file: the answers, and every other setting commented out.
fn text(answers: &InitAnswers) -> String {
    let mut text = "# Settings of alecs-cache. Flags and environment variables override them.\n\
                    # `alecs-cache config --all` shows the settings in effect.\n\n"
        .to_owned();
    // Writing to a String cannot fail.
    for key in keys::of_file() {
        let _ = match answers.get(key.name) {
            Some(value) => writeln!(text, "# {}\n{} = {}\n", key.what(), key.name, quoted(value)),
            None => writeln!(
                text,
                "# {}\n# {} = {}\n",
                key.what(),
                key.name,
                example(key)
            ),
        };
    }
    text.push_str("# How long values live in the cache.\n# [ttl]\n");
    let policy = Policy::default();
    for resource in Resource::ALL {
        let ttl = crate::domain::duration::text(policy.ttl(resource));
        let _ = writeln!(text, "# {resource} = \"{ttl}\"");
    }
    text.push_str(
        "\n# How often `warm` fetches what it otherwise only keeps alive.\n# [incremental]\n",
    );
    let mut intervals = Intervals::default();
    for name in Intervals::NAMES {
        let interval = intervals.named(name).map(|interval| *interval);
        let interval = crate::domain::duration::text(interval.unwrap_or_default());
        let _ = writeln!(text, "# {name} = \"{interval}\"");
    }
    text.push_str("\n# What stats judges by.\n# [thresholds]\n");
    let thresholds = Thresholds::default();
    for name in Thresholds::names() {
        let _ = writeln!(
            text,
            "# {name} = {}",
            thresholds.get(name).unwrap_or_default()
        );
    }
    text.push_str(
        "\n# A profile overrides the above: alecs-cache --profile production …\n\
         # [profile.production]\n# url = \"rediss://cache.example.com:6379/0\"\n# protected = true\n",
    );
    text
}

/// Returns a TOML value that the setting takes: its default, or an example.
fn example(key: &SettingKey) -> String {
    let text = key.default_text().filter(|text| !text.is_empty());
    let text = text.unwrap_or_else(|| {
        let example = match key.name {
            "url" => "redis://127.0.0.1:6379/0",
            "nodes" => "127.0.0.1:6379",
            "sentinels" => "127.0.0.1:26379",
            "edgerc" => "~/.edgerc",
            "akamai_host" => "http://127.0.0.1:8080",
            _ if key.is_path() => "/path/to/file",
            _ => "example",
        };
        example.to_owned()
    });
    let is_plain = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok();
    if is_plain { text } else { quoted(&text) }
}

/// Formats a TOML string. All escapes of JSON are valid in TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    let folder = folder.recursive(true).mode(0o700);
    path.parent().map_or(Ok(()), |parent| folder.create(parent))
}

/// Creates an empty file, unless one exists.
fn create(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_every_key_and_can_be_used() {
        let answers = InitAnswers::from([
            ("url", "redis://h:1/0".into()),
            ("customer", "acme,beta".into()),
            ("edgerc", "/a \"b\"".into()),
        ]);
        let text = text(&answers);
        let names = keys::of_file().map(|key| key.name.to_owned());
        for name in names.chain(keys::of_tables()) {
            let (table, key) = name.split_once('.').unwrap_or(("", &name));
            assert!(
                table.is_empty() || text.contains(&format!("[{table}]")),
                "{name}"
            );
            assert!(text.contains(&format!("{key} = ")), "{name}");
        }
        let environment = Environment::from_iter([("HOME", "/h")]);
        settings::refuse_unusable(Path::new("/c.toml"), &text, &environment).unwrap();
    }

    #[test]
    fn every_line_that_is_commented_out_can_be_used() {
        let text = text(&InitAnswers::new());
        let mut wrong = Vec::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
            let environment = Environment::from_iter([("HOME", "/h")]);
            let name = line.split_once(" = ").map_or("", |(name, _)| name);
            let file = Path::new("/c.toml");
            let mode = match name {
                "nodes" => "cluster",
                "sentinels" => "sentinel",
                _ => "single",
            };
            let mode = if name == "mode" {
                ""
            } else {
                &format!("mode = '{mode}'")
            };
            let text = format!("{mode}\n{line}\n[profile.example]\n");
            let used = settings::refuse_unusable(file, &text, &environment);
            if keys::of_file().any(|key| key.name == name) {
                wrong.extend(used.err().map(|failure| failure.message));
            }
        }
        assert_eq!(wrong, [""; 0]);
    }
}
