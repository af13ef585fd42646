//! Tells the program the versions of the compiler and of Tokio that it is built with.

use std::{env, fs, process::Command};

fn main() {
    let compiler = env::var("RUSTC").expect("cargo sets RUSTC");
    let said = Command::new(compiler).arg("--version").output().expect("rustc --version");
    let said = String::from_utf8(said.stdout).expect("UTF-8");
    let rust = said.split_whitespace().nth(1).expect("rustc VERSION");
    println!("cargo::rustc-env=RUST_VERSION={rust}");

    let manifest = fs::read_to_string("Cargo.toml").expect("Cargo.toml");
    let tokio = manifest
        .lines()
        .find_map(|line| line.strip_prefix("tokio = { version = \"="))
        .and_then(|rest| rest.split('"').next())
        .expect("the pinned version of tokio");
    println!("cargo::rustc-env=TOKIO_VERSION={tokio}");
    println!("cargo::rerun-if-changed=Cargo.toml");
}
