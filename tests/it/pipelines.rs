//! The CI pipelines in docs/ci: their shell steps do what their first line says, and a job fails if the work failed.

use crate::support::run::{BINARY, Ended};
use crate::support::stage::{Stage, small};
use serde_json::Value;
use std::path::Path;

const PIPELINES: [&str; 3] = ["github-actions.yml", "gitlab-ci.yml", "Jenkinsfile"];

/// Returns the shell step of a pipeline: the more deeply indented lines below the one that opens it.
fn shell_step(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/ci")
        .join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().skip_while(|line| {
        !(line.contains("run: |") || line.trim() == "- |" || line.contains("sh '''"))
    });
    let opening = lines
        .next()
        .unwrap_or_else(|| panic!("{file} has no shell step"));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let step: Vec<&str> = lines
        .take_while(|line| line.trim().is_empty() || indent(line) > indent(opening))
        .map(str::trim)
        .collect();
    assert!(!step.is_empty(), "{file} has an empty shell step");
    step.join("\n")
}

/// Returns the credentials of the section `acme` as the variables of a runner.
fn credentials(stage: &Stage) -> Vec<(String, String)> {
    let edgerc = std::fs::read_to_string(stage.home.path().join("edgerc")).unwrap();
    edgerc
        .lines()
        .skip_while(|line| *line != "[acme]")
        .skip(1)
        .map_while(|line| line.split_once(" = "))
        .map(|(key, value)| {
            (
                format!("AKAMAI_ACME_{}", key.to_uppercase()),
                value.to_owned(),
            )
        })
        .collect()
}

/// Runs the step like a runner: a shell that stops at the first failure, configured by the environment.
fn run(stage: &Stage, file: &str, property: &str) -> Ended {
    let folder = Path::new(BINARY).parent().unwrap().display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let mut run = stage
        .home
        .program("sh", ["-euc", &shell_step(file)])
        .env("PATH", path)
        .env("PROPERTY", property)
        .env("ALECS_CUSTOMER", "acme")
        .env("ALECS_CACHE_URL", stage.url())
        .env("ALECS_CACHE_AKAMAI_HOST", stage.api.url());
    for (name, value) in credentials(stage) {
        run = run.env(&name, value);
    }
    run.run()
}

#[test]
fn each_pipeline_stores_the_new_version_after_an_activation() {
    for file in PIPELINES {
        let stage = Stage::new(small());
        stage.warm("");
        stage.api.edit(|account| {
            let property = account.property_mut("prp_100001").unwrap();
            property.name = "activated".into();
        });
        let ended = run(&stage, file, "prp_100001");
        assert_eq!(ended.code(), 0, "{file}: {ended:?}");
        let item = stage.json("akamai:acme:property:prp_100001");
        assert_eq!(item["propertyName"], "activated", "{file}");
        let artifact = std::fs::read(stage.home.path().join("property.json")).unwrap();
        let artifact: Value = serde_json::from_slice(&artifact).unwrap();
        assert_eq!(artifact["value"]["propertyName"], "activated", "{file}");
    }
}

#[test]
fn each_pipeline_fails_for_a_property_that_does_not_exist() {
    for file in PIPELINES {
        let stage = Stage::new(small());
        let ended = run(&stage, file, "prp_999999");
        assert_eq!(ended.code(), 5, "{file}: {ended:?}");
        assert!(
            !stage.home.path().join("property.json").exists(),
            "{file} went on behind the failure"
        );
    }
}
