#!/bin/sh
# Builds bin/loombench-tokio with a profile of Cargo.toml: release, unless another is named.
set -eu
cd "$(dirname "$0")"
profile=${1:-release}
target=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/loombench/tokio}
cargo build --profile "$profile" --target-dir "$target"
mkdir -p bin
cp "$target/$profile/loombench-tokio" bin/
