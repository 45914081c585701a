#!/usr/bin/env bash
# Is the Dockerfile clean, and is it sent what it needs? No image is built.
set -euo pipefail
cd "$(dirname "$0")"
source ../tools.sh
python=$(tool_python ../requirements.txt)
"$(dirname "$python")/hadolint" ../../Dockerfile
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" check.py "$work"
# Cargo finds every target that Cargo.toml names, and the toolchain is the one of the tree.
cargo metadata --manifest-path "$work/Cargo.toml" --locked --offline --no-deps --format-version 1 >/dev/null
grep -qx "ARG RUST=$(sed -n 's/^channel = "\(.*\)"/\1/p' ../../rust-toolchain.toml)" ../../Dockerfile || { echo "Dockerfile: not the Rust of rust-toolchain.toml" >&2; exit 1; }
