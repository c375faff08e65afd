//! A plain connection that sends one command after the other. It fills the keyspace, and the program is compared with
//! it.

use crate::Failed;
use crate::process::Home;
use redis::{Connection, FromRedisValue as _, IntoConnectionInfo as _};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Number of commands sent together.
const BATCH: usize = 1000;

/// Limit for a reply.
const LIMIT: Duration = Duration::from_secs(30);

type Page = (u64, Vec<Vec<u8>>);

pub fn connect(port: u16) -> redis::RedisResult<Connection> {
    let info = redis::ConnectionAddr::Tcp("127.0.0.1".into(), port).into_connection_info()?;
    let connection = redis::Client::open(info)?.get_connection_with_timeout(LIMIT)?;
    connection.set_read_timeout(Some(LIMIT))?;
    connection.set_write_timeout(Some(LIMIT))?;
    Ok(connection)
}

/// Sets a key with a TTL of an hour.
pub fn set(key: &str, value: &str) -> redis::Cmd {
    let mut command = redis::cmd("SET");
    command.arg(key).arg(value).arg("EX").arg(3600);
    command
}

/// Sets keys with a TTL of an hour.
pub fn fill(port: u16, entries: impl Iterator<Item = (String, String)>) -> Result<(), Failed> {
    send(port, entries.map(|(key, value)| set(&key, &value)))
}

/// Prepares `redis-cli --pipe` with these bytes.
pub fn pipe(home: &Home, port: u16, bytes: &Path) -> Result<Command, Failed> {
    let mut command = home.command("redis-cli");
    command.args(["-p", &port.to_string(), "--pipe"]);
    command.stdin(Stdio::from(File::open(bytes)?));
    Ok(command)
}

/// Writes the commands that recreate the cached keys.
pub fn commands_for_all(port: u16, file: &Path) -> Result<(), Failed> {
    let mut to = BufWriter::new(File::create(file)?);
    let mut connection = connect(port)?;
    for key in keys(port)? {
        let kind: String = redis::cmd("TYPE").arg(&key).query(&mut connection)?;
        let all: Vec<Vec<u8>> = match kind.as_str() {
            "string" => vec![redis::cmd("GET").arg(&key).query(&mut connection)?],
            "hash" => redis::cmd("HGETALL").arg(&key).query(&mut connection)?,
            // Scores before members.
            "zset" => {
                let mut range = redis::cmd("ZRANGE");
                range.arg(&key).arg(0).arg(-1).arg("WITHSCORES");
                let mut all: Vec<Vec<u8>> = range.query(&mut connection)?;
                all.chunks_mut(2).for_each(<[_]>::reverse);
                all
            }
            _ => continue,
        };
        let command = match kind.as_str() {
            "string" => "SET",
            "hash" => "HSET",
            _ => "ZADD",
        };
        for some in all.chunks(BATCH) {
            let mut make = redis::cmd(command);
            make.arg(&key).arg(some);
            if command == "SET" {
                make.arg("EX").arg(3600);
            }
            to.write_all(&make.get_packed_command())?;
        }
    }
    Ok(to.flush()?)
}

/// Sends commands in batches; the first failure ends it.
pub fn send(port: u16, commands: impl Iterator<Item = redis::Cmd>) -> Result<(), Failed> {
    let mut connection = connect(port)?;
    let mut commands = commands.peekable();
    while commands.peek().is_some() {
        let mut pipeline = redis::pipe();
        for command in commands.by_ref().take(BATCH) {
            pipeline.add_command(command).ignore();
        }
        pipeline.exec(&mut connection)?;
    }
    Ok(())
}

fn scan(cursor: u64, pattern: Option<&str>, count: usize) -> redis::Cmd {
    let mut command = redis::cmd("SCAN");
    command.arg(cursor);
    if let Some(pattern) = pattern {
        command.arg("MATCH").arg(pattern);
    }
    command.arg("COUNT").arg(count);
    command
}

/// Only walks and counts the keys: the minimum for any program that visits every key.
pub fn walk(port: u16) -> Result<usize, Failed> {
    let mut connection = connect(port)?;
    let (mut cursor, mut seen) = (0, 0);
    loop {
        let (next, page): Page = scan(cursor, None, 1000).query(&mut connection)?;
        seen += page.len();
        if next == 0 {
            return Ok(seen);
        }
        cursor = next;
    }
}

/// Returns all keys without duplicates.
pub fn keys(port: u16) -> Result<Vec<Vec<u8>>, Failed> {
    let mut connection = connect(port)?;
    let (mut cursor, mut all) = (0, std::collections::BTreeSet::new());
    loop {
        let (next, page): Page = scan(cursor, None, 1000).query(&mut connection)?;
        all.extend(page);
        if next == 0 {
            return Ok(all.into_iter().collect());
        }
        cursor = next;
    }
}

/// Queries the memory and TTL of each key: a page's keys together with the next SCAN, so that the server always has
/// work. Returns the total memory.
pub fn memory_usage(port: u16) -> Result<u64, Failed> {
    let mut connection = connect(port)?;
    connection.send_packed_command(&scan(0, None, 1000).get_packed_command())?;
    let mut sum = 0;
    loop {
        let (next, page) = Page::from_redis_value(connection.recv_response()?)?;
        let mut bytes = Vec::new();
        for key in &page {
            let mut usage = redis::cmd("MEMORY");
            usage.arg("USAGE").arg(key).write_packed_command(&mut bytes);
            let mut left = redis::cmd("PTTL");
            left.arg(key).write_packed_command(&mut bytes);
        }
        if next != 0 {
            bytes.extend(scan(next, None, 1000).get_packed_command());
        }
        if !bytes.is_empty() {
            connection.send_packed_command(&bytes)?;
        }
        for _ in &page {
            sum += u64::from_redis_value(connection.recv_response()?)?;
            connection.recv_response()?;
        }
        if next == 0 {
            return Ok(sum);
        }
    }
}

/// Walks a hash by a thousand fields at a time, and counts them.
pub fn walk_hash(port: u16, key: &str) -> Result<usize, Failed> {
    let mut connection = connect(port)?;
    let (mut cursor, mut seen) = (0, 0);
    loop {
        let mut command = redis::cmd("HSCAN");
        command.arg(key).arg(cursor).arg("COUNT").arg(1000);
        let (next, page): Page = command.query(&mut connection)?;
        // Names and values alternate.
        seen += page.len() / 2;
        if next == 0 {
            return Ok(seen);
        }
        cursor = next;
    }
}

/// The fastest known way that gives other clients their turn: the next page is requested first, the keys of the last
/// one follow in groups of five hundred, and no reply is waited for alone.
pub fn remove_overlapping(port: u16, pattern: &str) -> Result<usize, Failed> {
    let mut connection = connect(port)?;
    let ask = |cursor| scan(cursor, Some(pattern), 1000).get_packed_command();
    connection.send_packed_command(&ask(0))?;
    let mut removed = 0;
    // Replies still to come after the requested page.
    let mut behind = 0;
    loop {
        let (next, page) = Page::from_redis_value(connection.recv_response()?)?;
        for _ in 0..behind {
            removed += usize::from_redis_value(connection.recv_response()?)?;
        }
        let mut bytes = Vec::new();
        if next != 0 {
            bytes.extend(ask(next));
        }
        let chunks = page.chunks(500);
        behind = chunks.len();
        for chunk in chunks {
            redis::cmd("UNLINK")
                .arg(chunk)
                .write_packed_command(&mut bytes);
        }
        if !bytes.is_empty() {
            connection.send_packed_command(&bytes)?;
        }
        if next == 0 {
            for _ in 0..behind {
                removed += usize::from_redis_value(connection.recv_response()?)?;
            }
            return Ok(removed);
        }
    }
}

/// A key with its DUMP and PEXPIRETIME.
pub type Dumped = (Vec<u8>, Vec<u8>, i64);

/// The minimum cost of saving for undo: DUMP and the expiry time of each key, written to a file, and UNLINK; all
/// pipelined, with one sync at the end. Returns the saved keys.
pub fn save_and_remove(port: u16, pattern: &str, file: &Path) -> Result<Vec<Dumped>, Failed> {
    let mut connection = connect(port)?;
    let mut to = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let mut saved: Vec<Dumped> = Vec::new();
    connection.send_packed_command(&scan(0, Some(pattern), 1000).get_packed_command())?;
    // Replies to UNLINK still to come after those of the page.
    let mut behind = 0;
    loop {
        let (next, page) = Page::from_redis_value(connection.recv_response()?)?;
        for _ in 0..behind {
            connection.recv_response()?;
        }
        let mut bytes = Vec::new();
        for key in &page {
            for command in ["DUMP", "PEXPIRETIME"] {
                redis::cmd(command)
                    .arg(key)
                    .write_packed_command(&mut bytes);
            }
        }
        connection.send_packed_command(&bytes)?;
        for key in &page {
            let dump = Vec::from_redis_value(connection.recv_response()?)?;
            let deadline = i64::from_redis_value(connection.recv_response()?)?;
            for part in [key, &dump] {
                to.write_all(&(part.len() as u64).to_le_bytes())?;
                to.write_all(part)?;
            }
            to.write_all(&deadline.to_le_bytes())?;
            saved.push((key.clone(), dump, deadline));
        }
        let mut bytes = Vec::new();
        if next != 0 {
            bytes.extend(scan(next, Some(pattern), 1000).get_packed_command());
        }
        behind = 0;
        for chunk in page.chunks(500) {
            redis::cmd("UNLINK")
                .arg(chunk)
                .write_packed_command(&mut bytes);
            behind += 1;
        }
        if !bytes.is_empty() {
            connection.send_packed_command(&bytes)?;
        }
        if next == 0 {
            for _ in 0..behind {
                connection.recv_response()?;
            }
            to.into_inner()?.sync_data()?;
            return Ok(saved);
        }
    }
}

/// The minimum cost of restoring: RESTORE with the expiry time, pipelined, with the next batch sent before the last
/// one is answered.
pub fn restore(port: u16, saved: &[Dumped]) -> Result<(), Failed> {
    let mut connection = connect(port)?;
    let mut waiting = 0;
    for batch in saved.chunks(500) {
        let mut bytes = Vec::new();
        for (key, dump, deadline) in batch {
            redis::cmd("RESTORE")
                .arg(key)
                .arg(*deadline)
                .arg(dump)
                .arg("ABSTTL")
                .write_packed_command(&mut bytes);
        }
        connection.send_packed_command(&bytes)?;
        for _ in 0..std::mem::replace(&mut waiting, batch.len()) {
            connection.recv_response()?;
        }
    }
    for _ in 0..waiting {
        connection.recv_response()?;
    }
    Ok(())
}
