//! The work that runs beside the ticks of `heartbeat`.

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, io, process, thread};

use crate::answer::Error;
use crate::protocol::Params;

pub enum Job {
    Nothing,
    Spin(Duration),
    Block(Duration),
    Read(TemporaryFile),
}

impl Job {
    /// Return the job of a case; create the file that it needs, if any.
    pub fn new(params: &Params) -> Result<Self, Error> {
        let amount = params.integer("amount")?;
        let duration = Duration::from_nanos(amount);
        match params.text("beside")? {
            "nothing" => Ok(Self::Nothing),
            "cpu" => Ok(Self::Spin(duration)),
            "block" => Ok(Self::Block(duration)),
            "read" => Ok(Self::Read(TemporaryFile::new(amount as usize)?)),
            other => {
                Err(format!("beside: found {other:?}, expected nothing, cpu, block or read").into())
            }
        }
    }

    /// Do the job. Returns whether it was done: the time has passed, or all bytes were read.
    pub fn run(&self) -> bool {
        let start = Instant::now();
        match self {
            Self::Nothing => true,
            Self::Spin(duration) => {
                while start.elapsed() < *duration {}
                true
            }
            Self::Block(duration) => {
                thread::sleep(*duration);
                start.elapsed() >= *duration
            }
            Self::Read(file) => {
                fs::read(&file.path).is_ok_and(|content| content.len() == file.bytes)
            }
        }
    }
}

/// A file that is removed with this value.
pub struct TemporaryFile {
    path: PathBuf,
    bytes: usize,
}

impl TemporaryFile {
    fn new(bytes: usize) -> io::Result<Self> {
        let path = env::temp_dir().join(format!("loombench-tokio-{}", process::id()));
        let content: Vec<u8> = (0..bytes).map(|i| i as u8).collect(); // zeros may be left out
        fs::write(&path, content)?;
        Ok(Self { path, bytes })
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
