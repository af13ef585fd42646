//! The answers of implementations, and their digests.

use std::error::Error as StdError;
use std::fmt;
use std::fmt::Write;
use std::io;
use std::pin::Pin;

use sha2::{Digest, Sha256};

pub type Error = Box<dyn StdError + Send + Sync>;

/// All workloads answer an integer, whose canonical JSON is its decimal digits.
pub type Answer = Result<i64, Error>;

/// What an implementation returns: a future, boxed so that all have one type.
pub type Running<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// The implementation cannot do what the case asks for.
#[derive(Debug)]
pub struct Unsupported(pub &'static str);

impl fmt::Display for Unsupported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl StdError for Unsupported {}

/// Return the protocol's reason for an error.
pub fn reason(error: &Error) -> &'static str {
    if error.is::<Unsupported>() {
        return "unsupported";
    }
    match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::OutOfMemory) => "out_of_memory",
        _ => "crash",
    }
}

/// Return the SHA-256 of a text in lowercase hexadecimal.
pub fn digest(text: &str) -> String {
    let mut hexadecimal = String::new();
    for byte in Sha256::digest(text) {
        write!(hexadecimal, "{byte:02x}").expect("a String takes all text");
    }
    hexadecimal
}
