//! Shell completions, in the real shells: the tests type on a terminal, press Tab and check which command the shell
//! runs.

use crate::support::run::{BINARY, Home, terminal};
use rustix::fs::Mode;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Time limit for a shell's reply.
const LIMIT: Duration = Duration::from_mins(1);

const UNDO: &str = "20261128T175804Z-93ea";

/// A shell on a terminal, in its own home, where `alecs-cache` is completed by the binary and reports its arguments.
struct Shell {
    child: Child,
    terminal: File,
    ran: Receiver<String>,
    home: Home,
}

impl Shell {
    /// Starts bash, zsh or fish with the completions in the folder where its packages install them.
    fn start(name: &str) -> Self {
        let home = Home::new();
        let folder = home.path().display().to_string();
        home.write(
            ".edgerc",
            "[acme]\nhost = a\n[acme-test]\nhost = a\n[beta]\nhost = b\n",
        );
        home.config("[profile.production]\nurl = 'redis://p'\ncustomer = 'gamma'\n");
        home.write(
            &format!(".state/alecs-cache/undo/{UNDO}.undo"),
            &format!(
                "{{\"format\":\"alecs-cache/undo/1\",\"id\":\"{UNDO}\",\"at\":1,\"endpoint\":\"redis://h:1/0\",\"prefix\":\"akamai:\",\"marked\":{{}},\"command\":\"invalidate prp_1\"}}\n"
            ),
        );
        private(&home.path().join(".state/alecs-cache/undo"));
        // Files that a shell offers by default.
        for file in ["a-file", "prp-file", "2026-file", "url-file"] {
            home.write(file, "");
        }
        let fifo = home.path().join("ran");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, Mode::RWXU).unwrap();
        let stand_in = home.write(
            "bin/alecs-cache",
            &format!(
                "#!/bin/sh\n[ -n \"$ALECS_CACHE_COMPLETE\" ] && exec {BINARY} \"$@\"\n\
                 {{ printf '<%s>' \"$@\"; echo; }} >{folder}/ran\n"
            ),
        );
        std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755)).unwrap();
        let completions = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        let completions = completions.display();
        let (file, text, arguments) = match name {
            "bash" => (
                ".rc",
                format!("PS1='$ '\nsource {completions}/alecs-cache.bash\n"),
                vec![
                    "--noprofile".to_owned(),
                    "--rcfile".to_owned(),
                    format!("{folder}/.rc"),
                    "-i".to_owned(),
                ],
            ),
            "zsh" => (
                ".zshrc",
                format!(
                    "PS1='$ '\nfpath=({completions} $fpath)\nautoload -Uz compinit\ncompinit -u -D\n"
                ),
                vec!["-i".to_owned()],
            ),
            _ => (
                ".config/fish/config.fish",
                format!("set -g fish_greeting\nsource {completions}/alecs-cache.fish\n"),
                vec!["-i".to_owned()],
            ),
        };
        home.write(file, &text);
        let (ours, theirs) = terminal();
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new("setsid")
            .args(["--ctty", name])
            .args(arguments)
            .env_clear()
            .env("PATH", format!("{folder}/bin:{path}"))
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path().join(".config"))
            .env("XDG_STATE_HOME", home.path().join(".state"))
            .env("TERM", "dumb")
            .env("ALECS_CACHE_NO_PROGRESS", "1")
            .current_dir(home.path())
            .stdin(theirs.try_clone().unwrap())
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs)
            .spawn()
            .unwrap();
        // Nobody reads the screen, but a full terminal would block the shell.
        let mut screen = ours.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(1..) = screen.read(&mut part) {}
        });
        let (tell, ran) = channel();
        // Also open for writing, so that there is no end of file between two runs.
        let lines = File::options().read(true).write(true).open(&fifo).unwrap();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(lines).lines();
            while let Some(Ok(line)) = lines.next() {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        let mut shell = Self {
            child,
            terminal: ours,
            ran,
            home,
        };
        shell.types("alecs-cache ready", "<ready>");
        shell
    }

    /// Types a line, with `\t` for Tab, and compares the arguments that the command is run with.
    #[track_caller]
    fn types(&mut self, line: &str, ran: &str) {
        self.terminal
            .write_all(format!("{line}\r").as_bytes())
            .unwrap();
        let told = self.ran.recv_timeout(LIMIT);
        assert_eq!(told.as_deref(), Ok(ran), "{line:?}");
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The thread that reads the arguments ends with the next line.
        let _ = std::fs::write(self.home.path().join("ran"), "\n");
    }
}

fn private(folder: &Path) {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// Panics if the shell is missing, because a skipped test proves nothing.
fn needed(name: &str) {
    let found = Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    assert!(
        found.is_ok(),
        "{name} is not installed, and its completions cannot be run; `make test` installs it where it may"
    );
}

fn completes(name: &str) {
    needed(name);
    let mut shell = Shell::start(name);
    for (line, ran) in [
        // Commands and options.
        ("alecs-cache inval\tx", "<invalidate><x>"),
        ("alecs-cache warm --hostn\tx", "<warm><--hostnames><x>"),
        (
            "alecs-cache -c acme warm --on\tx",
            "<-c><acme><warm><--only><x>",
        ),
        // Customers: the sections of .edgerc, and those named in the configuration file.
        ("alecs-cache warm -c be\tx", "<warm><-c><beta><x>"),
        ("alecs-cache warm -c ga\tx", "<warm><-c><gamma><x>"),
        (
            "alecs-cache warm --customer=be\tx",
            "<warm><--customer=beta><x>",
        ),
        ("alecs-cache -c be\twarm", "<-c><beta><warm>"),
        ("alecs-cache --profile pr\tx", "<--profile><production><x>"),
        ("alecs-cache warm --only ru\tx", "<warm><--only><rules><x>"),
        (
            "alecs-cache warm --skip cp\tx",
            "<warm><--skip><cpcodes><x>",
        ),
        ("alecs-cache get versi\tprp_1", "<get><versions><prp_1>"),
        ("alecs-cache undo 20261\tx", &format!("<undo><{UNDO}><x>")),
        (
            "alecs-cache stats --assert api_calls_sa\tx",
            "<stats><--assert><api_calls_saved><x>",
        ),
        (
            "alecs-cache config tls_serv\tx",
            "<config><tls_server_name><x>",
        ),
        ("alecs-cache config --al\tx", "<config><--all><x>"),
        // Files only for options that take one.
        (
            "alecs-cache warm --edgerc a-f\tx",
            "<warm><--edgerc><a-file><x>",
        ),
        ("alecs-cache inspect prp-\t", "<inspect><prp->"),
        ("alecs-cache warm -c a-\t", "<warm><-c><a->"),
        ("alecs-cache undo 2026-\t", "<undo><2026->"),
        ("alecs-cache --url url-\t", "<--url><url->"),
        // Only the command's own output formats are offered.
        ("alecs-cache warm -o c\t", "<warm><-o><c>"),
        ("alecs-cache hit-rate -o c\tx", "<hit-rate><-o><csv><x>"),
        ("alecs-cache man cust\tx", "<man><customers><x>"),
        ("alecs-cache help exit\tx", "<help><exit-codes><x>"),
    ] {
        shell.types(line, ran);
    }
}

#[test]
fn bash_completes_names_of_this_machine() {
    completes("bash");
}

#[test]
fn zsh_completes_names_of_this_machine() {
    completes("zsh");
}

#[test]
fn fish_completes_names_of_this_machine() {
    completes("fish");
}

/// Returns the binary's reply to a shell.
fn answer(home: &Home, words: &[&str]) -> String {
    let line = ["--", "alecs-cache"].iter().chain(words).copied();
    let run = home.command_of(line).env("ALECS_CACHE_COMPLETE", "fish");
    let began = Instant::now();
    let ended = run.run().with(0);
    assert!(began.elapsed() < Duration::from_secs(5), "{words:?}");
    assert_eq!(ended.stderr, "", "{words:?}");
    ended.stdout
}

#[test]
fn files_that_cannot_be_read_offer_nothing_and_say_nothing() {
    let home = Home::new();
    let edgerc = home.path().join(".edgerc");
    let config = home.path().join(".config/alecs-cache/config.toml");
    let undo = home.path().join(".state/alecs-cache/undo");
    let lines: [&[&str]; 4] = [
        &["warm", "-c", ""],
        &["--profile", ""],
        &["undo", "2"],
        &["--section", ""],
    ];
    for line in lines {
        assert_eq!(answer(&home, line), "", "{line:?}");
    }
    // Broken files, pipes that nobody writes to, names with control characters.
    let broken: [(&PathBuf, &str); 3] = [
        (&edgerc, "[ac\u{1b}[31mme]\nhost = x\n[\nno section"),
        (&config, "= nonsense ["),
        (&undo.join("20261128T175804Z-93ea.undo"), "{nonsense"),
    ];
    for (path, text) in broken {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    private(&undo);
    for line in lines {
        let told = answer(&home, line);
        assert!(!told.contains('\u{1b}'), "{line:?}: {told:?}");
    }
    for (path, _) in broken {
        std::fs::remove_file(path).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path, Mode::RWXU).unwrap();
    }
    for line in lines {
        assert_eq!(answer(&home, line), "", "{line:?}");
    }
}

#[test]
fn the_options_on_the_line_choose_the_files() {
    let home = Home::new();
    home.write("other.edgerc", "[delta]\nhost = d\n");
    home.write(
        "other.toml",
        "edgerc = 'other.edgerc'\n[profile.night]\ndb = 1\n",
    );
    let edgerc = &["--edgerc", "other.edgerc", "warm", "-c", ""];
    assert_eq!(answer(&home, edgerc), "delta");
    let of_home = &["warm", "--edgerc", "~/other.edgerc", "-c", "acme,"];
    assert_eq!(answer(&home, of_home), "acme,delta");
    assert_eq!(
        answer(&home, &["--config", "other.toml", "warm", "-c", ""]),
        "delta"
    );
    assert_eq!(
        answer(&home, &["--config", "other.toml", "--profile", ""]),
        "night"
    );
}

#[test]
fn options_of_all_commands_show_up_when_a_dash_is_typed() {
    let home = Home::new();
    let commands = answer(&home, &[""]);
    assert!(commands.starts_with("warm\tFetch"), "{commands}");
    assert!(!commands.contains("--url"), "{commands}");
    assert!(answer(&home, &["warm", "--u"]).starts_with("--url\t"));
}

#[test]
fn the_variable_alone_is_no_completion_request() {
    let home = Home::new();
    for shell in ["fish", "nonsense", ""] {
        let run = home
            .command("config --db 3")
            .env("ALECS_CACHE_COMPLETE", shell);
        assert!(run.run().with(0).stdout.contains("--db"), "{shell}");
    }
    let run = home
        .command("-- warm")
        .env("ALECS_CACHE_COMPLETE", "nonsense");
    run.run().with(2);
}
