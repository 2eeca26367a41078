//! Reads a file that the configuration is, or names.
//!
//! Owns: how much of it is read, and for how long where somebody waits. Whoever mounts the wrong file, a disk or a log, would
//! else fill the memory with it, again and again where files are looked at for changes.
//! Must not know: what is in it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::invisible;

/// 10,000 portals in one file are some four megabytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// The whole file, or an error that says what it may be.
pub fn bytes_of(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    if !may_be_read(path)? {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    let read = File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if read as u64 > MOST_BYTES {
        let why = format!("it has more than {} MiB", MOST_BYTES / 1024 / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// A pipe in a file's place would keep whoever opens it waiting. A shell's own, as of `--config <(...)`, has a writer.
fn may_be_read(path: &Path) -> io::Result<bool> {
    let is_regular = std::fs::metadata(path)?.is_file();
    Ok(is_regular
        || ["/dev/fd/", "/dev/stdin", "/proc/"].iter().any(|own| path.to_string_lossy().starts_with(own)))
}

/// The same as text.
pub fn text_of(path: impl AsRef<Path>) -> io::Result<String> {
    let text = String::from_utf8(bytes_of(path)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not valid UTF-8"))
}

/// The same, for those who cannot wait for a disk whose server is gone. The thread that reads on ends with the process.
pub fn text_within(limit: Duration, path: &Path) -> io::Result<String> {
    let (sender, read) = mpsc::channel();
    let owned = path.to_owned();
    thread::Builder::new().spawn(move || {
        // Nobody waits any more.
        let _ = sender.send(text_of(owned));
    })?;
    read.recv_timeout(limit).unwrap_or_else(|_| {
        let why = format!("it is not read within {} s", limit.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    })
}

/// What a file is that holds a secret and nothing else, without the line end that editors and `echo` leave. The errors repeat
/// nothing of it.
pub fn only_line(text: &str) -> io::Result<&str> {
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(io::Error::other("it is empty")),
        line if line.contains('\n') => Err(io::Error::other("it has several lines")),
        line => Ok(line),
    }
}

/// The same of one that is used as it is. Nobody has given it to anybody else with what cannot be seen in it.
pub fn visible_line(text: &str) -> io::Result<&str> {
    let line = only_line(text)?;
    match invisible::in_secret(line) {
        None => Ok(line),
        Some(character) => {
            Err(io::Error::other(format!("it has the character {character}, which nobody sees")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("file");
        let of_size = |bytes: u64| {
            File::create(&path).and_then(|file| file.set_len(bytes)).expect("a file");
            bytes_of(&path).map(|bytes| bytes.len() as u64)
        };
        assert_eq!(of_size(MOST_BYTES).expect("it is not too large"), MOST_BYTES);
        // A hundred gigabytes that take no room on the disk.
        for size in [MOST_BYTES + 1, 100 << 30] {
            let error = of_size(size).expect_err("it is too large");
            assert!(error.to_string().contains("16 MiB"), "{error}");
        }
        for no_file in ["/dev/zero", "/dev"] {
            assert!(text_of(no_file).is_err(), "{no_file}");
        }
    }
}
