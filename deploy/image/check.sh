#!/usr/bin/env bash
# Are the Dockerfiles clean, and are they sent what they need? No image is built.
set -euo pipefail
cd "$(dirname "$0")"
source ../tools.sh
python=$(tool_python ../requirements.txt)
for file in ../../Dockerfile{,.cuda}; do "$(dirname "$python")/hadolint" "$file"; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" check.py "$work"
# Cargo finds every target that Cargo.toml names, and the toolchain is the one of the tree.
cargo metadata --manifest-path "$work/Cargo.toml" --locked --offline --no-deps --format-version 1 >/dev/null
rust=$(sed -n 's/^channel = "\(.*\)"/\1/p' ../../rust-toolchain.toml)
for file in Dockerfile{,.cuda}; do
  grep -qx "ARG RUST=$rust" ../../$file || { echo "$file: not the Rust of rust-toolchain.toml" >&2; exit 1; }
done
# The libtorch of the image is the one that the set-up script lays out and that CI tests.
libtorch=$(sed -n 's/^torch==\([0-9.]*\) .*/\1/p' ../libtorch.txt)
grep -q "^ARG LIBTORCH_URL=.*-$libtorch%2Bcu" ../../Dockerfile.cuda || { echo "Dockerfile.cuda: not the libtorch of deploy/libtorch.txt" >&2; exit 1; }
