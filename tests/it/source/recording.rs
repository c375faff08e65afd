//! Recordings, written and replayed.

use super::{Scene, status, walk};
use crate::support::account::Account;
use alecs_cache::testing::domain::key::Id;
use alecs_cache::testing::source::{Error, FindBy, PropertyRef, Recorder, Recording, Source};
use alecs_cache::testing::stop::Stop;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

#[tokio::test]
async fn a_recording_answers_as_the_api_did() {
    let mut account = Account::new(4)
        .contracts(2)
        .groups(6)
        .properties(40)
        .hostnames(1100);
    account.forbidden.push("grp_10001".into());
    let scene = Scene::new(account.clone());
    // A retried call is recorded once, with its last response.
    scene.akamai.fault("/groups", 2, status(500));
    let file = scene.path("recording");
    std::fs::write(&file, "an older one").unwrap();
    let recorder = Arc::new(Recorder::create(&file).unwrap());
    let api = scene.source().recording_to(Arc::clone(&recorder));
    let crawl = |source: Source| async move {
        let mut all = vec![
            format!("{:?}", source.groups().await),
            format!("{:?}", source.contracts().await),
        ];
        for group in ["grp_10000", "grp_10001", "grp_10002"] {
            let properties = source.properties("ctr_C-A000", group).await;
            all.push(format!("{properties:?}"));
        }
        let nobody = source
            .property(&PropertyRef::new(Id::new("prp_9").unwrap()))
            .await;
        let odd = source.search(FindBy::PropertyName("x\ny".into())).await;
        all.push(format!("{nobody:?}{odd:?}{:?}", walk(&source).await));
        (all, source)
    };
    let (from_api, api) = crawl(api).await;
    assert_eq!(api.calls_made(), 11);
    // The older recording stays until the new one is complete.
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "an older one");
    assert!(recorder.keep().unwrap());
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 9);

    let recording = Arc::new(Recording::open(&file, &Stop::never()).await.unwrap());
    assert_eq!(recording.customers().collect::<Vec<_>>(), ["acme"]);
    let (replayed, replay) = crawl(Source::replay("acme", Arc::clone(&recording)).unwrap()).await;
    assert_eq!(replayed, from_api);
    assert_eq!((replay.calls_made(), replay.calls_remaining()), (0, None));

    let error = replay
        .properties("ctr_C-A000", "grp_10004")
        .await
        .unwrap_err()
        .to_string();
    let name = file.display();
    assert_eq!(
        error,
        format!(
            "the recording `{name}` has no answer to `GET /papi/v1/properties?contractId=ctr_C-A000&groupId=grp_10004`"
        )
    );
    let error = Source::replay("beta", recording).err().unwrap().to_string();
    assert_eq!(
        error,
        format!("the recording `{name}` has no customer `beta` (it has `acme`)")
    );
}

#[tokio::test]
async fn a_generated_recording_answers_everything_that_can_be_asked() {
    let account = Account::new(9)
        .contracts(2)
        .groups(5)
        .properties(30)
        .hostnames(60);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording");
    let lines: Vec<String> = account.recording("demo", true).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let recording = Arc::new(Recording::open(&file, &Stop::never()).await.unwrap());
    let source = Source::replay("demo", recording).unwrap();
    let (names, end) = walk(&source).await;
    end.unwrap();
    assert_eq!(names.len(), 60);
    for (group, contract) in account.pairs() {
        source.cpcodes(&contract, &group).await.unwrap();
        for listed in source.properties(&contract, &group).await.unwrap().value {
            let at = PropertyRef::from(&listed);
            assert_eq!(source.property(&at).await.unwrap().value, listed);
            source.activations(&at).await.unwrap();
            source.rules(&at, listed.latest.unwrap()).await.unwrap();
            source
                .version_hostnames(&at, listed.latest.unwrap())
                .await
                .unwrap();
            if listed.bucket {
                assert!(source.bucket_hostnames(&at).next().await.unwrap().is_ok());
            }
        }
    }
}

#[tokio::test]
async fn a_recording_that_cannot_be_read_or_written_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording");
    let open = async |text: &str| {
        std::fs::write(&file, text).unwrap();
        Recording::open(&file, &Stop::never())
            .await
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let name = file.display();
    let good = Account::new(1).recording("acme", false).next().unwrap();
    assert_eq!(open(&format!("{good}\n\n{good}")).await, Ok(()));
    let wrong = "is not an answer as `--record` writes it";
    for (text, line, what) in [
        (format!("{good}\n{{\"version\":1"), 2, wrong),
        ("EVAL 'x'".to_owned(), 1, wrong),
        (good.replace("\"status\":200", "\"status\":-1"), 1, wrong),
        (
            good.replace("\"version\":1", "\"version\":2"),
            1,
            "is of version 2, this program reads version 1",
        ),
    ] {
        assert_eq!(
            open(&text).await,
            Err(format!("line {line} of the recording `{name}` {what}"))
        );
    }
    let missing = folder.path().join("missing");
    let error = Recording::open(&missing, &Stop::never())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!(
            "cannot read `{}`: no such file",
            missing.display()
        )),
        "{error}"
    );
    let error = Recorder::create(&missing.join("x"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("cannot write `"), "{error}");
    // A full disk.
    let scene = Scene::small();
    let full = Arc::new(Recorder::create(Path::new("/dev/full")).unwrap());
    let error = scene
        .source()
        .recording_to(full)
        .groups()
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Unrecorded(text) if text.contains("No space left")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_recording_knows_a_property_that_was_only_listed() {
    let account = Account::new(9).contracts(2).groups(5).properties(30);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording");
    let lines: Vec<String> = account.recording("demo", false).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let recording = Arc::new(Recording::open(&file, &Stop::never()).await.unwrap());
    let source = Source::replay("demo", recording).unwrap();
    let found = source
        .property(&PropertyRef::new(Id::new("prp_100007").unwrap()))
        .await
        .unwrap()
        .value;
    assert_eq!(&*found.id, "prp_100007");
    // The call is the same with and without contract and group.
    let at = PropertyRef::from(&found);
    assert_eq!(source.property(&at).await.unwrap().value, found);
    let error = source
        .property(&PropertyRef::new(Id::new("prp_1").unwrap()))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotRecorded { .. }), "{error:?}");
}

#[tokio::test]
async fn a_recording_through_a_link_is_private_and_leaves_the_link() {
    let scene = Scene::small();
    let (target, link) = (scene.path("target"), scene.path("link"));
    std::fs::write(&target, "older").unwrap();
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let recorder = Arc::new(Recorder::create(&link).unwrap());
    // Nothing to record, nothing to replace.
    assert!(!recorder.keep().unwrap());
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "older");
    let source = scene.source().recording_to(Arc::clone(&recorder));
    source.groups().await.unwrap();
    assert!(recorder.keep().unwrap());
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        std::fs::metadata(&target).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(std::fs::read_to_string(&target).unwrap().lines().count(), 1);
    let error = source.groups().await.unwrap_err().to_string();
    assert!(error.contains("finished already"), "{error}");
    // A discarded recording leaves nothing behind.
    let folder = scene.path("empty");
    std::fs::create_dir(&folder).unwrap();
    drop(Recorder::create(&folder.join("file")).unwrap());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    assert!(Recorder::create(&folder).is_err());
    Recorder::create(Path::new("/dev/null")).unwrap();
}
