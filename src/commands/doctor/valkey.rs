//! Checks of Valkey: connection, user, role, version, memory, clock.

use super::{Finding, failed, passed};
use crate::clock::{now, today};
use crate::commands::connect::connect;
use crate::commands::no_keys;
use crate::domain::doctor::Check;
use crate::domain::key::Tally;
use crate::domain::keyword::Keyword as _;
use crate::domain::permissions::{COSTS, PROBES, Probe, TRANSACTION, UserRole, acl_line};
use crate::domain::stats::info::Info;
use crate::exit::{Exit, Failure};
use crate::output::{Output, human};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::options::Deployment;
use crate::store::{Condition, Permission, Store};

/// Largest allowed clock skew, in seconds; the same as Akamai's.
const SKEW_MAX: u64 = 30;

/// Connects, or returns why that is not possible.
pub(super) async fn open(settings: &Settings, stop: &Stop) -> (Option<Store>, Vec<Finding>) {
    if let Some(failure) = &settings.unreadable {
        let hint = failure.hint.clone().unwrap_or_default();
        let check = Check::failed("valkey", failure.message.clone(), hint);
        return (None, vec![(check, failure.exit)]);
    }
    match connect(settings, stop).await {
        Ok(store) => (Some(store), Vec::new()),
        Err(failure) => (None, vec![failed("valkey", failure)]),
    }
}

/// Runs every check that is possible.
pub(super) async fn examine(
    store: &Store,
    settings: &Settings,
    need: UserRole,
    out: &Output,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, condition) in store.conditions().await.into_iter().enumerate() {
        let mut found = Vec::new();
        match condition {
            Ok(condition) => {
                of_condition(&condition, settings, &mut found);
                found.extend(disk(&condition));
            }
            Err(error) => found.push(failed("valkey", error.into())),
        }
        // For the other primaries of a cluster, report problems only.
        found.retain(|(check, _)| at == 0 || !check.ok);
        findings.extend(found);
    }
    findings.extend(slots(store.uncovered_slots()));
    if findings
        .iter()
        .all(|(check, _)| check.name != "valkey" || check.ok)
    {
        let names = settings.customers.names.clone();
        no_keys::warn_of_unknown(store, settings, names, out).await;
        match permissions(store, settings, need).await {
            Ok(found) => findings.extend(found),
            Err(failure) => findings.push(failed("permissions", failure)),
        }
    }
    findings
}

/// Finds slots without an owner. A cluster takes no commands for them, and by default none at all.
fn slots(uncovered: u16) -> Option<Finding> {
    let slots = human::count(uncovered.into(), "slot");
    let detail = format!("{slots} of the cluster without an owner: it does not serve their keys");
    let hint = "bring the lost primary back, or assign the slots (`redis-cli --cluster fix`)";
    let failed = Check::failed("slots", detail, hint);
    (uncovered > 0).then_some((failed, Exit::Network))
}

fn of_condition(condition: &Condition, settings: &Settings, findings: &mut Vec<Finding>) {
    let addr = &condition.addr;
    let Some(info) = &condition.info else {
        // A user who may not run INFO learns so from the permission checks.
        findings.push(passed("valkey", format!("{addr} answers")));
        clock(condition, findings);
        return;
    };
    let program = match info.program() {
        Some("valkey") => "Valkey",
        _ => "Redis",
    };
    let version = info.version().unwrap_or("of unknown version");
    findings.push(passed(
        "valkey",
        format!("{addr} answers: {program} {version}"),
    ));
    findings.push(role(info, addr, settings));
    findings.push(mode(info, addr, settings));
    findings.push(memory(info));
    clock(condition, findings);
}

fn role(info: &Info, addr: &str, settings: &Settings) -> Finding {
    if info.role() != Some("replica") {
        return passed("role", "primary");
    }
    let primary = match (info.text("master_host"), info.text("master_port")) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => "the primary".to_owned(),
    };
    let detail = format!("{addr} is a replica of {primary}; it takes no writes");
    let (hint, exit) = match settings.store.target {
        Deployment::Sentinel { .. } | Deployment::Cluster(_) => {
            let hint = "a failover is under way: run it again when it is over".to_owned();
            (hint, Exit::Network)
        }
        _ => {
            let hint =
                format!("name the primary with --url redis://{primary}, or use --mode sentinel");
            (hint, Exit::Denied)
        }
    };
    (Check::failed("role", detail, hint), exit)
}

fn mode(info: &Info, addr: &str, settings: &Settings) -> Finding {
    let node = match &settings.store.target {
        Deployment::Single(node) => node.to_string(),
        _ => addr.to_owned(),
    };
    if info.is_sentinel() {
        let detail = format!("{addr} is a sentinel: it holds no keys");
        let hint = format!("use --mode sentinel --sentinel {node}, without --url");
        return (Check::failed("mode", detail, hint), Exit::Config);
    }
    let clustered = info.text("cluster_enabled") == Some("1");
    let asked = matches!(settings.store.target, Deployment::Cluster(_));
    if clustered == asked {
        let kind = if clustered {
            "cluster"
        } else {
            "not a cluster, as configured"
        };
        return passed("mode", kind);
    }
    let (detail, hint) = if clustered {
        (
            format!("{addr} is a node of a cluster and holds a part of the keys"),
            format!("use --mode cluster --node {node}, without --url"),
        )
    } else {
        (
            format!("{addr} is not a cluster"),
            "use --mode single with --url".to_owned(),
        )
    };
    (Check::failed("mode", detail, hint), Exit::Config)
}

fn memory(info: &Info) -> Finding {
    let used = info.number("used_memory").unwrap_or_default();
    let policy = info.text("maxmemory_policy").unwrap_or("unknown");
    let Some(limit) = info.number("maxmemory").filter(|limit| *limit > 0) else {
        let (check, exit) = passed("memory", format!("{} used, no limit", human::bytes(used)));
        return (
            check.note("set maxmemory and maxmemory-policy volatile-lfu"),
            exit,
        );
    };
    let detail = format!(
        "{} of {} used, policy {policy}",
        human::bytes(used),
        human::bytes(limit)
    );
    match policy {
        "noeviction" if used >= limit => {
            let hint = "raise maxmemory, or evict: CONFIG SET maxmemory-policy volatile-lfu";
            (Check::failed("memory", detail, hint), Exit::Partial)
        }
        "noeviction" => {
            let (check, exit) = passed("memory", detail);
            let hint = "when it is full, writes fail and searches of the ALECS server hang; use \
                        volatile-lfu";
            (check.note(hint), exit)
        }
        policy if policy.starts_with("allkeys") => {
            let (check, exit) = passed("memory", detail);
            let hint = "may evict locks and invalidation marks; volatile-lfu keeps what has no TTL";
            (check.note(hint), exit)
        }
        _ => passed("memory", detail),
    }
}

fn disk(condition: &Condition) -> Option<Finding> {
    let detail = format!("{} cannot save its data and refuses writes", condition.addr);
    let hint = "free its disk and see its log: it takes no writes until it can save again";
    let failed = Check::failed("disk", detail, hint);
    condition.cannot_save.then_some((failed, Exit::Partial))
}

fn clock(condition: &Condition, findings: &mut Vec<Finding>) {
    let Some(time) = condition.time else { return };
    let here = now();
    let skew = time.abs_diff(here);
    if skew <= SKEW_MAX {
        findings.push(passed("clock of valkey", "agrees with this machine"));
        return;
    }
    let way = if time > here { "ahead of" } else { "behind" };
    let span = human::duration(std::time::Duration::from_secs(skew));
    let detail = format!("{span} {way} this machine");
    let hint = "set both clocks (NTP): marks and deadlines are compared by them";
    findings.push((Check::failed("clock of valkey", detail, hint), Exit::Denied));
}

/// A command and whether the user may run it.
type CheckedCommand = (Probe, Permission);

/// Returns one finding for each `UserRole`, and one for commands that the server does not have.
async fn permissions(
    store: &Store,
    settings: &Settings,
    need: UserRole,
) -> Result<Vec<Finding>, Failure> {
    let Some(customer) = settings.customers.names.first() else {
        return Ok(Vec::new());
    };
    let key = settings.scheme.pattern(customer, "absent:doctor:0");
    let stats = settings.scheme.stats(today(), Tally::Hits);
    let commands: Vec<(Vec<String>, bool)> = PROBES
        .iter()
        .map(|probe| {
            let words = probe.form.split(' ').map(|word| match word {
                "KEY" => key.clone(),
                "STATS" => stats.clone(),
                word => word.to_owned(),
            });
            (words.collect(), probe.harmless)
        })
        .collect();
    let tried = store.permissions(&commands, &key).await?;
    let probes = PROBES.iter().copied().chain(TRANSACTION);
    let results: Vec<CheckedCommand> = probes.zip(tried).collect();
    let needs = UserRole::WORDS.iter().map(|(one, ..)| *one);
    let mut findings: Vec<Finding> = needs
        .filter(|one| *one <= need)
        .map(|one| of_need(one, &results, settings))
        .collect();
    findings.push(missing_commands(&results));
    Ok(findings)
}

fn of_need(need: UserRole, results: &[CheckedCommand], settings: &Settings) -> Finding {
    let is = |name: &str, wanted: &Permission| {
        let mut tried = results.iter();
        tried.any(|(probe, permission)| probe.command == name && permission == wanted)
    };
    let of_need = || {
        let results = results.iter();
        results.filter(|(probe, _)| probe.need == need && !probe.optional)
    };
    let of = |wanted: Permission| {
        let found = of_need().filter(|(_, permission)| *permission == wanted);
        found.map(|(probe, _)| probe.command).collect::<Vec<_>>()
    };
    let (denied, keys) = (of(Permission::Denied), of(Permission::DeniedKey));
    let queues = !is("multi", &Permission::Denied);
    let untried = if queues {
        Vec::new()
    } else {
        of(Permission::Untried)
    };
    if denied.is_empty() && keys.is_empty() && untried.is_empty() {
        return passed(need.check(), "granted");
    }
    let mut detail = Vec::new();
    if !denied.is_empty() {
        detail.push(format!("may not run {}", denied.join(", ")));
    }
    if !keys.is_empty() {
        let closed = patterns(settings, |key| {
            results.iter().any(|(probe, permission)| {
                probe.key() == Some(key)
                    && probe.need == need
                    && *permission == Permission::DeniedKey
            })
        });
        detail.push(format!("may not touch the keys {}", closed.join(" ")));
    }
    if !untried.is_empty() {
        detail.push(format!(
            "without MULTI it is unknown whether {} may be run",
            untried.join(", ")
        ));
    }
    // Whether a user may touch a key is known only of commands that it may run.
    let unproven = patterns(settings, |key| {
        let of_key = of_need().filter(|(probe, _)| probe.key() == Some(key));
        let found: Vec<&Permission> = of_key.map(|(_, permission)| permission).collect();
        found.contains(&&Permission::DeniedKey) || !found.contains(&&Permission::Granted)
    });
    let user = settings.store.username.as_deref().unwrap_or("default");
    // Servers learned read-only key permissions (`%R~`) in the same version as PEXPIRETIME.
    let tells_reads = !is("pexpiretime", &Permission::Unknown);
    let commands = [denied, untried].concat();
    let hint = acl_line(user, need, &unproven, &commands, tells_reads);
    (
        Check::failed(need.check(), detail.join("; "), hint),
        Exit::Denied,
    )
}

/// Returns the key patterns, as ACLs name them, of the customers if `wanted` says so of `KEY`, and of the counters if
/// it says so of `STATS`. If no customer is named, those of all.
fn patterns(settings: &Settings, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let prefix = settings.scheme.prefix();
    let (customers, stats) = (wanted("KEY"), wanted("STATS"));
    if !settings.customers.named {
        let all = (customers || stats).then(|| format!("{prefix}*"));
        return all.into_iter().collect();
    }
    let customers = settings.customers.texts().filter(|_| customers);
    let names = customers.chain(stats.then_some("stats"));
    names.map(|name| format!("{prefix}{name}:*")).collect()
}

fn missing_commands(results: &[CheckedCommand]) -> Finding {
    let unknown = |name: &str| {
        results.iter().any(|(probe, permission)| {
            let main = probe.command.split('|').next();
            main == Some(name) && *permission == Permission::Unknown && !probe.optional
        })
    };
    let missing = COSTS.iter().filter(|(name, _)| unknown(name));
    let missing: Vec<String> = missing
        .map(|(name, cost)| format!("{} ({cost})", name.to_uppercase()))
        .collect();
    if missing.is_empty() {
        return passed("commands", "the server supports every command used");
    }
    let detail = format!("the server lacks {}", missing.join(", "));
    if unknown("unlink") || unknown("time") || unknown("multi") && unknown("eval") {
        let hint = "connect to a server that supports them: nothing can be invalidated on this one";
        return (Check::failed("commands", detail, hint), Exit::Partial);
    }
    passed("commands", detail)
}
