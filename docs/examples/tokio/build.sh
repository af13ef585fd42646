#!/bin/sh
# Builds bin/loombench-tokio. Options are passed to cargo.
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/loombench/tokio}
cargo build --release --target-dir "$target" "$@"
mkdir -p bin
cp "$target/release/loombench-tokio" bin/
