#!/usr/bin/env python3
"""Kafka to Kafka: throughput and latency of `undertone run` on the airline stream, with and without the model.

usage: benches/kafka/measure.py [--binary target/release/undertone] [--stream FILE] [--only NAME ...] [--no-save]

Needs java, the release binary (`cargo build --release`) and Kafka's jars (any test of tests/kafka fetches them; or
`mvn -q dependency:copy-dependencies -f tests/kafka/pom.xml -DoutputDirectory=$PWD/target/kafka/libs`).
It starts a broker of its own on this machine, so the broker's share of the cores is in every figure. Raw figures go to
benches/results/DATE-kafka.json, a table to stdout. Measures:

  off          engine off, canonical mentions: decode, match, assemble, publish          (wanted: 50,000 a second)
  off-mapped   the same with the airline mapping in front
  score        `undertone score` on the same file, no Kafka                              (the yardstick of `model`)
  model        with the model                                                            (wanted: 0.9 of score)
  repeats      with the model, three in ten texts seen before                            (wanted: 1.2 of model)
  light        with the model at a tenth of its capacity: latency                        (wanted: p99 under 250 ms)
"""

import argparse
import contextlib
import datetime
import gzip
import json
import os
import pathlib
import platform
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBS = ROOT / "target/kafka/libs"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def java(*args):
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{LIBS}/*", *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def broker(folder):
    client, controller = free_port(), free_port()
    properties = folder / "server.properties"
    properties.write_text(f"""
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:{controller}
listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{client}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
""")
    java("kafka.tools.StorageTool", "format", "--standalone", "-t", java("kafka.tools.StorageTool", "random-uuid"), "-c", str(properties))
    # The shell outlives nobody: its input is a pipe that only this process holds open, and at its end the broker is killed.
    script = """java -Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$1/*" "-Dlog4j2.configurationFile=file:$2" kafka.Kafka "$3/server.properties" \\
        </dev/null >"$3/broker.log" 2>&1 & echo $! >"$3/pid"; cat >/dev/null; kill -9 $!"""
    shell = subprocess.Popen(
        ["sh", "-c", script, "broker", LIBS, ROOT / "tests/kafka/log4j2.yaml", folder], stdin=subprocess.PIPE)
    try:
        time.sleep(8)
        yield f"127.0.0.1:{client}", int((folder / "pid").read_text())
    finally:
        shell.stdin.close()
        shell.wait()


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


class World:
    """Topics of its own, and the process that reads them."""

    def __init__(self, binary, bootstrap, folder, name, engine, mapping=None):
        self.binary, self.bootstrap, self.name = binary, bootstrap, name
        self.config = folder / f"{name}.toml"
        self.log = folder / f"{name}.log"
        mapping = f'mapping = "{mapping}"' if mapping else ""
        self.config.write_text(f"""
watchlist = "{ROOT}/tests/data/airline.watchlist.toml"
[kafka]
bootstrap = "{bootstrap}"
group = "{name}"
instance = "bench"
[output]
enriched = "{name}.enriched"
dead_letters = "{name}.dead-letters"
partitions = 4
replication = 1
[limits]
chunk_records = 10000
[language]
detect = {"false" if engine == "off" else "true"}
[model]
engine = "{engine}"
[http]
addr = "127.0.0.1:0"
[[input]]
topic = "{name}.mentions"
{mapping}
""")
        self.run("topics", "--create", "--config", str(self.config))

    def run(self, *args):
        return subprocess.run([self.binary, *args], check=True, capture_output=True, text=True)

    def send(self, file, *args):
        self.run("replay", str(file), "--topic", f"{self.name}.mentions", "--bootstrap", self.bootstrap, *args)

    @contextlib.contextmanager
    def running(self):
        with open(self.log, "w") as log:
            process = subprocess.Popen([self.binary, "run", "--config", str(self.config)], stderr=log, stdin=subprocess.DEVNULL)
        try:
            while not (found := re.search(r'"addr":"([^"]+)"', self.log.read_text())):
                time.sleep(0.01)
            self.addr = found.group(1)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def metrics(self):
        with urllib.request.urlopen(f"http://{self.addr}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def consumed(self):
        return int(sum(float(v) for v in re.findall(r"^undertone_consumed_total\{.*\} (\S+)", self.metrics(), re.M)))

    def throughput(self, total, jvm):
        """Reads a topic that was filled before; the clock runs from the first commit seen to the last."""
        with self.running() as process:
            while not (first := self.consumed()):
                time.sleep(0.005)
            began, ours, theirs = time.monotonic(), cpu_seconds(process.pid), cpu_seconds(jvm)
            while self.consumed() < total:
                assert process.poll() is None, self.log.read_text()
                # Each look renders every metric in the process that is measured.
                time.sleep(0.1)
            took = time.monotonic() - began
            mentions = total - first
            return {
                "mentions": mentions,
                "seconds": round(took, 3),
                "per_second": round(mentions / took),
                "cpu_us_per_mention": round((cpu_seconds(process.pid) - ours) / mentions * 1e6, 1),
                "broker_cpu_us_per_mention": round((cpu_seconds(jvm) - theirs) / mentions * 1e6, 1),
                "peak_mb": round(peak_mb(process.pid)),
            }

    def latency(self, file, rate):
        """From the record's timestamp to the commit of its events, by the process's own histogram."""
        with self.running() as process:
            while "undertone_rebalances_total{kind=\"assigned\"} 1" not in self.metrics():
                time.sleep(0.05)
            self.send(file, "--rate", str(rate))
            time.sleep(1)
            buckets = re.findall(r'^undertone_event_age_seconds_bucket\{le="([^"]+)"\} (\d+)', self.metrics(), re.M)
            count = int(buckets[-1][1])
            quantile = lambda q: next(float(le) for le, n in buckets if int(n) >= q * count)
            return {
                "rate": rate, "events": count, "peak_mb": round(peak_mb(process.pid)),
                **{f"p{p}_at_most_ms": quantile(p / 100) * 1000 for p in (50, 90, 99)},
            }


def lines_of(stream):
    with gzip.open(stream, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return len(rows)


def with_repeats(rows, share, seed=7):
    """The same number of mentions, of which a share repeats the text of one of the last thousand before it."""
    chance, out = random.Random(seed), []
    for row in rows:
        if out and chance.random() < share:
            row = {**row, "text": chance.choice(out[-1000:])["text"]}
        out.append(row)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/undertone", type=pathlib.Path)
    parser.add_argument("--stream", default=ROOT / "../shared/data/airline/stream.jsonl.gz", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", default=["off", "off-mapped", "score", "model", "repeats", "light"])
    parser.add_argument("--times", type=int, default=30, help="how often the stream is sent for the engine-off measures")
    parser.add_argument("--no-save", action="store_true")
    args = parser.parse_args()
    binary, mapping = str(args.binary.resolve()), ROOT / "tests/data/airline.mapping.toml"
    rows, results = lines_of(args.stream), {}
    with tempfile.TemporaryDirectory(prefix="undertone-bench-") as folder:
        folder = pathlib.Path(folder)
        plain, repeated = folder / "plain.jsonl", folder / "repeated.jsonl"
        count = write(plain, rows)
        write(repeated, with_repeats(rows, 0.3))
        with broker(folder) as (bootstrap, jvm):
            world = lambda name, engine, mapping=None: World(binary, bootstrap, folder, name, engine, mapping)
            for name in args.only:
                if name.startswith("off"):
                    mapped = name == "off-mapped"
                    one = world(name, "off", mapping if mapped else None)
                    many = folder / "many.jsonl"
                    total = write(many, rows * args.times)
                    one.send(many, *([] if mapped else ["--map", str(mapping)]))
                    results[name] = one.throughput(total, jvm)
                elif name == "score":
                    began = time.monotonic()
                    with open(plain) as stdin:
                        subprocess.run([binary, "score", "--map", mapping, "--watchlist", ROOT / "tests/data/airline.watchlist.toml"],
                                       check=True, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    took = time.monotonic() - began
                    results[name] = {"mentions": count, "seconds": round(took, 3), "per_second": round(count / took)}
                elif name in ("model", "repeats"):
                    one = world(name, "cpu", mapping)
                    one.send(plain if name == "model" else repeated)
                    results[name] = one.throughput(count, jvm)
                elif name == "light":
                    capacity = results.get("model", {}).get("per_second", 500)
                    rate = max(1, capacity // 10)
                    few = folder / "few.jsonl"
                    write(few, rows[: rate * 20])
                    results[name] = world(name, "cpu", mapping).latency(few, rate)
                print(f"{name:12}", json.dumps(results[name]), flush=True)
    if not args.no_save:
        version = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.strip()
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
        machine = {"cpu": cpu.group(1) if cpu else platform.processor(), "cores": os.cpu_count(), "load": os.getloadavg()}
        record = {"version": version, "commit": commit, "machine": machine, "command": " ".join(sys.argv), "results": results}
        path = ROOT / f"benches/results/{datetime.date.today()}-kafka.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(record, indent=1) + "\n")
        print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
