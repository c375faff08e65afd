use super::*;
use clap::error::ErrorKind;

fn read(line: &str) -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    parse(&arguments)
}

#[test]
fn the_definition_is_sound() {
    definition().debug_assert();
}

#[test]
fn global_options_add_up_before_and_behind_the_command() {
    let flags = read("x -v -c acme config -c beta,gamma -v").unwrap().flags;
    assert_eq!(
        (flags.get("customer"), flags.get("verbose")),
        (Some("acme,beta,gamma"), Some("2"))
    );
    let flags = read("x -vcacme -qojson config init --tls").unwrap().flags;
    assert_eq!(
        (flags.get("customer"), flags.get("output")),
        (Some("acme"), Some("json"))
    );
    assert_eq!(
        (flags.get("quiet"), flags.get("tls")),
        (Some("true"), Some("true"))
    );
}

#[test]
fn an_option_with_one_value_is_refused_if_it_is_given_twice() {
    for (line, option) in [
        ("x --db 1 config --db 2", "--db <N>"),
        ("x --db 1 --db 1 config", "--db <N>"),
        (
            "x invalidate --generation 1 --generation 2",
            "--generation <N>",
        ),
    ] {
        let error = read(line).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{line}");
        let text = error.render().to_string();
        assert!(
            text.contains(&format!("'{option}' cannot be used multiple times")),
            "{text}"
        );
    }
}

#[test]
fn an_option_of_another_one_is_refused_without_it_whatever_is_beside_it() {
    for line in [
        "x warm --top 5",
        "x warm prp_1 --top 5",
        "x warm --all --top 5",
        "x warm --only rules --top 5",
        "x warm --skip rules --top 5",
        "x warm --force --top 5",
        "x warm --check --top 5",
        "x warm --keep --top 5",
        "x warm --resume --top 5",
        "x warm --limit 5",
        "x warm prp_1 --limit 5",
        "x warm --force --limit 5",
        "x warm --refresh-below 5 --limit 5",
        "x warm --every 5m --limit 5",
        "x warm --keep --limit 5",
        "x warm --jitter 5 --limit 5",
        "x warm --from-misses --limit 5",
        "x warm --resume --limit 5",
        "x undo --limit 5",
        "x undo some-id --limit 5",
        "x undo --force --limit 5",
        "x undo -n --limit 5",
        "x invalidate prp_1 -n --limit 5",
        "x hit-rate --min-requests 5",
        "x inspect prp_1 --raw --limit 5",
        "x stats --watch 2s --samples 500",
        "x stats --alerts --days 3",
        "x stats --alerts --probes 3",
        "x stats --alerts --cost-per-call 3",
    ] {
        let error = read(line).expect_err(line);
        let kinds = [
            ErrorKind::MissingRequiredArgument,
            ErrorKind::ArgumentConflict,
        ];
        assert!(kinds.contains(&error.kind()), "{line}: {error}");
    }
    for line in [
        "x warm --from-misses --top 5",
        "x warm --from-misses --top 5 --every 5m -n",
        "x warm --check --limit 5",
        "x warm prp_1 --check --limit 5",
        "x undo --list --limit 5",
        "x invalidate prp_1 -n --explain --limit 5",
    ] {
        read(line).expect(line);
    }
}

#[test]
fn a_form_that_the_command_does_not_have_is_refused_with_those_that_it_has() {
    let told = |line| read(line).unwrap_err().render().to_string();
    let text = told("x -o prometheus config");
    assert_eq!(text, told("x config -o prometheus"));
    assert!(
        text.contains("invalid value 'prometheus' for '--output <FORMAT>'"),
        "{text}"
    );
    assert!(text.contains("[possible values: table, json]"), "{text}");
    assert_eq!(read("x -o prometheus config").unwrap_err().exit_code(), 2);
}

#[test]
fn json_is_recognised_in_every_form_of_the_option_also_where_the_rest_is_wrong() {
    let format = |line: &str, variables: &[(&str, &str)]| {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        output_at_a_glance(&arguments, &variables.iter().copied().collect()).format
    };
    for line in [
        "x -o json y",
        "x -ojson",
        "x -o=json",
        "x --output json",
        "x y --output=json",
        "x -qo json",
        "x -o table -o json",
    ] {
        assert_eq!(format(line, &[]), Format::Json, "{line}");
    }
    for line in [
        "x",
        "x json",
        "x -o table",
        "x -o",
        "x -- -o json",
        "x -c json",
        "x --output",
    ] {
        assert_eq!(format(line, &[]), Format::Table, "{line}");
    }
    let variable = [("ALECS_CACHE_OUTPUT", "json")];
    assert_eq!(format("x", &variable), Format::Json);
    assert_eq!(format("x -o table", &variable), Format::Table);
}

#[test]
fn every_screen_has_at_most_24_lines_of_80_columns() {
    for (path, mut command) in all_commands() {
        let help = command.render_help().to_string();
        let lines: Vec<&str> = help.trim_end().lines().collect();
        let widest = lines.iter().map(|line| line.chars().count()).max();
        assert!(
            lines.len() <= 24 && widest <= Some(80),
            "`{path} -h` has {} lines of {widest:?} columns; shorten texts, or mark what is rarely used \
             with hide_short_help:\n{help}",
            lines.len()
        );
    }
}

#[test]
fn the_first_screen_of_a_narrow_terminal_breaks_no_word() {
    let screen = screens::first_screen(&definition(), Some(40));
    let commands = screen.split("\n\n").nth(2).unwrap();
    assert!(commands.lines().all(|line| line.len() <= 40), "{commands}");
    let warm = "Fill and clean\n  warm         Fetch properties and host\n               names into the cache\n";
    assert!(commands.starts_with(warm), "{commands}");
}

#[test]
fn every_screen_names_its_own_options_and_the_common_ones() {
    for (path, mut command) in all_commands().split_off(1) {
        let help = command.render_help().to_string();
        let own = command.get_arguments().filter(|arg| !arg.is_global_set());
        for long in own
            .filter(|arg| !arg.is_hide_set())
            .filter_map(|arg| arg.get_long())
        {
            assert!(
                help.contains(&format!("--{long}")),
                "`{path} -h` lacks --{long}"
            );
        }
        assert!(!help.contains("--tls-ca"), "{path}: {help}");
    }
    let help = read("x warm -h").unwrap_err().render().to_string();
    assert!(
        help.contains("-c, --customer") && help.contains("alecs-cache help options"),
        "{help}"
    );
}

#[test]
fn the_usage_and_the_examples_break_between_words() {
    let mut definition = definition();
    definition.build();
    assert_eq!(
        screens::usage(&definition, "invalidate", 50).as_deref(),
        Some("alecs-cache invalidate [OPTIONS]\n       [ID|HOSTNAME|KEY]...")
    );
    assert_eq!(screens::usage(&definition, "invalidate", 80), None);
    let help = definition.render_long_help().to_string();
    let examples = help.split("Examples:\n").nth(1).unwrap();
    for line in examples.lines().take_while(|line| !line.is_empty()) {
        let lead = line.len() - line.trim_start().len();
        assert!(line.len() <= 80 && (lead == 2 || lead > 40), "{line}");
    }
}

#[test]
fn every_long_help_stays_under_100_lines_and_has_two_examples() {
    for (path, mut command) in all_commands() {
        let help = command.render_long_help().to_string();
        assert!(help.lines().count() < 100, "`{path} --help`: {help}");
        let examples = help
            .lines()
            .filter(|line| line.trim_start().starts_with("alecs-cache "));
        assert!(examples.count() >= 2, "`{path} --help` has no two examples");
    }
}

#[test]
fn every_example_is_a_command_line_that_is_understood() {
    for (command, examples) in crate::commands::examples::ALL {
        let outer = command.split(' ').next().unwrap();
        assert!(definition().find_subcommand(outer).is_some(), "{command}");
        let widest = examples.iter().map(|example| example.line.len()).max();
        let widest = widest.unwrap();
        for example in *examples {
            let line = example.line.replace('\'', "");
            assert!(line.starts_with(command), "{line}");
            let room = 80 - "  alecs-cache ".len() - widest - 2;
            assert!(example.what.len() <= room, "too long: {}", example.what);
            read(&format!("x {line}")).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}

#[test]
fn a_command_by_itself_means_what_it_means_among_all() {
    let read = |cli: &Cli| {
        let flags = keys::ALL.iter().map(|key| cli.flags.get(key.name));
        format!("{:?} {:?}", cli.command, flags.collect::<Vec<_>>())
    };
    for (command, examples) in crate::commands::examples::ALL {
        let facts = facts(command.split(' ').next().unwrap());
        for example in *examples {
            for options in [
                "",
                " -vc a,b --tls --db 2 -o json -q --edgerc f --section=-1",
            ] {
                let line = format!("x {}{options}", example.line.replace('\'', ""));
                let line: Vec<OsString> = line.split(' ').map(OsString::from).collect();
                let among_all = parse_among_all(line.clone(), facts);
                // Some examples have one of these options, and a few commands lack one.
                let Ok(among_all) = among_all else {
                    assert!(!options.is_empty(), "{line:?}");
                    assert!(parse_alone(&line, facts).is_none(), "{line:?}");
                    continue;
                };
                match parse_alone(&line, facts) {
                    Some(alone) => assert_eq!(read(&alone), read(&among_all)),
                    None => assert!(facts.explains, "{line:?}"),
                }
            }
        }
    }
}

#[test]
fn help_knows_every_command_and_topic_and_refuses_others_with_the_nearest() {
    for (path, _) in all_commands() {
        let words = path.strip_prefix("alecs-cache").unwrap();
        read(&format!("x help{words}")).unwrap();
    }
    for topic in ["options", "exit-codes", "environment"] {
        read(&format!("x help {topic}")).unwrap();
    }
    let error = read("x help wram").unwrap_err().to_string();
    assert!(error.contains("'warm'"), "{error}");
}

#[test]
fn words_that_are_nearly_right_are_answered_with_the_right_ones() {
    let error = read("x warm --only property").unwrap_err().to_string();
    assert!(error.contains("did you mean `properties`?"), "{error}");
    let Command::Get(arguments) = read("x -c acme get prp_123 prp_124").unwrap().command else {
        panic!("another command");
    };
    let property = crate::domain::read::GetResource::Property;
    let one = crate::commands::get::GetQuery::One(property, "prp_123".into());
    assert_eq!(arguments.resource, one);
    assert_eq!(arguments.ids, ["prp_124"]);
}

/// Returns every command with its path, starting with the tool itself.
fn all_commands() -> Vec<(String, clap::Command)> {
    let mut definition = definition();
    definition.build();
    let mut all = vec![("alecs-cache".to_owned(), definition.clone())];
    for command in definition.get_subcommands() {
        let path = format!("alecs-cache {}", command.get_name());
        let nested = command.get_subcommands();
        all.extend(nested.map(|nested| (format!("{path} {}", nested.get_name()), nested.clone())));
        all.push((path, command.clone()));
    }
    all
}

#[test]
fn every_setting_with_a_flag_is_a_flag_and_its_help_names_its_variables() {
    let mut definition = definition();
    definition.build();
    for key in keys::ALL {
        let Some(long) = key.flag().strip_prefix("--") else {
            continue;
        };
        let with_source = definition.find_subcommand("config").unwrap();
        let arg = with_source
            .get_arguments()
            .find(|arg| arg.get_long() == Some(long));
        let arg = arg.unwrap_or_else(|| panic!("{} is no option", key.flag()));
        let help = arg.get_long_help().or(arg.get_help()).unwrap().to_string();
        for variable in key.variables() {
            assert!(
                help.contains(variable),
                "the help of {} lacks {variable}",
                key.flag()
            );
        }
    }
}

#[test]
fn every_option_stands_before_and_behind_every_command() {
    let words = |command: &str| match command {
        "completions" => "completions bash".to_owned(),
        "inspect" | "search" | "invalidate" => format!("{command} prp_1"),
        "get" => "get property prp_1".to_owned(),
        command => command.to_owned(),
    };
    let options = [
        "--edgerc=f",
        "--section s",
        "--account-key=k",
        "--akamai-host h",
        "--akamai-timeout=7s",
        "--url=redis://h",
        "--mode single",
        "--no-input",
    ];
    let options = options.join(" ");
    for command in definition().get_subcommands() {
        if command.get_name() == "help" {
            continue;
        }
        let words = words(command.get_name());
        for line in [
            format!("x {options} {words}"),
            format!("x {words} {options}"),
        ] {
            let cli = read(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
            let typed = |name| cli.flags.get(name);
            assert_eq!(
                (typed("section"), typed("akamai_timeout")),
                (Some("s"), Some("7s")),
                "{line}"
            );
            assert_eq!(
                (typed("no_input"), typed("url")),
                (Some("true"), Some("redis://h")),
                "{line}"
            );
        }
    }
}

#[test]
fn the_help_shows_the_options_of_akamai_where_they_are_of_use() {
    let mut definition = definition();
    definition.build();
    for command in definition.get_subcommands() {
        let name = command.get_name().to_owned();
        if name == "help" {
            continue;
        }
        let shown = (command.get_arguments())
            .any(|arg| arg.get_long() == Some("edgerc") && !arg.is_hide_set());
        let line = match name.as_str() {
            "completions" => "x completions bash".to_owned(),
            "inspect" | "search" => format!("x {name} prp_1"),
            "get" => "x get property".to_owned(),
            _ => format!("x {name}"),
        };
        let used = read(&line).unwrap().facts.asks_akamai;
        assert_eq!(shown, used, "{name}");
    }
}

#[test]
fn every_command_line_that_advice_recommends_is_one_of_this_binary() {
    use crate::domain::hit_rate::MissedKey;
    use crate::domain::stats::advice::{Misses, advise};
    use crate::domain::stats::{CustomerUse, StatsReport};
    use crate::domain::ttl::Policy;
    let mut report = StatsReport::default();
    let mut customer = CustomerUse {
        customer: "acme".into(),
        ..CustomerUse::default()
    };
    customer.amount.no_ttl_keys = 1;
    report.customers.push(customer);
    let mut lines = Vec::new();
    for misses in [100, 1_000_000] {
        let key = "acme:property:prp_1".into();
        let top = vec![MissedKey { key, misses }];
        for advice in advise(&report, &Misses { top, days: 1 }, &Policy::default()) {
            // An option named in a sentence counts as well.
            for word in advice
                .text
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            {
                assert!(
                    !word.starts_with("--"),
                    "{word} belongs into a command line"
                );
            }
            lines.extend(advice.commands);
        }
    }
    let ours: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("alecs-cache "))
        .collect();
    assert!(ours.len() >= 4, "{lines:?}");
    for line in ours {
        read(&line.replace('\'', "")).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}
