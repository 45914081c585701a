#!/usr/bin/env python3
"""Writes deploy/grafana/dashboards from the boards in this folder. Standard library only.

usage: generate.py            writes them
       generate.py --check    writes nothing; fails if they are not what this folder says
"""

import json
import pathlib
import sys

import community
import operations
import reputation

OUT = pathlib.Path(__file__).resolve().parent.parent / "dashboards"


def main():
    stale = []
    for module in (reputation, community, operations):
        file = OUT / f"{module.__name__}.json"
        made = json.dumps(module.make(), indent=2, ensure_ascii=False) + "\n"
        if sys.argv[1:] != ["--check"]:
            file.write_text(made, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != made:
            stale.append(file.name)
    if stale:
        sys.exit(f"{', '.join(stale)}: not what deploy/grafana/boards makes; run deploy/grafana/boards/generate.py")


if __name__ == "__main__":
    main()
