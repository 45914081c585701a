#!/usr/bin/env python3
"""The second stage on Kafka: enriched events a second, the ceiling of one entity, and the restore of ten thousand.

usage: benches/kafka/repute.py [--binary target/release/undertone] [--stream FILE] [--only NAME ...] [--no-save]

Needs what benches/kafka/measure.py needs, whose broker and worlds it uses. `undertone run --role enrich` (engine off) makes the
enriched events first; then the clock runs for `undertone run --role repute` alone, from the first commit seen to the last. The
broker's share of the cores is in every figure. Raw figures go to benches/results/DATE-kafka-repute.json, a table to stdout.

  six      the airline stream, again and again, six entities                     (wanted: 50,000 events a second)
  one      the same mentions, all of one entity: what one core can add up        (published, no aim)
  many     twenty mentions each of ten thousand entities, then a restart         (wanted: restored in under 5 s)
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import measure

ROOT = measure.ROOT
ONE = """[[entity]]
id = "air"
name = "Air"
kind = "brand"
query = "united OR usairways OR americanair OR southwestair OR jetblue OR virginamerica OR delta"
"""


class World(measure.World):
    def __init__(self, binary, bootstrap, folder, name, watchlist, mapping=None):
        super().__init__(binary, bootstrap, folder, name, "off", mapping)
        text = self.config.read_text()
        text = re.sub(r'watchlist = ".*"', f'watchlist = "{watchlist}"', text)
        text = text.replace("[limits]", f"""reputation = "{name}.reputation"
alerts = "{name}.alerts"
reputation_state = "{name}.reputation-state"
[reputation]
clock = "events"
[limits]""")
        self.config.write_text(text)
        self.run("topics", "--create", "--config", str(self.config))

    @contextlib.contextmanager
    def role(self, role):
        with open(self.log, "w") as log:
            command = [self.binary, "run", "--config", str(self.config), "--role", role]
            process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
        try:
            while not (found := re.search(r'"addr":"([^"]+)"', self.log.read_text())):
                assert process.poll() is None, self.log.read_text()
                time.sleep(0.01)
            self.addr = found.group(1)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def value(self, series):
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.metrics(), re.M)
        return float(found.group(1)) if found else 0.0

    def sum(self, family):
        """Over all labels."""
        return sum(float(value) for value in re.findall(rf"^{family}\{{.*\}} (\S+)", self.metrics(), re.M))

    def until(self, process, ready, every=0.1):
        while not (value := ready()):
            assert process.poll() is None, self.log.read_text()
            time.sleep(every)
        return value

    def enrich(self, mentions):
        """Makes the enriched events; returns how many."""
        with self.role("enrich") as process:
            self.until(process, lambda: self.consumed() >= mentions)
            return int(self.sum("undertone_enriched_total"))

    def repute(self, events, jvm):
        """Adds all of them up."""
        with self.role("repute") as process:
            folded = lambda: self.value("undertone_folded_total")
            first = self.until(process, folded, 0.005)
            began, ours, theirs = time.monotonic(), measure.cpu_seconds(process.pid), measure.cpu_seconds(jvm)
            self.until(process, lambda: folded() >= events)
            took = time.monotonic() - began
            counted = events - first
            return {
                "events": int(counted),
                "seconds": round(took, 3),
                "per_second": round(counted / took),
                "cpu_us_per_event": round((measure.cpu_seconds(process.pid) - ours) / counted * 1e6, 1),
                "broker_cpu_us_per_event": round((measure.cpu_seconds(jvm) - theirs) / counted * 1e6, 1),
                "peak_mb": round(measure.peak_mb(process.pid)),
            }

    def restart(self, entities):
        """How long a process needs that finds all of them kept."""
        began = time.monotonic()
        with self.role("repute") as process:
            self.until(process, lambda: self.sum("undertone_state_entities") == entities, 0.02)
            ready = time.monotonic() - began
            return {
                "restored_entities": entities,
                "restore_seconds": round(self.value("undertone_restore_seconds"), 3),
                "start_to_restored_seconds": round(ready, 3),
                "refolded": int(self.value("undertone_refolded_total")),
                "bytes_per_snapshot": round(self.sum("undertone_state_bytes") / entities),
                "restored_peak_mb": round(measure.peak_mb(process.pid)),
            }


def repeated(rows, times):
    """The stream again and again, each time nine days later and under other ids: nothing is a repetition."""
    for n in range(times):
        for row in rows:
            at = datetime.datetime.strptime(row["created_at"], "%Y-%m-%d %H:%M:%S %z") + datetime.timedelta(days=9 * n)
            yield {**row, "tweet_id": f"{row['tweet_id']}{n}", "created_at": at.strftime("%Y-%m-%d %H:%M:%S %z")}


def many_watchlist(count):
    one = '[[entity]]\nid = "e{0:05}"\nname = "E{0:05}"\nkind = "brand"\nquery = "e{0:05}"\n'
    return "".join(one.format(number) for number in range(count))


def many_mentions(count, each, seed=11):
    """Mentions of each of so many entities, over two days, by a few thousand authors."""
    chance = random.Random(seed)
    words = "late gate bag crew seat delay food price call app refund queue lounge plane staff".split()
    begins = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
    rows = [number for number in range(count) for _ in range(each)]
    chance.shuffle(rows)
    for n, number in enumerate(rows):
        at = begins + datetime.timedelta(seconds=n * 172_800 / len(rows))
        text = f"e{number:05} " + " ".join(chance.choice(words) for _ in range(12)) + f" {chance.random():.4f}"
        yield {"id": str(n), "source": "bench", "text": text, "created_at": at.isoformat(),
               "author": {"handle": f"user{chance.randrange(5000)}", "followers": chance.randrange(5000)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/undertone", type=pathlib.Path)
    parser.add_argument("--stream", default=ROOT / "../shared/data/airline/stream.jsonl.gz", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", default=["six", "one", "many"])
    parser.add_argument("--times", type=int, default=30, help="how often the stream is sent")
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=20, help="mentions of each of the many entities")
    parser.add_argument("--no-save", action="store_true")
    args = parser.parse_args()
    binary, mapping = str(args.binary.resolve()), ROOT / "tests/data/airline.mapping.toml"
    results = {}
    with tempfile.TemporaryDirectory(prefix="undertone-bench-") as folder:
        folder = pathlib.Path(folder)
        with measure.broker(folder) as (bootstrap, jvm):
            for name in args.only:
                file = folder / f"{name}.jsonl"
                if name == "many":
                    watchlist = folder / "many.watchlist.toml"
                    watchlist.write_text(many_watchlist(args.entities))
                    count = measure.write(file, list(many_mentions(args.entities, args.each)))
                    sent = []
                else:
                    watchlist = ROOT / "tests/data/airline.watchlist.toml"
                    if name == "one":
                        watchlist = folder / "one.watchlist.toml"
                        watchlist.write_text(ONE)
                    rows = measure.lines_of(args.stream)
                    count = measure.write(file, list(repeated(rows, args.times)))
                    sent = ["--map", str(mapping)]
                world = World(binary, bootstrap, folder, name, watchlist)
                world.send(file, *sent)
                results[name] = world.repute(world.enrich(count), jvm)
                if name == "many":
                    results[name] |= world.restart(args.entities)
                print(f"{name:6}", json.dumps(results[name]), flush=True)
    if not args.no_save:
        version = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.strip()
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
        machine = {"cpu": cpu.group(1) if cpu else platform.processor(), "cores": os.cpu_count(), "load": os.getloadavg()}
        record = {"version": version, "commit": commit, "machine": machine, "command": " ".join(sys.argv), "results": results}
        path = ROOT / f"benches/results/{datetime.date.today()}-kafka-repute.json"
        path.write_text(json.dumps(record, indent=1) + "\n")
        print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
