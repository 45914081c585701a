#!/usr/bin/env python3
"""CPU of a mention on this machine: the figure that docs/SCALING.md reckons with.

usage: benches/scale/cpu.py [--binary target/release/undertone] [--mentions FILE] [--watchlist FILE] [--map FILE]
                            [--few N] [--many N] [--turns N] [--effort LEVEL ...]

Runs `undertone score` on the first few and on the first many mentions, and takes the one's CPU from the other's, so that loading the
model does not count. Levels of effort take turns. CPU and not the clock: a machine that is busy with other things disturbs it less, but
it does. Prints each turn, and for each level the median and the mentions a second of one core; `simulate.py --ms` takes the median.
Without arguments it reads the team's airline stream.
"""

import argparse
import gzip
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def lines(path):
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
    with opened as file:
        return file.readlines()


def cpu_seconds(command, posts):
    """User and system time of one run."""
    with tempfile.TemporaryFile() as stdin:
        stdin.writelines(posts)
        stdin.seek(0)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdin=stdin, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/undertone")
    parser.add_argument("--mentions", type=pathlib.Path, help="JSON lines, gzipped or not (default: the airline stream)")
    parser.add_argument("--watchlist", type=pathlib.Path, default=ROOT / "tests/data/airline.watchlist.toml")
    parser.add_argument("--map", type=pathlib.Path, help="how to read mentions that are not canonical")
    parser.add_argument("--few", type=int, default=200)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--effort", nargs="+", default=["full", "balanced", "fast"])
    arguments = parser.parse_args()
    if arguments.mentions is None:
        arguments.mentions, arguments.map = ROOT / "../shared/data/airline/stream.jsonl.gz", ROOT / "tests/data/airline.mapping.toml"
    mapping = ["--map", arguments.map] if arguments.map else []
    posts = lines(arguments.mentions)
    if len(posts) < arguments.many:
        parser.error(f"{arguments.mentions}: found {len(posts)} mentions, expected at least {arguments.many} (--many)")
    took = {effort: [] for effort in arguments.effort}
    for turn in range(1, arguments.turns + 1):
        for effort in arguments.effort:
            command = [arguments.binary, "score", "--effort", effort, "--watchlist", arguments.watchlist, *mapping]
            few, many = (cpu_seconds(command, posts[:number]) for number in (arguments.few, arguments.many))
            took[effort].append(1000 * (many - few) / (arguments.many - arguments.few))
            print(f"turn {turn} {effort}: {took[effort][-1]:.2f} ms a mention, load {os.getloadavg()[0]:.1f}", flush=True)
    for effort, all_turns in took.items():
        ms = statistics.median(all_turns)
        print(f"{effort}: {ms:.2f} ms a mention (median; {min(all_turns):.2f} to {max(all_turns):.2f}), {1000 / ms:.0f} a second of one core")


if __name__ == "__main__":
    main()
