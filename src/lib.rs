//! Operator's tool for a Valkey cache in front of the Akamai API.
//!
//! Data flows one way: `cli` and `settings` parse the request; `commands` turn it into an operation of `cache`, which
//! joins `store` (Valkey) and `source` (Akamai); `output` prints the result; `exit` turns it into an exit code;
//! `domain` holds the rules that need none of them.

#![warn(unreachable_pub)]

mod cache;
mod cli;
mod clock;
mod commands;
mod domain;
mod exit;
mod output;
mod settings;
mod source;
mod stop;
mod store;
#[doc(hidden)]
pub mod testing;
mod waiting;
mod write_target;

use cli::{Cli, Command};
use commands::completions::engine::CompletionRequest;
use commands::config::{ConfigArgs, ConfigCommand};
use commands::{
    completions, config, customers, doctor, get, help, hit_rate, inspect, invalidate, locks, log,
    man, search, stats, undo, warm,
};
use domain::keyword::Keyword as _;
use exit::{Exit, Failure};
use output::{Format, Output, OutputOptions};
use settings::{Environment, Given, Precedence, Settings, keys};
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use stop::{Signal, Stop};
use tokio::runtime;

/// Runs one command line and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    exit::install_panic_hook();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let environment = Environment::of_process();
    // No state that a panic may have left inconsistent is used afterwards.
    let ended = catch_unwind(AssertUnwindSafe(|| start(&arguments, &environment)));
    let exit = ended.unwrap_or_else(|panic| {
        let out = Output::new(cli::output_at_a_glance(&arguments, &environment));
        exit::report(&Err(exit::from_panic(panic.as_ref())), &out)
    });
    exit.into()
}

/// Parses the arguments and runs commands that need no settings; others continue in [`with_settings`].
fn start(arguments: &[OsString], environment: &Environment) -> Exit {
    if let Some(request) = CompletionRequest::of(arguments, environment) {
        let out = Output::new(OutputOptions::default());
        request.answer(&cli::definition(), environment, &out);
        return Exit::Done;
    }
    let Cli {
        command,
        flags,
        facts,
    } = match cli::parse(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let out = Output::new(cli::output_at_a_glance(arguments, environment));
            return exit::refused_arguments(&error, cli::command_name(arguments), &out);
        }
    };
    let mut given = if facts.explains {
        Given::without_file(&flags, environment)
    } else {
        Given::read(&flags, environment)
    };
    let out = Output::new(given.output());
    let ended =
        match command {
            Command::Completions(arguments) => completions::run(&arguments, &out),
            Command::Man(arguments) => man::run(&arguments, &cli::definition(), &out),
            Command::Help(arguments) => help::run(&arguments, &cli::definition(), &out),
            Command::Config(ConfigArgs {
                action: Some(ConfigCommand::Init(_)),
                all: true,
                ..
            }) => Err(Failure::usage("`--all` cannot be used with `config init`")
                .hint("leave out `--all`")),
            Command::Config(ConfigArgs {
                action: Some(ConfigCommand::Init(init)),
                ..
            }) => operate(async |stop: &Stop| {
                config::init::run(&init, &flags, &given, environment, &out, stop).await
            }),
            command => {
                let readers = command.reads_stdin();
                match (given.broken.take(), command) {
                    (None, command) => match given.settings(facts.asks_akamai, &readers) {
                        Ok(settings) => return with_settings(command, facts.formats, settings),
                        Err(failure) => Err(failure),
                    },
                    (Some(failure), Command::Config(arguments)) if !out.is_json() => {
                        show_the_rest(&arguments, given, &out);
                        Err(failure)
                    }
                    (Some(failure), _) => Err(failure),
                }
            }
        };
    exit::report(&ended, &out)
}

/// Shows the settings without the configuration file, as far as they can be read.
fn show_the_rest(arguments: &ConfigArgs, given: Given<'_>, out: &Output) {
    if let Ok(settings) = given.settings(true, &[]) {
        out.warn("these are the settings without the configuration file");
        // An error here is ignored: the caller reports the failure of the file anyway.
        let _ = config::run(arguments, &settings, out);
    }
}

fn with_settings(command: Command, formats: &[Format], mut settings: Settings) -> Exit {
    let format = settings.output.format;
    let form = command.form();
    let unsupported = !form
        .map_or(formats, |(.., formats)| formats)
        .contains(&format);
    if unsupported {
        let origin = settings.origin_of(&keys::output);
        if let Some((option, prints, _)) = form
            && origin.is_some_and(|origin| origin.precedence == Precedence::Flag)
        {
            let format = format.as_str();
            let failure = Failure::usage(format!(
                "`--output {format}` cannot be used with `{option}`, which {prints}"
            ));
            let refused = Err(failure.hint(format!("leave out `--output {format}`")));
            return exit::report(&refused, &Output::new(settings.output));
        }
        // A variable or a file is meant for other commands, too.
        settings.output.format = Format::default();
    }
    let out = Output::new(settings.output);
    out.start_log();
    if unsupported {
        let origin = settings.origin_of(&keys::output).map(ToString::to_string);
        ::log::info!(
            "this command has no output as {}, which {} asks for: shown as a table",
            format.as_str(),
            origin.unwrap_or_default()
        );
    }
    for warning in &settings.warnings {
        out.warn(warning);
    }
    // A CI job cannot quit a pager.
    if command.lists() && settings.environment.get("CI").is_none() {
        out.page(settings.environment.get_even_empty("PAGER"));
    }
    let ended = match (command, settings.unreadable.take()) {
        (Command::Config(arguments), unreadable) => {
            // The operator may be looking for the mistake: show the settings all the same.
            if let Some(failure) = unreadable {
                out.warn(&failure.message);
            }
            config::run(&arguments, &settings, &out)
        }
        (command @ Command::Doctor(_), unreadable) => {
            // `doctor` reports it, with everything else that is wrong.
            settings.unreadable = unreadable;
            operate(async |stop: &Stop| dispatch(command, &mut settings, &out, stop).await)
        }
        (_, Some(failure)) => Err(failure),
        (command, None) => {
            operate(async |stop: &Stop| dispatch(command, &mut settings, &out, stop).await)
        }
    };
    exit::report(&ended, &out)
}

/// Runs a command that talks to servers or asks questions. Everything runs on this thread: a process that mostly
/// waits starts faster without further threads.
fn operate(work: impl AsyncFnOnce(&Stop) -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::unexpected)?;
    let ended = runtime.block_on(async {
        let stop = Stop::on_signals(end_at_once).map_err(Failure::unexpected)?;
        let ended = work(&stop).await;
        match (stop.signal(), ended) {
            // A failure after a signal is reported as that signal.
            (Some(signal), Err(failure)) => Err(failure.by_signal(signal)),
            (Some(signal), Ok(exit)) if exit != Exit::Done => Ok(signal.into()),
            (_, ended) => ended,
        }
    });
    // A thread that still reads from a terminal or resolves a name must not keep the process alive.
    runtime.shutdown_background();
    ended
}

async fn dispatch(
    command: Command,
    settings: &mut Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    settings.store.stop = stop.clone();
    let settings = &*settings;
    // Shows waits before the command shows its own progress.
    let _waits = out.progress();
    match command {
        Command::Warm(arguments) => warm::run(arguments, settings, out, stop).await,
        Command::Invalidate(arguments) => invalidate::run(*arguments, settings, out, stop).await,
        Command::Undo(arguments) => undo::run(arguments, settings, out, stop).await,
        Command::Log(arguments) => log::run(arguments, settings, out, stop).await,
        Command::Inspect(arguments) => inspect::run(arguments, settings, out, stop).await,
        Command::HitRate(arguments) => hit_rate::run(arguments, settings, out, stop).await,
        Command::Stats(arguments) => stats::run(arguments, settings, out, stop).await,
        Command::Locks(arguments) => locks::run(arguments, settings, out, stop).await,
        Command::Get(arguments) => get::run(arguments, settings, out, stop).await,
        Command::Search(arguments) => search::run(arguments, settings, out, stop).await,
        Command::Customers(arguments) => customers::run(arguments, settings, out, stop).await,
        Command::Doctor(arguments) => doctor::run(arguments, settings, out, stop).await,
        Command::Config(arguments) => config::run(&arguments, settings, out),
        Command::Completions(arguments) => completions::run(&arguments, out),
        Command::Man(arguments) => man::run(&arguments, &cli::definition(), out),
        Command::Help(arguments) => help::run(&arguments, &cli::definition(), out),
    }
}

#[expect(
    clippy::exit,
    reason = "a second signal asks for an end without any further steps"
)]
fn end_at_once(signal: Signal) {
    std::process::exit(i32::from(Exit::from(signal).code()));
}
