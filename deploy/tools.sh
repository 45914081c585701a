# The tools of the checks, each fetched once into the build folder. Sourced, not run: `source deploy/tools.sh; tool_helm`.
# Needs python3, and go 1.21 or later, which fetches the Go that a tool asks for.
tools=${UNDERTONE_TOOLS:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/target/deploy-tools}
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
export PATH="$tools/bin:$PATH"

tool_python() { # prints the python of a venv that has what a requirements file names
  local wants=$1 venv
  venv=$tools/venv-$(sha256sum "$wants" | cut -c1-12)
  if [ ! -e "$venv/complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wants" >&2 && touch "$venv/complete"
  fi
  echo "$venv/bin/python"
}

tool_go() { # a program's name, its package, its version
  local program=$tools/$1-$3/${2##*/}
  [ -x "$program" ] || GOBIN=$(dirname "$program") go install "$2@$3" >&2
  mkdir -p "$tools/bin"
  ln -sf "$program" "$tools/bin/$1"
}

tool_module() { # prints the folder of a Go module
  go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}

tool_helm() { tool_go helm helm.sh/helm/v3/cmd/helm v3.22.0; }

tool_undertone() { # prints the program: $UNDERTONE, a build of this tree, or nothing
  local one
  for one in "${UNDERTONE:-}" "$tools/../debug/undertone" "$tools/../release/undertone"; do
    if [ -x "$one" ]; then realpath "$one"; return; fi
  done
}
