//! Rules for what is shipped: the package, the documents and the dependencies.

use crate::project;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

#[test]
fn what_the_package_of_debian_holds_exists_and_is_what_make_installs() {
    let assets = assets();
    assert!(assets.len() > 6, "{assets:?}");
    let makefile = fs::read_to_string(project().join("Makefile")).unwrap();
    for (source, _) in assets {
        let of_make = source.starts_with("man/") || source.starts_with("completions/");
        assert!(
            !of_make || makefile.contains(&source),
            "make install lacks {source}"
        );
        assert!(
            source.starts_with("target/") || !files_of(&source).is_empty(),
            "{source} of the package does not exist"
        );
    }
}

/// Returns the files of Debian's package: the source, which may be a glob, and where it goes.
fn assets() -> Vec<(String, String)> {
    let text = fs::read_to_string(project().join("Cargo.toml")).unwrap();
    let (_, assets) = text.split_once("assets = [").unwrap();
    let (assets, _) = assets.split_once("\n]").unwrap();
    let words = |line: &str| {
        let mut words = line.split('"').skip(1).step_by(2).map(ToOwned::to_owned);
        Some((words.next()?, words.next()?))
    };
    assets.lines().filter_map(words).collect()
}

/// Returns the names of the files of a source.
fn files_of(source: &str) -> Vec<String> {
    let (folder, name) = source.rsplit_once('/').unwrap_or((".", source));
    let files = fs::read_dir(project().join(folder)).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let matches = |file: &String| match name.strip_prefix('*') {
        Some(ending) => file.ends_with(ending),
        None => file == name,
    };
    names.filter(matches).collect()
}

/// Returns the links of a document to other files.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let links = between(text, "](", ')').filter(|link| !link.contains("://"));
    let files = links.map(|link| link.split('#').next().unwrap_or_default());
    files.filter(|file| !file.is_empty())
}

#[test]
fn the_package_of_debian_holds_what_its_documents_link_to() {
    const HOME: &str = "usr/share/doc/alecs-cache/";
    let mut held = BTreeSet::new();
    let mut documents = Vec::new();
    for (source, target) in assets() {
        let Some(folder) = target.strip_prefix(HOME).filter(|_| target.ends_with('/')) else {
            continue;
        };
        for name in files_of(&source) {
            let file = format!("{folder}{name}");
            if name.split('.').next_back() == Some("md") {
                // The package has each at its place in the project.
                documents.push(file.clone());
            }
            held.insert(file);
        }
        held.insert(folder.trim_end_matches('/').to_owned());
    }
    let mut missing = Vec::new();
    for document in &documents {
        let text = fs::read_to_string(project().join(document)).unwrap();
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(&text) {
            let path = match link.strip_prefix("../") {
                Some(above) => above.to_owned(),
                None => format!("{folder}/{link}")
                    .trim_start_matches('/')
                    .to_owned(),
            };
            if !held.contains(&path) {
                missing.push(format!("{document} links to {path}"));
            }
        }
    }
    assert!(documents.len() > 10, "{documents:?}");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn no_code_in_a_document_is_broken_over_lines() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        // Every other part is between fences, and may have any number of backticks.
        for line in text.split("```").step_by(2).flat_map(str::lines) {
            if line.matches('`').count() % 2 == 1 {
                broken.push(format!("{}: {line}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Returns the documents, which name files of the project.
fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(project().join("docs")).unwrap();
    docs.map(|entry| entry.unwrap().path())
        .chain(["README.md", "CONTRIBUTING.md"].map(|name| project().join(name)))
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

/// Returns each text between an opening and its closing.
fn between<'t>(text: &'t str, open: &'t str, close: char) -> impl Iterator<Item = &'t str> {
    let parts = text.split(open).skip(1);
    parts.filter_map(move |part| part.split_once(close).map(|(inside, _)| inside))
}

#[test]
fn every_workflow_says_what_it_may_do_at_github() {
    let workflow = fs::read_to_string(project().join("docs/ci/github-actions.yml")).unwrap();
    assert!(workflow.contains("\npermissions: {}"), "{workflow}");
}

#[test]
fn files_that_documents_name_exist() {
    let mut missing = Vec::new();
    let mut named = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let links = links(&text).map(|link| folder.join(link));
        let code = text.split('`').skip(1).step_by(2);
        let named_in_code: Vec<&str> = code
            .filter(|code| code.starts_with("src/") || code.starts_with("tests/"))
            .filter(|code| !code.contains("NAME"))
            .collect();
        for (file, test) in named_in_code
            .iter()
            .filter_map(|code| code.split_once("::"))
        {
            let text = fs::read_to_string(project().join(file)).unwrap_or_default();
            if !text.contains(&format!("fn {test}(")) {
                missing.push(format!("{} names {file}::{test}", document.display()));
            }
        }
        let paths = named_in_code
            .iter()
            .map(|code| code.split("::").next().unwrap_or_default());
        let paths = paths.map(|path| project().join(path));
        for path in links.chain(paths) {
            named += 1;
            if !path.exists() {
                missing.push(format!("{} names {}", document.display(), path.display()));
            }
        }
    }
    assert!(named > 20, "the documents name {named} files only");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Returns the packages of Cargo.lock: the name and lines of each.
fn locked(text: &str) -> Vec<(&str, &str)> {
    let packages = text.split("[[package]]\n").skip(1);
    packages
        .map(|package| (between(package, "name = \"", '"').next().unwrap(), package))
        .collect()
}

#[test]
fn every_dependency_comes_whole_from_the_one_registry() {
    let text = fs::read_to_string(project().join("Cargo.lock")).unwrap();
    let packages = locked(&text);
    assert!(packages.len() > 100);
    let mut sources = BTreeSet::new();
    for (name, package) in packages.iter().filter(|(name, _)| *name != "alecs-cache") {
        let source = between(package, "source = \"", '"').next();
        let source = source.unwrap_or_else(|| panic!("{name} comes from a folder"));
        assert!(source.starts_with("registry+https://"), "{name}: {source}");
        assert!(
            package.contains("\nchecksum = \""),
            "{name} has no checksum"
        );
        sources.insert(source);
    }
    assert_eq!(sources.len(), 1, "{sources:?}");
}

#[test]
fn a_dependency_is_there_twice_only_where_deny_toml_says_so() {
    let text = fs::read_to_string(project().join("Cargo.lock")).unwrap();
    let rules = fs::read_to_string(project().join("deny.toml")).unwrap();
    let (_, skipped) = rules.split_once("skip = [").unwrap();
    let (skipped, _) = skipped.split_once("\n]").unwrap();
    let skipped: Vec<&str> = between(skipped, "crate = \"", '@').collect();
    let names: Vec<&str> = locked(&text).into_iter().map(|(name, _)| name).collect();
    let twice: Vec<&str> = names
        .windows(2)
        .filter(|pair| pair[0] == pair[1] && !pair[0].starts_with("windows"))
        .map(|pair| pair[0])
        .collect();
    assert_eq!(twice, skipped);
}
