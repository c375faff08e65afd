//! Rules of the project that the compiler does not check: allowed module uses, printing, the borders of the drivers,
//! and completeness.

#![cfg(test)]

mod shipped;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project: its path from the root and its text.
struct File {
    path: String,
    text: String,
}

impl File {
    /// Returns the top-level module: `store` for `src/store/scan.rs`.
    fn module(&self) -> &str {
        let rest = self.path.strip_prefix("src/").unwrap_or(&self.path);
        rest.split(['/', '.']).next().unwrap_or_default()
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
    }

    /// Returns the text before the first `#[cfg(test)]` module; empty for a test file.
    fn product(&self) -> &str {
        if self.is_test() {
            return "";
        }
        self.text
            .split("#[cfg(test)]\nmod ")
            .next()
            .unwrap_or_default()
    }

    /// Returns the numbered lines without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.product().lines().enumerate();
        let lines = lines.map(|(index, line)| (index + 1, line.trim()));
        lines.filter(|(_, line)| !line.starts_with("//"))
    }
}

fn files(folder: &str) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![project().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path
                    .strip_prefix(project())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.push(File { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "there is nothing in {folder}");
    found
}

/// Panics with every place that breaks a rule.
fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

/// The modules that each module may use.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("main", &[]),
    (
        "lib",
        &[
            "cli", "commands", "domain", "exit", "output", "settings", "source", "stop", "store",
            "cache",
        ],
    ),
    ("cli", &["commands", "domain", "exit", "output", "settings"]),
    (
        "commands",
        &[
            "cache", "clock", "domain", "exit", "output", "settings", "source", "stop", "store",
        ],
    ),
    (
        "cache",
        &["clock", "domain", "source", "stop", "store", "waiting"],
    ),
    // Settings supply each layer's options, and fail like the command line.
    (
        "settings",
        &["domain", "exit", "output", "source", "stop", "store"],
    ),
    (
        "exit",
        &["cache", "domain", "output", "source", "stop", "store"],
    ),
    ("output", &["domain", "stop", "waiting", "write_target"]),
    ("store", &["domain", "stop", "waiting"]),
    ("source", &["domain", "stop", "waiting", "write_target"]),
    ("clock", &[]),
    ("waiting", &["domain"]),
    ("write_target", &["stop"]),
    ("stop", &[]),
    ("domain", &[]),
    (
        "testing",
        &[
            "cache", "cli", "commands", "domain", "output", "settings", "source", "stop", "store",
        ],
    ),
];

#[test]
fn modules_use_each_other_in_one_direction() {
    let mut broken = Vec::new();
    for file in files("src") {
        let allowed = MAY_USE.iter().find(|(module, _)| *module == file.module());
        let (_, allowed) =
            allowed.unwrap_or_else(|| panic!("{} belongs to no known module", file.path));
        for (number, line) in file.code() {
            for used in line.split("crate::").skip(1) {
                let name: String = used
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect();
                if name.is_empty() || name == file.module() || allowed.contains(&name.as_str()) {
                    continue;
                }
                broken.push(format!("{}:{number} uses {name}", file.path));
            }
        }
    }
    none(&broken, "a module uses one that it should not know");
}

/// Returns the modules below `src` by their paths, such as `["store", "net", "tls"]`.
fn modules(files: &[File]) -> BTreeMap<Vec<&str>, &File> {
    let product = files.iter().filter(|file| !file.is_test());
    let each = product.map(|file| {
        let path = file.path.trim_start_matches("src/").trim_end_matches(".rs");
        (path.split('/').collect(), file)
    });
    each.collect()
}

/// Returns the modules that a file names, as `crate::…` or `super::…`, or in a list after one of these.
fn named<'f>(file: &'f File, own: &[&'f str]) -> Vec<Vec<&'f str>> {
    let mut named = Vec::new();
    let mut list: Option<Vec<&str>> = None;
    for (_, line) in file.code() {
        for text in line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            let mut words = text.split("::").filter(|word| !word.is_empty()).peekable();
            let mut path: Vec<&str> = match words.peek() {
                Some(&"crate") => Vec::new(),
                Some(&"super") => own.to_vec(),
                Some(_) if list.is_some() => list.clone().unwrap(),
                _ => continue,
            };
            for word in words.filter(|word| *word != "crate") {
                if word == "super" {
                    path.pop();
                } else {
                    path.push(word);
                }
            }
            if text.ends_with("::") {
                list = Some(path.clone());
            }
            named.push(path);
        }
        if line.ends_with(';') {
            list = None;
        }
    }
    named
}

/// Returns everything reachable from `start`.
fn reached<'u>(uses: &'u BTreeSet<(String, String)>, start: &'u str) -> BTreeSet<&'u str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        let next = uses.iter().filter(|(one, _)| one == at);
        open.extend(
            next.map(|(_, other)| other.as_str())
                .filter(|other| seen.insert(*other)),
        );
    }
    seen
}

#[test]
fn no_neighbours_use_each_other_in_a_circle() {
    let files = files("src");
    let modules = modules(&files);
    let mut uses = BTreeSet::new();
    for (own, file) in &modules {
        for mut other in named(file, own) {
            while !other.is_empty() && !modules.contains_key(&other) {
                other.pop();
            }
            let shared = own.iter().zip(&other).take_while(|(a, b)| a == b).count();
            // Submodules belong to their module.
            if shared < own.len() && shared < other.len() {
                uses.insert((own[..=shared].join("/"), other[..=shared].join("/")));
            }
        }
    }
    assert!(uses.len() > 200, "only {} uses were found", uses.len());
    let circles: Vec<String> = uses
        .iter()
        .filter(|(one, other)| reached(&uses, other).contains(one.as_str()))
        .map(|(one, other)| format!("src/{one} uses src/{other}, which leads back to it"))
        .collect();
    none(&circles, "neighbours use each other in a circle");
}

#[test]
fn drivers_stop_at_the_border_of_their_folder() {
    let drivers = [
        ("redis::", &["store"][..]),
        ("reqwest::", &["source"]),
        ("indicatif::", &["output"]),
        ("ratatui::", &["output"]),
        ("console::", &["output"]),
        // Modules that parse arguments or report that they are wrong.
        ("clap::", &["cli", "commands", "settings", "exit"]),
    ];
    let mut broken = Vec::new();
    for file in files("src") {
        for (number, line) in file.code() {
            for (driver, home) in drivers {
                let names = line.match_indices(driver).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"')
                });
                if names && !home.contains(&file.module()) {
                    broken.push(format!("{}:{number} names {driver}", file.path));
                }
            }
        }
    }
    none(&broken, "a driver is named outside its folder");
}

#[test]
fn only_the_output_prints() {
    let printing = [
        "println!",
        "print!(",
        "eprint",
        "io::stdout()",
        "io::stderr()",
        "std::io::stdout",
        "std::io::stderr",
    ];
    let mut broken = Vec::new();
    for file in files("src").iter().filter(|file| file.module() != "output") {
        for (number, line) in file.code() {
            if printing.iter().any(|word| line.contains(word)) {
                broken.push(format!("{}:{number} {line}", file.path));
            }
        }
    }
    none(&broken, "something prints outside src/output");
}

#[test]
fn the_environment_is_read_in_one_place() {
    let mut broken = Vec::new();
    for file in files("src") {
        let reads = file.code().filter(|(_, line)| line.contains("env::var"));
        let allowed = [
            "src/settings/environment.rs",
            // A panic is reported before there are settings, and RUST_BACKTRACE is Rust's.
            "src/exit/last_line.rs",
            // PATH and XDG_RUNTIME_DIR describe the machine, not the operator's wishes.
            "src/store/embedded/server.rs",
            "src/store/embedded/folder.rs",
        ];
        if !allowed.contains(&file.path.as_str()) {
            broken.extend(reads.map(|(number, line)| format!("{}:{number} {line}", file.path)));
        }
    }
    none(&broken, "the environment is read where no test can set it");
}

#[test]
fn every_module_says_what_it_is_for() {
    let all = files("src").into_iter().chain(files("tests"));
    let mute: Vec<String> = all
        .filter(|file| !file.text.starts_with("//! "))
        // A test file is described by its module.
        .filter(|file| !file.path.ends_with("/tests.rs"))
        .map(|file| file.path)
        .collect();
    none(&mute, "these files do not begin with `//! `");
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = files("src")
        .into_iter()
        .map(|file| (file.product().lines().count(), file.path))
        .filter(|(lines, _)| *lines > 400)
        .map(|(lines, path)| format!("{path} has {lines} lines besides its tests"))
        .collect();
    none(&long, "these files do more than one thing");
}

/// Returns the name of the type that a line declares. Associated types inside an `impl` do not count.
fn declared_type(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    let visible = line.starts_with("pub");
    let kinds = ["struct", "enum", "trait", "union", "type"];
    let kind = words.position(|word| kinds.contains(&word))?;
    (kind <= if visible { 3 } else { 0 })
        .then(|| words.next())
        .flatten()
}

#[test]
fn a_type_name_stands_for_one_thing() {
    // Every layer has its own, always written with its path: `store::Error`.
    const IN_EVERY_LAYER: [&str; 2] = ["Error", "Options"];
    let mut declared = std::collections::BTreeMap::<String, Vec<String>>::new();
    for file in files("src") {
        for line in file
            .product()
            .lines()
            .filter(|line| !line.starts_with([' ', '/']))
        {
            if let Some(name) = declared_type(line) {
                let places = declared.entry(name.to_owned()).or_default();
                places.push(file.path.clone());
            }
        }
    }
    assert!(declared.len() > 500, "{} types", declared.len());
    let broken: Vec<String> = declared
        .into_iter()
        .filter(|(name, places)| places.len() > 1 && !IN_EVERY_LAYER.contains(&&**name))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    none(&broken, "a type name is declared once");
}

#[test]
fn folders_are_named_for_what_they_hold() {
    let vague = [
        "utils", "util", "helpers", "helper", "common", "manager", "misc",
    ];
    let named: Vec<String> = files("src")
        .into_iter()
        .filter(|file| {
            file.path
                .split(['/', '.'])
                .any(|word| vague.contains(&word))
        })
        .map(|file| file.path)
        .collect();
    none(&named, "these names say nothing");
}

#[test]
fn no_command_of_valkey_stops_the_server_or_empties_it() {
    let forbidden = [
        "\"KEYS\"",
        "\"FLUSHDB\"",
        "\"FLUSHALL\"",
        "\"keys\"",
        "\"flushdb\"",
        "\"flushall\"",
        ".keys(\"",
        "flushdb(",
        "flushall(",
    ];
    let mut broken = Vec::new();
    for file in files("src")
        .iter()
        .filter(|file| file.module() == "store" || file.module() == "cache")
    {
        for (number, line) in file.code() {
            if forbidden.iter().any(|word| line.contains(word)) {
                broken.push(format!("{}:{number} {line}", file.path));
            }
        }
    }
    none(
        &broken,
        "a command blocks the server or removes more than was asked for",
    );
}

#[test]
fn every_file_is_a_module_of_its_parent() {
    let files: Vec<File> = files("src").into_iter().chain(files("tests/it")).collect();
    let roots = ["src/lib.rs", "src/main.rs", "tests/it/main.rs"];
    let broken = files.iter().filter(|file| !roots.contains(&&*file.path));
    let broken = broken.filter(|file| {
        let module = file.path.trim_end_matches("/mod.rs");
        let (parent, name) = module.trim_end_matches(".rs").rsplit_once('/').unwrap();
        let parents = match parent {
            "src" | "tests/it" => format!("{parent}/lib.rs {parent}/main.rs"),
            _ => format!("{parent}.rs {parent}/mod.rs"),
        };
        let parents = files
            .iter()
            .filter(|file| parents.split(' ').any(|path| path == file.path));
        let line = format!("mod {name};");
        !parents
            .into_iter()
            .any(|parent| parent.text.lines().any(|text| text.ends_with(&line)))
    });
    let broken: Vec<String> = broken.map(|file| file.path.clone()).collect();
    none(&broken, "no `mod` names the file, so it is not compiled");
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let places = [
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/tmp/", "vl"),
        concat!("/tmp/", "valkey"),
    ];
    let mut broken = Vec::new();
    for file in files("src").into_iter().chain(files("tests")) {
        for (index, line) in file.text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                broken.push(format!("{}:{} {line}", file.path, index + 1));
            }
        }
    }
    none(&broken, "a path of one machine");
}
