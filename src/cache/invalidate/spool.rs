//! The names of what falls, in a private file once they are many: a plan takes little memory whatever
//! the size of the keyspace.

use crate::cache::Error;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;

/// So many bytes stay in memory.
const IN_MEMORY: usize = 4 << 20;

/// Names being written.
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

    pub(super) fn push(&mut self, key: &[u8]) -> Result<(), Error> {
        let write = |file: &mut BufWriter<SpooledTempFile>| {
            let length = u32::try_from(key.len()).map_err(io::Error::other)?;
            file.write_all(&length.to_le_bytes())?;
            file.write_all(key)
        };
        self.count += 1;
        write(&mut self.file).map_err(|error| failed(&error))
    }

    /// How many names there are; one that the server gave twice counts twice.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// Reads them from the beginning.
    pub(super) fn read(self) -> Result<Names, Error> {
        let mut file = self
            .file
            .into_inner()
            .map_err(|error| failed(error.error()))?;
        file.seek(SeekFrom::Start(0))
            .map_err(|error| failed(&error))?;
        Ok(Names {
            file: BufReader::new(file),
            left: self.count,
        })
    }
}

/// Names being read.
pub(super) struct Names {
    file: BufReader<SpooledTempFile>,
    left: u64,
}

impl Names {
    /// The next names, at most so many; none at the end.
    pub(super) fn take(&mut self, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        let mut names = Vec::new();
        while names.len() < most && self.left > 0 {
            names.push(self.one().map_err(|error| failed(&error))?);
            self.left -= 1;
        }
        Ok(names)
    }

    fn one(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.file.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
        let mut name = vec![0; length];
        self.file.read_exact(&mut name)?;
        Ok(name)
    }
}

fn failed(error: &io::Error) -> Error {
    Error::Spool {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_also_from_a_file() {
        let mut spool = Spool::new();
        let name = |number: usize| vec![u8::try_from(number % 251).unwrap(); 5000];
        (0..1000).for_each(|number| spool.push(&name(number)).unwrap());
        spool.push(b"").unwrap();
        assert_eq!(spool.len(), 1001);
        let mut names = spool.read().unwrap();
        let mut all = Vec::new();
        loop {
            let some = names.take(300).unwrap();
            assert!(some.len() <= 300);
            if some.is_empty() {
                break;
            }
            all.extend(some);
        }
        let expected: Vec<_> = (0..1000).map(name).chain([Vec::new()]).collect();
        assert_eq!(all, expected);
    }
}
