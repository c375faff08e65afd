//! The selected keys of a plan, spooled to a private file once there are many. A plan thus takes little memory, and
//! what is executed is exactly what was planned.

use crate::cache::Error;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::Duration;
use tempfile::SpooledTempFile;

/// Bytes kept in memory.
const IN_MEMORY: usize = 4 << 20;

/// How a key counts: index of the target that selects it, and index of the customer that owns it (`None` for the counts
/// of all customers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Attribution {
    pub(super) target: usize,
    pub(super) customer: Option<usize>,
    /// The key was selected before, and does not count again.
    pub(super) again: bool,
}

/// A key and the decision about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SelectedKey {
    pub(super) key: Vec<u8>,
    pub(super) of: Attribution,
    /// How long the key may stay; `None` removes it at once.
    pub(super) limit: Option<Duration>,
}

/// Keys being selected.
pub(super) struct Spool {
    file: BufWriter<SpooledTempFile>,
    count: u64,
}

impl Spool {
    pub(super) fn new() -> Self {
        Self {
            file: BufWriter::new(tempfile::spooled_tempfile(IN_MEMORY)),
            count: 0,
        }
    }

    pub(super) fn push(
        &mut self,
        key: &[u8],
        of: Attribution,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        let customer = of.customer.map_or(0, |at| at + 1);
        let seconds = limit.map_or(0, |limit| limit.as_secs());
        let again = usize::from(of.again);
        let write = |file: &mut BufWriter<SpooledTempFile>| {
            for number in [key.len(), of.target, customer, again] {
                let number = u32::try_from(number).map_err(io::Error::other)?;
                file.write_all(&number.to_le_bytes())?;
            }
            let seconds = u32::try_from(seconds).map_err(io::Error::other)?;
            file.write_all(&seconds.to_le_bytes())?;
            file.write_all(key)
        };
        self.count += 1;
        write(&mut self.file).map_err(failed)
    }

    /// Returns the number of keys, including duplicates from the scan.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// Starts reading from the beginning.
    pub(super) fn read(self) -> Result<Selection, Error> {
        let mut file = self
            .file
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(Selection {
            file: BufReader::new(file),
            left: self.count,
        })
    }
}

/// Selected keys being read.
pub(super) struct Selection {
    file: BufReader<SpooledTempFile>,
    left: u64,
}

impl Selection {
    /// Returns the next keys, at most `most`; empty at the end.
    pub(super) fn take(&mut self, most: usize) -> Result<Vec<SelectedKey>, Error> {
        let mut keys = Vec::new();
        while keys.len() < most && self.left > 0 {
            keys.push(self.one().map_err(failed)?);
            self.left -= 1;
        }
        Ok(keys)
    }

    fn one(&mut self) -> io::Result<SelectedKey> {
        let length = self.number()?;
        let target = self.number()?;
        let customer = self.number()?.checked_sub(1);
        let again = self.number()? > 0;
        let seconds = self.number()?;
        let mut key = vec![0; length];
        self.file.read_exact(&mut key)?;
        Ok(SelectedKey {
            key,
            of: Attribution {
                target,
                customer,
                again,
            },
            limit: (seconds > 0).then(|| Duration::from_secs(seconds as u64)),
        })
    }

    fn number(&mut self) -> io::Result<usize> {
        let mut number = [0; 4];
        self.file.read_exact(&mut number)?;
        usize::try_from(u32::from_le_bytes(number)).map_err(io::Error::other)
    }
}

fn failed(error: io::Error) -> Error {
    Error::Spool {
        source: Arc::new(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_back_with_their_keys_even_from_a_file() {
        let mut spool = Spool::new();
        let selected = |number: usize| SelectedKey {
            key: vec![u8::try_from(number % 251).unwrap(); 5000],
            of: Attribution {
                target: number,
                customer: number.checked_sub(7),
                again: number.is_multiple_of(3),
            },
            limit: (number % 2 == 1).then(|| Duration::from_mins(1)),
        };
        let unnamed = SelectedKey {
            key: Vec::new(),
            ..selected(3)
        };
        let expected: Vec<SelectedKey> = (0..1000).map(selected).chain([unnamed]).collect();
        for one in &expected {
            spool.push(&one.key, one.of, one.limit).unwrap();
        }
        assert_eq!(spool.len(), 1001);
        let mut selection = spool.read().unwrap();
        let mut all = Vec::new();
        loop {
            let some = selection.take(300).unwrap();
            assert!(some.len() <= 300);
            if some.is_empty() {
                break;
            }
            all.extend(some);
        }
        assert_eq!(all, expected);
    }
}
