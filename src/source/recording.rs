//! Replays a recording for `--from`.
//!
//! A recording may come from a stranger. Its content is checked like the API's own responses, and decides neither
//! which calls are made nor where anything is written.

use super::Error;
use super::attempt::refusal;
use super::call::Call;
use super::client::Raw;
use super::quote::quote;
use super::recorder::{RecordingLine, VERSION, cannot};
use crate::stop::Stop;
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Line limit, in bytes: a response of the largest size that the API client reads.
const MAX_LINE: u64 = 65 << 20;

/// Index of a recording. Bodies stay on disk until they are requested.
pub struct Recording {
    name: String,
    file: File,
    answers: HashMap<(String, String), RecordedAnswer>,
    customers: BTreeSet<String>,
}

/// An answer, and where in the file its body is.
#[derive(Clone, Copy)]
struct RecordedAnswer {
    status: u16,
    date: Option<Timestamp>,
    offset: u64,
    length: usize,
}

/// A replayed answer.
pub(super) struct ReplayedAnswer {
    pub status: u16,
    pub date: Option<Timestamp>,
    pub body: String,
}

impl ReplayedAnswer {
    /// Returns the response to a call, as if the API had made it now.
    pub(super) fn into_raw(self, call: &Call) -> Raw {
        let success = (200..300).contains(&self.status);
        Raw {
            refusal: (!success).then(|| {
                refusal(self.status, None, &self.body, call, Timestamp::now()).into_error(call)
            }),
            status: self.status,
            date: self.date,
            body: self.body.into_bytes(),
        }
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Recording({}, {} answers)",
            self.name,
            self.answers.len()
        )
    }
}

impl Recording {
    /// Opens a recording. `-` is stdin, which is first copied to a private file, as is anything else that cannot be
    /// read twice. Reading ends early when the operator asks to stop.
    pub async fn open(from: &Path, stop: &Stop) -> Result<Self, Error> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let path = from.to_owned();
        // A thread outside the runtime: the runtime would not shut down while one of its own waits on stdin.
        std::thread::spawn(move || {
            // After a stop the receiver is gone.
            let _ = sender.send(Self::read(&path));
        });
        tokio::select! {
            biased;
            _ = stop.raised() => Err(Error::Stopped { call: "the recording".into() }),
            read = receiver => read.unwrap_or_else(|_| {
                Err(Error::Recording(format!("cannot read `{}`", from.display())))
            }),
        }
    }

    /// Returns the customers with responses in the recording, in order.
    pub fn customers(&self) -> impl Iterator<Item = &str> {
        self.customers.iter().map(String::as_str)
    }

    /// Fails if the recording holds nothing for `customer`.
    pub(super) fn require(&self, customer: &str) -> Result<(), Error> {
        if self.customers.contains(customer) {
            return Ok(());
        }
        let known: Vec<_> = self
            .customers()
            .map(|name| format!("`{}`", quote(name.as_bytes())))
            .collect();
        let known = if known.is_empty() {
            "it is empty".to_owned()
        } else {
            format!("it has {}", known.join(", "))
        };
        Err(Error::Recording(format!(
            "the recording `{}` has no customer `{customer}` ({known})",
            self.name
        )))
    }

    /// Returns the response to a call.
    pub(super) fn answer(&self, customer: &str, call: &str) -> Result<ReplayedAnswer, Error> {
        let key = (customer.to_owned(), by_path(call).into_owned());
        let answer = self.answers.get(&key).ok_or_else(|| {
            let (recording, call) = (self.name.clone(), call.to_owned());
            Error::NotRecorded { recording, call }
        })?;
        self.replay(*answer)
    }

    /// Returns true if the recording has the account-wide list of host names, or a part of it.
    pub(super) fn has_listing(&self, customer: &str) -> bool {
        let is_page = |call: &str| call.starts_with("GET /papi/v1/hostnames?offset=");
        let mut calls = self.answers.keys();
        calls.any(|(whose, call)| whose == customer && is_page(call))
    }

    /// Returns the responses to all property lists of a customer.
    pub(super) fn property_lists(&self, customer: &str) -> impl Iterator<Item = ReplayedAnswer> {
        let lists = self.answers.iter().filter(move |((whose, call), _)| {
            whose == customer && call.starts_with("GET /papi/v1/properties?")
        });
        lists.filter_map(|(_, answer)| self.replay(*answer).ok())
    }

    fn replay(&self, answer: RecordedAnswer) -> Result<ReplayedAnswer, Error> {
        let mut body = vec![0; answer.length];
        self.file
            .read_exact_at(&mut body, answer.offset)
            .map_err(|error| cannot("read", Path::new(&self.name), &error))?;
        // It was UTF-8 when it was indexed. A body that was not JSON was recorded as a string.
        let body = String::from_utf8(body).unwrap_or_default();
        let body = serde_json::from_str::<String>(&body).unwrap_or(body);
        Ok(ReplayedAnswer {
            status: answer.status,
            date: answer.date,
            body,
        })
    }

    /// Indexes the responses. A stream is copied to an unnamed file while each line is checked, so that an endless
    /// stream of something else fails at its first line.
    pub(super) fn read(from: &Path) -> Result<Self, Error> {
        let stdin = from == Path::new("-");
        let name = if stdin {
            "-".to_owned()
        } else {
            from.display().to_string()
        };
        let failed = |error: io::Error| cannot("read", Path::new(&name), &error);
        let new = |file| Self {
            name: name.clone(),
            file,
            answers: HashMap::new(),
            customers: BTreeSet::new(),
        };
        if stdin {
            let mut recording = new(tempfile::tempfile().map_err(failed)?);
            recording.index(io::stdin().lock(), true)?;
            return Ok(recording);
        }
        let file = File::open(from).map_err(failed)?;
        let whole = file.metadata().map_err(failed)?.is_file();
        let kept = if whole {
            file.try_clone()
        } else {
            tempfile::tempfile()
        };
        let mut recording = new(kept.map_err(failed)?);
        recording.index(BufReader::with_capacity(1 << 18, file), !whole)?;
        Ok(recording)
    }

    fn index(&mut self, mut reader: impl BufRead, spool: bool) -> Result<(), Error> {
        let mut line = Vec::new();
        let mut offset = 0;
        for number in 1_u64.. {
            let wrong = |what: &str| {
                Error::Recording(format!(
                    "line {number} of the recording `{}` {what}",
                    self.name
                ))
            };
            line.clear();
            let length = (&mut reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|error| wrong(&format!("cannot be read: {error}")))?;
            if length == 0 {
                break;
            }
            if line.last() != Some(&b'\n') && length as u64 == MAX_LINE {
                return Err(wrong("is longer than 65 MiB"));
            }
            // Editors on Windows put a byte order mark in front.
            let text = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line);
            if !text.trim_ascii().is_empty() {
                let parsed: RecordingLine = serde_json::from_slice(text)
                    .map_err(|_| wrong("is not an answer as `--record` writes it"))?;
                if parsed.version != VERSION {
                    return Err(wrong(&format!(
                        "is of version {}, this program reads version {VERSION}",
                        parsed.version
                    )));
                }
                if !self.customers.contains(&*parsed.customer) {
                    self.customers.insert(parsed.customer.clone().into_owned());
                }
                if spool {
                    self.file
                        .write_all(&line)
                        .map_err(|error| wrong(&format!("cannot be copied: {error}")))?;
                }
                let body = parsed.body.get();
                let before = body.as_ptr().addr() - line.as_ptr().addr();
                let answer = RecordedAnswer {
                    status: parsed.status,
                    date: parsed.date.and_then(|date| date.parse().ok()),
                    offset: offset + before as u64,
                    length: body.len(),
                };
                // If a call has several responses, the last one is the newest.
                let call = by_path(&parsed.call).into_owned();
                self.answers
                    .insert((parsed.customer.into_owned(), call), answer);
            } else if spool {
                continue;
            }
            offset += length as u64;
        }
        Ok(())
    }
}

/// Drops contract and group from a call about a single property. They only help the API find it, so calls with and
/// without them are equivalent.
fn by_path(call: &str) -> Cow<'_, str> {
    let Some((path, query)) = call.split_once('?') else {
        return Cow::Borrowed(call);
    };
    if !path.starts_with("GET /papi/v1/properties/") {
        return Cow::Borrowed(call);
    }
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("contractId=") && !pair.starts_with("groupId="))
        .collect();
    Cow::Owned(if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A line as this program writes it, or as another program might.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let call = "(GET|POST) /papi/v1/(groups|properties/prp_[0-9]|properties\\?groupId=[0-9])[&=a-z?]{0,9}";
        let body = prop::sample::select(vec![
            "{}",
            "\"text\"",
            "null",
            "[1]",
            "{\"a\":\"\\u0000\"}",
            "1e999",
        ]);
        let written = (1..3u32, "[a-z]{1,3}", call, any::<u16>(), body).prop_map(|(version, customer, call, status, body)| {
            format!(r#"{{"version":{version},"customer":"{customer}","call":"{call}","status":{status},"body":{body}}}"#).into_bytes()
        });
        let damaged = (written.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
            |(mut line, at, byte)| {
                let at = at.index(line.len());
                line[at] = byte;
                line
            },
        );
        prop_oneof![8 => written, 3 => damaged, 1 => prop::collection::vec(any::<u8>(), 0..40)]
    }

    proptest! {
        #[test]
        fn a_recording_of_any_bytes_is_refused_or_answers_every_call_that_it_holds(
            lines in prop::collection::vec(line(), 0..5),
            ending in prop::sample::select(vec!["\n", "\r\n", "\n\n", ""]),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("recording");
            std::fs::write(&file, lines.join(ending.as_bytes())).unwrap();
            match Recording::read(&file) {
                Ok(recording) => for (customer, call) in recording.answers.keys() {
                    prop_assert!(recording.customers().any(|known| known == customer));
                    prop_assert!(recording.answer(customer, call).is_ok(), "{}", call);
                },
                Err(error) => prop_assert!(error.to_string().starts_with("line "), "{}", error),
            }
        }
    }
}
