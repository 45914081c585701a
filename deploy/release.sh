#!/usr/bin/env bash
# Packs a release: the program, the model where the program looks for it, the systemd unit, examples of configurations, and a
# list of checksums. The same commit and program give the same bytes.
#   cargo build --release --locked && deploy/release.sh [PROGRAM] [FOLDER]     target/release/undertone and dist/, if left out
#   deploy/release.sh --check [PROGRAM]                                        packs twice, unpacks, and lets the program score a mention
set -euo pipefail
cd "$(dirname "$0")/.."
epoch=$(git log -1 --format=%ct)

pack() { # program, folder; prints the archive's path
  local program=$1 into=$2 root=$PWD version name stage
  version=$("$program" --version | cut -d' ' -f2)
  name=undertone-$version-$(uname -m)-linux-gnu
  stage=$(mktemp -d)
  mkdir -p "$into" "$stage/$name"/{bin,lib/systemd/system,share/undertone/models,share/doc/undertone}
  (
    cd "$stage/$name"
    install -m 755 -s "$program" bin/undertone
    cp -r "$root/models/default" share/undertone/models/default
    cp "$root/deploy/systemd/undertone.service" lib/systemd/system/
    cp -r "$root"/{LICENSE,README.md,docs/CONFIGURATION.md,deploy/{undertone,watchlist,topics,lexicon}.example.toml,deploy/mappings} share/doc/undertone/
    chmod -R u=rwX,go=rX .
    find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >SHA256SUMS
  )
  tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -c "$name" | gzip -6n >"$into/$name.tar.gz"
  (cd "$into" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
  rm -rf "$stage"
  echo "$into/$name.tar.gz"
}

check() { # program
  local first second version file listed foreign newest
  # Whatever names a version names this one.
  version=$("$1" --version | cut -d' ' -f2)
  for file in deploy/compose/compose.yaml deploy/helm/undertone/Chart.yaml docs/DEPLOYMENT.md; do
    grep -qF "$version" "$file" || { echo "$file: does not name the version $version" >&2; exit 1; }
  done
  # Of Cargo's package too: what git holds (the chart's link to the boards followed), and nothing that lies about.
  listed=$(cargo package --list --allow-dirty --quiet)
  foreign=$(comm -23 <(LC_ALL=C sort <<<"$listed") <(git ls-files | LC_ALL=C sort) |
    grep -vxE '\.cargo_vcs_info\.json|Cargo\.toml\.orig|deploy/helm/undertone/files/grafana/.*' || true)
  [ -z "$foreign" ] || { echo "cargo package would hold what git does not: $foreign" >&2; exit 1; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  first=$(pack "$1" "$work/one")
  second=$(pack "$1" "$work/two")
  cmp "$first" "$second"
  (cd "$work/one" && sha256sum --quiet -c ./*.sha256)
  mkdir "$work/local"
  tar -xzf "$first" -C "$work/local" --strip-components=1
  cd "$work/local"
  sha256sum --quiet -c SHA256SUMS
  # In an empty environment and away from the source tree, it must find its model beside itself.
  mention='{"id":"1","source":"x","created_at":"2026-03-02T09:00:00Z","text":"Lumen Air rebooked me in a minute, wonderful people!"}'
  scored=$(cd / && env -i "$work/local/bin/undertone" score --watchlist "$work/local/share/doc/undertone/watchlist.example.toml" <<<"$mention")
  [[ $scored == *'"label":"positive"'* && $scored == *'"id":"lumen-air"'* ]] || { echo "it says: $scored" >&2; exit 1; }
  # What it is linked to is in the image's base: glibc and libgcc, nothing else.
  foreign=$(ldd bin/undertone | awk '{ print $1 }' | grep -Ev '^(linux-vdso|libc|libm|libgcc_s|libdl|libpthread|librt)\.so|ld-linux' || true)
  [ -z "$foreign" ] || { echo "linked to $foreign, which the image has not" >&2; exit 1; }
  newest=$(objdump -T bin/undertone | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
  echo "release: $(basename "$first"), $(du -h "$first" | cut -f1); scores a mention from anywhere; needs ${newest/_/ }"
}

if [ "${1:-}" = --check ]; then
  check "$(realpath "${2:-target/release/undertone}")"
else
  pack "$(realpath "${1:-target/release/undertone}")" "$(realpath -m "${2:-dist}")"
fi
