//! The generated files of the project are up to date: completions, manual pages, and the demo's recording. `UPDATE=1
//! cargo test --test generated` rewrites them.

#![cfg(test)]

use alecs_cache::testing::cli;
use alecs_cache::testing::commands::{completions, man};
use clap_complete::{Generator as _, Shell};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[expect(
    dead_code,
    unused_imports,
    reason = "the stand-in API edits and serves accounts, a recording only reads one"
)]
#[path = "it/support/account.rs"]
mod account;

const SHELLS: [Shell; 4] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell];

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// Compares or rewrites the files of a folder, which may contain no other files.
fn hold_folder(folder: &str, files: Vec<(String, Vec<u8>)>) {
    let folder = project().join(folder);
    if update() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in &files {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let made: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let standing: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(standing, made, "files in {}", folder.display());
    for (name, text) in files {
        let path: PathBuf = folder.join(&name);
        assert!(
            fs::read(&path).unwrap() == text,
            "{} is not what the command line says; UPDATE=1 cargo test --test generated rewrites it",
            path.display()
        );
    }
}

#[test]
fn completions_are_those_of_the_command_line() {
    let files = SHELLS.map(|shell| {
        let script = completions::script(shell).unwrap();
        (shell.file_name("alecs-cache"), script)
    });
    hold_folder("completions", files.to_vec());
}

#[test]
fn manual_pages_are_those_of_the_command_line() {
    hold_folder("man", man::pages(&cli::definition()).unwrap());
}

#[test]
fn every_item_of_the_manual_pages_has_a_text() {
    let mut bare = Vec::new();
    for (name, page) in man::pages(&cli::definition()).unwrap() {
        let page = String::from_utf8(page).unwrap();
        for item in page.split("\n.TP\n").skip(1) {
            let mut lines = item.lines();
            let term = lines.next().unwrap_or_default();
            if lines.next().is_none_or(|text| text.starts_with('.')) {
                bare.push(format!("{name}: {term}"));
            }
        }
    }
    assert!(
        bare.is_empty(),
        "items without a text:\n{}",
        bare.join("\n")
    );
}

#[test]
fn mandoc_finds_nothing_in_the_manual_pages() {
    let folder = tempfile::tempdir().unwrap();
    let pages = man::pages(&cli::definition()).unwrap();
    let files = pages.into_iter().map(|(name, page)| {
        let file = folder.path().join(name);
        fs::write(&file, page).unwrap();
        file
    });
    let lint = Command::new("mandoc").arg("-Tlint").args(files).output();
    let lint = lint.expect("mandoc is installed; `make test` installs it where it may");
    let found = String::from_utf8(lint.stdout).unwrap();
    assert!(lint.status.success() && found.is_empty(), "{found}");
}

#[test]
fn the_recording_of_the_demo_is_that_of_the_account_of_the_tests() {
    let account = account::Account::new(7)
        .groups(6)
        .contracts(2)
        .properties(60)
        .hostnames(180);
    let lines: Vec<String> = account.recording("acme", false).collect();
    let recording = lines.join("\n") + "\n";
    let path = project().join("examples/acme.ndjson");
    if update() {
        fs::write(&path, recording).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(&path).unwrap() == recording,
        "examples/acme.ndjson is not the account of the tests; UPDATE=1 cargo test --test generated rewrites it"
    );
}

#[test]
fn every_command_has_a_page_and_the_pages_hold_the_exit_codes() {
    let pages = man::pages(&cli::definition()).unwrap();
    for command in cli::definition().get_subcommands() {
        let name = format!("alecs-cache-{}.1", command.get_name());
        assert!(
            pages.iter().any(|(page, _)| *page == name),
            "{name} is missing"
        );
    }
    let (_, tool) = &pages[0];
    let tool = String::from_utf8(tool.clone()).unwrap();
    assert!(tool.contains(".SH \"EXIT STATUS\"") && tool.contains("part of the work failed"));
    assert!(tool.contains(".SH ENVIRONMENT") && tool.contains("VALKEY_HOST"));
    // The examples are those of the help.
    for (command, examples) in alecs_cache::testing::commands::examples::ALL {
        let command = command.split(' ').next().unwrap();
        let name = format!("alecs-cache-{command}.1");
        let (_, page) = pages.iter().find(|(page, _)| *page == name).unwrap();
        let page = String::from_utf8(page.clone()).unwrap().replace('\\', "");
        assert!(
            page.contains(".SH EXAMPLES") && page.contains(examples[0].what),
            "{name}"
        );
    }
    // Subcommands have no page of their own.
    let (_, locks) = pages
        .iter()
        .find(|(name, _)| name == "alecs-cache-locks.1")
        .unwrap();
    let locks = String::from_utf8(locks.clone()).unwrap();
    assert!(locks.contains("\nRemove stale locks") && locks.contains("\\-\\-stale"));
}
