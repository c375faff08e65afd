//! A cache in Valkey in front of the Akamai API, seen by its operator.
//!
//! Data flows one way: `cli` and `settings` say what was asked for, `commands` turn it into an
//! operation of `cache`, which joins `store` (Valkey) and `source` (Akamai); `output` says how it
//! went; `exit` turns the end into a code; `domain` is what is true without any of them.

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

use cli::{Cli, Command};
use commands::{
    completions, config, customers, doctor, get, help, hit_rate, inspect, invalidate, locks, log,
    man, search, stats, undo, warm,
};
use exit::{Exit, Failure};
use output::{Format, Output};
use settings::{Environment, Settings, keys, stdin::Stdin};
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use stop::{Signal, Stop};
use tokio::runtime;

/// Runs one command line and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    exit::watch_for_bugs();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let environment = Environment::of_process();
    let early = Output::new(settings::output_before_settings(&arguments, &environment));
    // Nothing that a panic may have left half done is used afterwards.
    let ended = catch_unwind(AssertUnwindSafe(|| start(&arguments, &environment, &early)));
    let exit = ended.unwrap_or_else(|panic| exit::say(&Err(exit::bug(panic.as_ref())), &early));
    exit.into()
}

/// Reads the arguments and does what needs no settings; all else goes on with them.
fn start(arguments: &[OsString], environment: &Environment, early: &Output) -> Exit {
    if let Some(question) = completions::engine::CompletionRequest::of(arguments, environment) {
        question.answer(&cli::definition(), environment, early);
        return Exit::Done;
    }
    let cli = match cli::parse(arguments) {
        Ok(cli) => cli,
        Err(error) => return exit::refused_arguments(&harmless(error, arguments), early),
    };
    match &cli.command {
        Command::Completions(arguments) => exit::say(&completions::run(arguments, early), early),
        Command::Man(arguments) => {
            exit::say(&man::run(arguments, &cli::definition(), early), early)
        }
        Command::Help(arguments) => {
            exit::say(&help::run(arguments, &cli::definition(), early), early)
        }
        Command::Config(config::ConfigArgs {
            action: Some(config::ConfigCommand::Init(init)),
            ..
        }) => {
            let how = settings::output_of_failure(&cli.global, environment, *early.options());
            let out = Output::new(how);
            let ended = operate(async |stop: &Stop| {
                config::init::run(init, &cli.global, &cli.source, environment, &out, stop).await
            });
            exit::say(&ended, &out)
        }
        command => {
            let source = command.asks_akamai().then_some(&cli.source);
            let stdin = Stdin::kept_for(command.reads_stdin());
            match settings::resolve(&cli.global, source, stdin, environment) {
                Ok(settings) => with_settings(cli, settings),
                Err(failure) => {
                    let how =
                        settings::output_of_failure(&cli.global, environment, *early.options());
                    let out = Output::new(how);
                    if let Command::Config(arguments) = command {
                        show_the_rest(arguments, &cli, environment, &out);
                    }
                    exit::say(&Err(failure), &out)
                }
            }
        }
    }
}

/// What clap says quotes the arguments as they are. Where they hold more than text, it is asked again
/// about their escaped form.
fn harmless(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let escaped = arguments.iter().map(|argument| {
        let text = argument.to_string_lossy();
        OsString::from(output::escape::escape(&text).into_owned())
    });
    let escaped: Vec<OsString> = escaped.collect();
    if escaped == arguments {
        return error;
    }
    cli::parse(&escaped).err().unwrap_or_else(|| {
        let message = "an argument holds characters that are not text";
        cli::definition().error(clap::error::ErrorKind::InvalidValue, message)
    })
}

/// Shows the settings without the configuration file, as far as they can be read.
fn show_the_rest(
    arguments: &config::ConfigArgs,
    cli: &Cli,
    environment: &Environment,
    out: &Output,
) {
    let stdin = Stdin::kept_for(None);
    let source = Some(&cli.source);
    let settings = settings::resolve_without_file(&cli.global, source, stdin, environment);
    if let Ok(settings) = settings
        && !out.is_json()
    {
        out.warn("these are the settings without the configuration file");
        // What cannot be shown is followed by the failure all the same.
        let _ = config::run(arguments, &settings, out);
    }
}

fn with_settings(cli: Cli, mut settings: Settings) -> Exit {
    let format = settings.output.format;
    let lacks = !cli.formats.contains(&format);
    if lacks {
        // From the command line it was refused; a variable or a file is meant for other commands too.
        settings.output.format = Format::default();
    }
    let out = Output::new(settings.output);
    out.start_log();
    if lacks {
        let origin = settings.origin_of(&keys::OUTPUT);
        ::log::info!(
            "this command has no output as {}, which {origin} asks for: shown as a table",
            format.as_str()
        );
    }
    for warning in &settings.warnings {
        out.warn(warning);
    }
    let ended = match (cli.command, settings.unreadable.take()) {
        (Command::Config(arguments), unreadable) => {
            // Whoever looks for what is wrong with the settings gets to see them.
            if let Some(failure) = unreadable {
                out.warn(&failure.message);
            }
            config::run(&arguments, &settings, &out)
        }
        (command @ Command::Doctor(_), unreadable) => {
            // Tells what else is wrong besides.
            settings.unreadable = unreadable;
            operate(async |stop: &Stop| dispatch(command, &settings, &out, stop).await)
        }
        (_, Some(failure)) => Err(failure),
        (command, None) => {
            operate(async |stop: &Stop| dispatch(command, &settings, &out, stop).await)
        }
    };
    exit::say(&ended, &out)
}

/// Runs a command that talks to servers or asks questions. Everything happens on this thread: a process that mostly waits
/// starts faster without others.
fn operate(work: impl AsyncFnOnce(&Stop) -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::unexpected)?;
    let ended = runtime.block_on(async {
        let stop = Stop::on_signals(end_at_once).map_err(Failure::unexpected)?;
        let ended = work(&stop).await;
        match (stop.heard(), ended) {
            // What fails because it was stopped was stopped.
            (Some(signal), Err(_)) => Err(Failure::signal(signal)),
            (Some(signal), Ok(exit)) if exit != Exit::Done => Ok(signal.into()),
            (_, ended) => ended,
        }
    });
    // A thread that still reads from a terminal or looks up a name must not keep the process alive.
    runtime.shutdown_background();
    ended
}

async fn dispatch(
    command: Command,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    // What is waited for before a command shows its own progress is shown as well.
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
