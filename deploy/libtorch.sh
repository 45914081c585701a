#!/usr/bin/env bash
# Lays out libtorch 2.4.0 for CPUs from PyPI, for machines that do not reach download.pytorch.org, and prints what to export so that
# `cargo build --features libtorch` finds it. docs/ENGINES.md has the official archives, which are the better choice where they can be had.
#   deploy/libtorch.sh [FOLDER]     target/libtorch, if left out; from there `cargo run` and `cargo test` find the libraries by themselves
# Fetches 812 MB once, keeps 520 MB, and does nothing where it is there already. Needs python3 with venv, and a C compiler.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
into=$(realpath -m "${1:-$here/../target/libtorch}")
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "found $(uname -sm); expected Linux x86_64: docs/ENGINES.md has archives for others" >&2; exit 1; }

lay_out() {
  work=$(mktemp -d -p "$(dirname "$into")" .libtorch-XXXXXX)
  trap 'rm -rf "$work"' EXIT
  python3 -m venv "$work/venv"
  # A wheel that does not have its checksum is refused.
  TMPDIR=$work "$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-cache-dir --require-hashes --no-deps \
    --only-binary :all: --platform manylinux1_x86_64 --python-version 3.11 --dest "$work/wheels" -r "$here/libtorch.txt" >&2
  mkdir -p "$work/libtorch/lib"
  python3 - "$work" <<'PYTHON'
import pathlib
import shutil
import sys
import zipfile

work = pathlib.Path(sys.argv[1])
LIBRARIES = ("libtorch_cpu.so", "libc10.so", "libgomp-", "libcudart.so.12", "libcupti.so.12")
for wheel in (work / "wheels").glob("*.whl"):
    with zipfile.ZipFile(wheel) as files:
        for name in files.namelist():
            path = pathlib.PurePosixPath(name)
            if name.startswith("torch/include/") and not name.endswith("/"):
                to = work / "libtorch" / path.relative_to("torch")
            elif path.parent.name == "lib" and path.name.startswith(LIBRARIES):
                to = work / "libtorch/lib" / path.name
            else:
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            with files.open(name) as source, to.open("wb") as target:
                shutil.copyfileobj(source, target)
PYTHON
  # The wheel's own libtorch.so holds nothing and pulls in libtorch_cuda.so (900 MB, and all of CUDA with it).
  "${CC:-cc}" -shared -o "$work/libtorch/lib/libtorch.so" -x c /dev/null
  # Read by the build of torch-sys, which refuses another version; the last file, so that its presence says that all are there.
  echo 2.4.0+cpu >"$work/libtorch/build-version"
  rm -rf "$into"
  mv "$work/libtorch" "$into"
}

if [ "$(cat "$into/build-version" 2>/dev/null)" != 2.4.0+cpu ]; then
  mkdir -p "$(dirname "$into")"
  lay_out
fi
echo "export LIBTORCH='$into' LIBTORCH_CXX11_ABI=0"
echo "export LD_LIBRARY_PATH='$into/lib'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
