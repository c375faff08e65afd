//! A changed property is noticed by whatever still shows its former form, also if the property's own key and the list
//! have expired or another program has replaced them.

use crate::invalidate::hosts_of;
use crate::support::account::Account;
use crate::support::akamai::Fault;
use crate::support::server::{Server, wait_for};
use crate::support::stage::{Stage, small};
use serde_json::json;

use crate::stale_embeds::{Embedding, activate};
use std::time::Duration;

const PRP: &str = "prp_100001";
const ITEM: &str = "akamai:acme:property:prp_100001";
const LIST: &str = "akamai:acme:properties:all";
const MAP: &str = "akamai:acme:hostname:map";

/// Ways to lose the forms that a run compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    List,
    ListAndItems,
    /// The ALECS server has refreshed the property.
    ListAndItemIsNew,
    /// A run was killed after it stored both.
    BothAreNew,
}

impl Stage {
    fn remove(&self, key: &str) {
        self.delete(key);
    }

    /// Replaces the list or a property as the ALECS server does, and nothing else.
    pub fn server_fetches(&self, key: &str) {
        let other = Server::valkey();
        let url = format!("redis://127.0.0.1:{}/0", other.port);
        let warm = self.command("warm --only properties,details");
        warm.env("ALECS_CACHE_URL", url).run().with(0);
        self.server_writes(key, &other.ask::<String>(&["GET", key]));
    }

    fn lose(&self, loss: Loss) {
        let fresh = |key: &str| self.server_fetches(key);
        match loss {
            Loss::List => self.remove(LIST),
            Loss::ListAndItems => {
                self.remove(LIST);
                for item in 100_000..100_004 {
                    self.remove(&format!("akamai:acme:property:prp_{item}"));
                }
            }
            Loss::ListAndItemIsNew => {
                self.remove(LIST);
                fresh(ITEM);
            }
            Loss::BothAreNew => {
                fresh(LIST);
                fresh(ITEM);
            }
        }
    }

    fn kind(&self, key: &str) -> String {
        self.server.ask(&["TYPE", key])
    }
}

#[test]
fn whatever_shows_a_former_form_leaves_no_value_of_it() {
    use Loss::{BothAreNew, List, ListAndItemIsNew, ListAndItems};
    for (line, losses) in [
        ("warm", &[List, ListAndItems, ListAndItemIsNew][..]),
        (
            "warm --force",
            &[ListAndItems, ListAndItemIsNew, BothAreNew],
        ),
        ("warm --every 5m", &[List, ListAndItemIsNew]),
        (
            "warm prp_100001",
            &[ListAndItems, ListAndItemIsNew, BothAreNew],
        ),
        (
            "warm --only properties --force",
            &[ListAndItems, BothAreNew],
        ),
        ("get properties", &[List, ListAndItems, ListAndItemIsNew]),
        ("get property prp_100001", &[ListAndItems]),
    ] {
        for loss in losses {
            let stage = Stage::new(small());
            stage.warm("--all --skip rules");
            let embedding = Embedding::asked(&stage);
            let old = format!(r#""propertyName":"{}""#, embedding.name);
            activate(&stage, &embedding.host);
            stage.lose(*loss);
            stage.run(line).with(0);
            let case = format!("{line}, {loss:?}");
            assert_eq!(embedding.cached(), Vec::<String>::new(), "{case}");
            assert_eq!(embedding.says(&old), Vec::<String>::new(), "{case}");
            for list in ["versions", "activations"] {
                let key = format!("{ITEM}:{list}");
                assert_eq!(stage.kind(&key), "none", "{case}: {list}");
            }
            let host = |name: &str| stage.get(&format!("akamai:acme:hostname:{name}"));
            assert_eq!(host(&embedding.host), None, "{case}");
            let field: bool =
                stage
                    .server
                    .ask(&["HEXISTS", "akamai:acme:hostnames", &embedding.host]);
            assert!(!field, "{case}");
            let fetches = line.starts_with("warm") && !line.contains("--only");
            assert_eq!(host("new.example.com").is_some(), fetches, "{case}");
        }
    }
}

#[test]
fn a_run_that_finds_what_the_last_one_left_removes_nothing() {
    let search = "akamai:acme:search:anything";
    let stage = Stage::new(small());
    stage.warm("");
    for change in [
        "warm",
        "warm prp_100001",
        "get properties",
        "invalidate prp_100001 --refill --yes",
    ] {
        // Whatever finds a change remembers the new form.
        stage.api.edit(|account| {
            account.property_mut(PRP).unwrap().name = change.replace(' ', "-");
        });
        stage.server_writes(search, "[]");
        stage.lose(Loss::ListAndItems);
        stage.run(change).with(0);
        assert_eq!(stage.get(search), None, "{change}");
        stage.warm("");
        stage.server_writes(search, "[]");
        for line in [
            "warm",
            "warm prp_100001",
            "warm --force",
            "get properties",
            "get property prp_100001",
        ] {
            stage.lose(Loss::ListAndItems);
            stage.run(line).with(0);
            assert!(stage.get(search).is_some(), "{change}, {line}");
        }
    }
}

#[test]
fn a_property_that_only_the_list_of_the_server_has_in_its_newer_form_is_stored() {
    for line in ["", "--all", "--only rules"] {
        let stage = Stage::new(small());
        stage.warm("");
        stage.api.edit(|account| {
            account.property_mut(PRP).unwrap().name = "renamed".into();
        });
        stage.server_fetches(LIST);
        stage.api.take_seen();
        assert_eq!(stage.warm(line)["complete"], true, "{line}");
        assert_eq!(stage.json(ITEM)["propertyName"], "renamed", "{line}");
        assert_eq!(stage.api.calls(&format!("/properties/{PRP}?")), 0, "{line}");
    }
}

#[test]
fn a_first_read_does_not_walk_the_keyspace() {
    let stage = Stage::new(small()).behind_proxy();
    for line in [
        "get property prp_100001",
        "get properties",
        "get hostnames prp_100001",
    ] {
        stage.run(line).with(0);
    }
    assert_eq!(stage.proxy().seen("SCAN"), 0);
}

#[test]
fn a_run_that_finds_a_change_renews_all_that_it_was_asked_for() {
    let account = || {
        Account::new(1)
            .regular()
            .contracts(1)
            .properties(4)
            .hostnames(6)
    };
    for (groups, loss, unreadable) in [
        (1, None, false),
        (2, None, false),
        (2, Some(Loss::List), false),
        (2, None, true),
    ] {
        let mut account = account().groups(groups);
        if unreadable {
            let of = |id| account.property(id).unwrap().group.clone();
            let other = of("prp_100000");
            assert_ne!(other, of(PRP));
            account.forbidden.push(other);
        }
        let stage = Stage::new(account);
        stage.warm("--all");
        let embedding = Embedding::asked(&stage);
        activate(&stage, &embedding.host);
        if let Some(loss) = loss {
            stage.lose(loss);
        }
        for line in ["warm --every 5m --all", "warm --check --all"] {
            stage.run(line).with(0);
        }
        assert!(stage.get(MAP).unwrap().contains("renamed"), "{groups}");
        for list in ["versions", "activations"] {
            assert_ne!(
                stage.kind(&format!("{ITEM}:{list}")),
                "none",
                "{groups}: {list}"
            );
        }
        assert!(
            stage
                .get("akamai:acme:properties:tree")
                .unwrap()
                .contains("renamed")
        );
    }
}

#[test]
fn a_draft_that_the_list_of_host_names_shows_is_fetched_with_its_versions_and_activations() {
    let stage = Stage::new(small());
    stage.warm("--all");
    stage.api.edit(|account| {
        let property = account.property_mut(PRP).unwrap();
        property.latest += 1;
    });
    stage.remove("akamai:acme:hostnames");
    stage.warm("--all");
    assert_eq!(stage.warm("--all")["api_calls"], 0);
    stage.run("warm --check --all").with(0);
}

#[test]
fn a_draft_that_is_saved_during_a_crawl_is_fetched_if_the_list_of_host_names_shows_it() {
    for line in ["warm -o json", "warm --all -o json"] {
        let stage = Stage::new(small());
        let group = small().property(PRP).unwrap().group.clone();
        let call = format!("groupId={group}");
        stage.api.fault(&call, 1, Fault::Held);
        let run = stage.command(line).spawn();
        wait_for("the call", || (stage.api.calls(&call) > 0).then_some(()));
        let mut draft = 0;
        stage.api.edit(|account| {
            let property = account.property_mut(PRP).unwrap();
            property.latest += 1;
            draft = property.latest;
        });
        stage.api.heal();
        let report = run.wait().with(0).json();
        assert_eq!(report["complete"], true, "{report}");
        assert_eq!(stage.json(ITEM)["latestVersion"], draft, "{line}");
        let check = line.replace("warm", "warm --check");
        stage.run(&check).with(0);
    }
}

#[test]
fn a_move_that_only_the_last_calls_show_is_fetched_whole() {
    let account = Account::new(3)
        .regular()
        .contracts(1)
        .groups(2)
        .properties(4)
        .hostnames(6);
    let stage = Stage::new(account);
    stage.warm("--all");
    stage.api.edit(|account| {
        let group = account.property("prp_100000").unwrap().group.clone();
        let property = account.property_mut(PRP).unwrap();
        assert_ne!(property.group, group);
        property.group = group;
    });
    stage.remove(&format!("{ITEM}:activations"));
    let report = stage.warm("--all");
    assert_eq!(report["complete"], true, "{report}");
    stage.run("warm --check --all").with(0);
}

#[test]
fn a_deletion_that_only_a_digest_shows_renews_the_map_and_the_tree() {
    let stage = Stage::new(small());
    stage.warm("--all");
    stage.api.edit(|account| account.remove_property(PRP));
    stage.lose(Loss::ListAndItems);
    stage.remove(&format!("{ITEM}:hostnames"));
    let report = stage.warm("--all");
    assert_eq!(report["complete"], true, "{report}");
    stage.run("warm --check --all").with(0);
}

#[test]
fn many_deleted_properties_go_a_part_with_each_run() {
    let account = Account::new(4)
        .regular()
        .groups(2)
        .contracts(1)
        .properties(30)
        .hostnames(30);
    let ids: Vec<String> = account
        .properties
        .iter()
        .map(|one| one.id.clone())
        .collect();
    let stage = Stage::new(account);
    stage.warm("");
    let gone = &ids[..25];
    for id in gone {
        stage.api.edit(|account| account.remove_property(id));
    }
    let cached = || {
        let key = |id: &&String| format!("akamai:acme:property:{id}");
        gone.iter()
            .filter(|id| stage.get(&key(id)).is_some())
            .count()
    };
    let first = stage.run("warm --force -o json").with(7).json();
    assert_eq!(
        (cached(), &first["complete"]),
        (5, &json!(false)),
        "{first}"
    );
    let second = stage.run("warm --force -o json").with(0).json();
    assert_eq!(
        (cached(), &second["complete"]),
        (0, &json!(true)),
        "{second}"
    );
    stage.run("warm --check").with(0);
}

#[test]
fn the_map_is_not_made_from_host_names_that_could_not_be_fetched() {
    let stage = Stage::new(small());
    stage.warm("--all");
    let embedding = Embedding::asked(&stage);
    activate(&stage, &embedding.host);
    let refused = r#"{"title":"Forbidden","status":403}"#;
    let refused = Fault::Status(403, Vec::new(), refused.into());
    stage.api.fault("/hostnames", 9, refused);
    stage.run("warm --every 5m --all").with(7);
    let map = stage.get(MAP).unwrap_or_default();
    assert!(!map.contains(&embedding.name), "{map}");
    stage.api.heal();
    stage.run("warm --every 5m --all").with(0);
    stage.run("warm --check --all").with(0);
}

/// Kills a run once it has stored a changed property, its list and its host names.
fn kill_a_run(stage: &Stage) -> Embedding<'_> {
    stage.warm("--all --skip rules");
    activate(stage, &hosts_of(stage, PRP)[0].clone());
    let embedding = Embedding::asked(stage);
    stage.lose(Loss::List);
    stage
        .api
        .fault("/activations", 9, Fault::Slow(Duration::from_secs(9)));
    let run = stage.command("warm --all --skip rules").spawn();
    wait_for("the host names are there", || {
        stage.get("akamai:acme:hostname:new.example.com")
    });
    wait_for("the run asks for activations", || {
        (stage.api.calls("/activations") > 0).then_some(())
    });
    run.kill();
    stage.api.heal();
    stage.remove("akamai:acme:warm:lock");
    embedding
}

#[test]
fn a_killed_run_has_not_said_that_nothing_embeds_the_former_form() {
    let stage = Stage::new(small());
    let embedding = kill_a_run(&stage);
    stage.run("warm prp_100001").with(0);
    assert_eq!(embedding.cached(), Vec::<String>::new());
    for list in ["versions", "activations"] {
        assert_eq!(stage.kind(&format!("{ITEM}:{list}")), "none", "{list}");
    }
}

#[test]
fn the_run_after_a_killed_one_removes_what_that_left_although_the_list_is_fresh() {
    for (line, check) in [
        ("", ""),
        ("--all --skip rules", "--all --skip rules"),
        ("--every 2m", ""),
    ] {
        let stage = Stage::new(small());
        let embedding = kill_a_run(&stage);
        let plan = stage.warm(&format!("--dry-run {line}"));
        let report = stage.warm(line);
        assert_eq!(report["api_calls"], plan["planned_calls"], "{line}: {plan}");
        assert_eq!(report["complete"], true, "{line}: {report}");
        assert_eq!(embedding.cached(), Vec::<String>::new(), "{line}");
        stage.run(&format!("warm --check {check}")).with(0);
        // The next one finds nothing more.
        assert_eq!(stage.warm(line)["api_calls"], 0, "{line}");
    }
}

#[test]
fn the_run_after_a_first_one_that_was_killed_removes_what_embeds_any_property() {
    let stage = Stage::new(small());
    stage.warm("");
    let embedding = Embedding::asked(&stage);
    for key in stage.keys() {
        if !embedding.cached().contains(&key) || key == LIST {
            stage.remove(&key);
        }
    }
    stage
        .api
        .fault("/activations", 9, Fault::Slow(Duration::from_secs(9)));
    let run = stage
        .command("warm --only properties,details,activations")
        .spawn();
    wait_for("the run asks for activations", || {
        (stage.api.calls("/activations") > 0).then_some(())
    });
    run.kill();
    stage.api.heal();
    stage.remove("akamai:acme:warm:lock");
    stage.warm("");
    assert_eq!(embedding.cached(), Vec::<String>::new());
}

#[test]
fn host_names_that_a_property_lost_before_it_was_invalidated_are_removed() {
    let stage = Stage::new(small());
    stage.warm("");
    let host = hosts_of(&stage, PRP)[0].clone();
    let lists = stage.api.calls("/papi/v1/hostnames");
    stage.api.fault(
        "/papi/v1/hostnames",
        1,
        Fault::Slow(Duration::from_millis(900)),
    );
    let run = stage.command("warm --force").spawn();
    wait_for("the run asks for host names", || {
        (stage.api.calls("/papi/v1/hostnames") > lists).then_some(())
    });
    activate(&stage, &host);
    stage.run("invalidate prp_100001 --yes").with(0);
    run.wait().with(0);
    assert_eq!(stage.get(&format!("akamai:acme:hostname:{host}")), None);
    stage.run("warm --check").with(0);

    // The same without a run beside it.
    let host = "new.example.com";
    stage.api.edit(|account| {
        account.remove_hostname(host);
        account.add_hostname("newer.example.com", PRP);
    });
    stage.run("invalidate prp_100001 --yes").with(0);
    stage.run("warm").with(0);
    assert_eq!(stage.get(&format!("akamai:acme:hostname:{host}")), None);
    stage.run("warm --check").with(0);
}
