"""Measures Undertone's engines and their peers in turn, on the same texts, and writes every run down. run.sh calls this.

All get the same token ids, sorted by length and cut into the same batches; tokenising, loading and padding are outside the
clock. Each is measured as one process of all threads and as a process a core, and its better layout counts. Before that its
mean token vectors are held against the float32 reference, one text at a time: who computes something else is no peer. A
contender that cannot be made to run is written down with its error and does not stop the others.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

import machine
import texts
from contenders import HERE, WORKER, Contender, contenders
from workers import Failed, Workers

LEAST_COSINE = 0.95
"""Of the mean vectors with the reference's, on average over the texts: a wrong mask or model stays below. Single texts of ONNX Runtime's
int8 reach 0.85; the table shows the least."""
GEMM_BILLIONS = 40


class Entry:
    """A contender in one layout."""

    def __init__(self, contender: Contender, processes: int, threads: int):
        self.contender, self.processes, self.threads = contender, processes, threads
        self.name = f"{contender.name}, {processes} x {threads}"
        self.workers: Workers | None = None
        self.found = {"contender": contender.name, "processes": processes, "threads": threads, "seconds": [], "cpu_seconds": []}

    def start(self, work: Path, reference: np.ndarray, batches: list[int]) -> None:
        """Loads, warms up and is checked."""
        arguments = [str(work), "batches.json", "{share}", "{threads}"]
        self.workers = Workers(self.contender.command, arguments, self.processes, self.threads)
        self.workers.wait_until_ready()
        if not self.contender.checked:
            self.workers.run()
            return
        vectors = in_order(self.workers.check(reference.shape[1]), batches)
        cosines = (vectors * reference).sum(1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(reference, axis=1)
        self.found["cosine"] = {"least": round(float(cosines.min()), 5), "mean": round(float(cosines.mean()), 5)}
        if not cosines.mean() >= LEAST_COSINE:
            raise Failed(f"computes something else: cosine with the reference {cosines.mean():.4f} on average, expected {LEAST_COSINE}")

    def run(self) -> float:
        seconds, cpu = self.workers.run()
        self.found["seconds"].append(round(seconds, 3))
        self.found["cpu_seconds"].append(round(cpu, 2))
        return seconds

    def fail(self, error: Exception) -> None:
        self.found["error"] = str(error)
        print(f"{self.name}: {error}", file=sys.stderr)
        self.stop()

    def stop(self) -> None:
        if self.workers:
            self.workers.stop()
        self.workers = None


def in_order(shares: list[np.ndarray], batches: list[int]) -> np.ndarray:
    """The vectors of all texts in the order of the batches, of which each share took every n-th."""
    rows, at = [], [0] * len(shares)
    for number, size in enumerate(batches):
        share = number % len(shares)
        rows.append(shares[share][at[share] : at[share] + size])
        at[share] += size
    return np.concatenate(rows)


def reference(work: Path, cores: int, hidden: int) -> np.ndarray:
    """Mean vectors by PyTorch in float32, each text alone, so that no padding or mask is in play."""
    workers = Workers([*WORKER, "pytorch"], [str(work), "singles.json", "{share}", "{threads}"], 1, cores)
    workers.wait_until_ready()
    try:
        return workers.check(hidden)[0]
    finally:
        workers.stop()


def export(work: Path, chosen: list[Contender]) -> dict[str, str]:
    """Has each peer make its form of the model, once; tells who could not."""
    errors = {}
    for contender in chosen:
        done = work / f"{contender.export}.exported"
        if not contender.export or done.exists():
            continue
        print(f"exporting for {contender.name}", file=sys.stderr)
        ran = subprocess.run([*WORKER, contender.export, str(work), "export"], capture_output=True, text=True)
        if ran.returncode:
            errors[contender.name] = "export: " + " / ".join(ran.stderr.strip().splitlines()[-3:])[-500:]
        else:
            done.touch()
    return errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--ours", type=Path, required=True, help="the binary of benches/peers/ours.rs")
    parser.add_argument("--rust", type=Path, required=True, help="where the peers in Rust were built")
    parser.add_argument("--engines", default="cpu,libtorch", help="ours, with commas between")
    parser.add_argument("--only", default="", help="leaves out contenders in whose name none of these words is, with commas between")
    parser.add_argument("--posts", type=Path, help="gzipped JSON lines with `text`; texts of our own without it")
    parser.add_argument("--texts", type=int, default=500)
    parser.add_argument("--budget", type=int, default=1024, help="tokens of a batch")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="few texts, one turn, one layout: does it all run?")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.texts, arguments.turns = 48, 1
    arguments.work = arguments.work.resolve()

    about = machine.describe()
    stream = texts.write(arguments.work, arguments.model, arguments.posts, arguments.texts, arguments.budget)
    cores = about["cores"]
    words = [word for word in arguments.only.split(",") if word]
    chosen = contenders(arguments.ours.resolve(), arguments.rust.resolve(), arguments.engines.split(","))
    chosen = [contender for contender in chosen if not words or any(word in contender.name for word in words)]
    errors = export(arguments.work, chosen)
    sizes = [len(batch) for batch in json.loads((arguments.work / "batches.json").read_text())]
    config = json.loads((arguments.model / "config.json").read_text())
    truth = reference(arguments.work, cores, config["hidden_size"])

    entries = []
    for contender in chosen:
        layouts = [(1, cores)] if contender.wide_only or cores == 1 or arguments.smoke else [(1, cores), (cores, 1)]
        entries += [Entry(contender, *layout) for layout in layouts]
    gemm = Workers([str(arguments.ours.resolve())], ["gemm", str(1 if arguments.smoke else GEMM_BILLIONS), "{threads}"], 1, cores)
    gemm.wait_until_ready()
    rates, cpu_rates = [], []
    for entry in entries:
        try:
            if entry.contender.name in errors:
                raise Failed(errors[entry.contender.name])
            entry.start(arguments.work, truth, sizes)
        except Exception as error:
            entry.fail(error)
    for turn in range(arguments.turns):
        seconds, cpu_seconds = gemm.run()
        billions = cores * (1 if arguments.smoke else GEMM_BILLIONS)
        rates.append(round(billions / seconds, 1))
        cpu_rates.append(round(billions / max(cpu_seconds, 0.01), 1))
        # Every other turn runs backwards, so that nobody always follows the same neighbour.
        for entry in entries if turn % 2 == 0 else entries[::-1]:
            if entry.workers:
                try:
                    print(f"turn {turn + 1}: {entry.name}: {stream['texts'] / entry.run():.1f} texts/s", file=sys.stderr)
                except Exception as error:
                    entry.fail(error)
    for workers in [gemm, *entries]:
        workers.stop()

    report = {
        "machine": about | {"load_average_after": os.getloadavg()},
        "versions": {c.package: machine.version(c.package, HERE / "rust/Cargo.lock") for c in chosen if c.package},
        "stream": stream,
        "gemm": {"kernel": gemm.said, "billion_multiply_adds_per_second": rates, "per_cpu_second": cpu_rates},
        "multiply_adds_per_token": multiply_adds(config),
        "least_cosine": LEAST_COSINE,
        "runs": [entry.found for entry in entries],
        "table": table(entries, stream, *(multiply_adds(config) * 1e-9 / statistics.median(found) for found in [rates, cpu_rates])),
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(text(report))
    if arguments.smoke and (broken := [run for run in report["runs"] if "error" in run]):
        sys.exit(f"{len(broken)} contenders did not run")


def multiply_adds(config: dict) -> int:
    """Of a token, in the encoder's matrix products; those of attention are not counted."""
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    return config["num_hidden_layers"] * (4 * hidden * hidden + 2 * hidden * wide)


def table(entries: list[Entry], stream: dict, least_seconds: float, least_cpu: float) -> list[dict]:
    """A row for each contender that ran, by its better layout; the ratio is to the best that is not ours, the shares those of
    `least_seconds` and `least_cpu`, what the products of a token would take at the GEMM rate."""
    best, cpu = {}, {}
    for entry in entries:
        if entry.found["seconds"] and "error" not in entry.found:
            seconds = statistics.median(entry.found["seconds"])
            name, busy = entry.contender.name, statistics.median(entry.found["cpu_seconds"])
            cpu[name] = min(busy, cpu.get(name, busy))
            if name not in best or seconds < best[name][0]:
                best[name] = (seconds, entry)
    peers = [seconds for seconds, entry in best.values() if not entry.contender.ours]
    peers_cpu = [cpu[name] for name, (_, entry) in best.items() if not entry.contender.ours]
    rows = []
    for seconds, entry in sorted(best.values(), key=lambda found: found[0]):
        tokens, busy = stream["tokens"] / seconds, cpu[entry.contender.name]
        rows.append(
            {
                "contender": entry.contender.name,
                "layout": f"{entry.processes} x {entry.threads}",
                "texts_per_second": round(stream["texts"] / seconds, 1),
                "tokens_per_second": round(tokens),
                "ratio_to_best_peer": round(min(peers) / seconds, 2) if peers else None,
                "share_of_gemm_rate": round(tokens * least_seconds, 3),
                "cpu_microseconds_per_token": round(busy / stream["tokens"] * 1e6),
                "cpu_ratio_to_best_peer": round(min(peers_cpu) / busy, 2) if peers else None,
                "cpu_share_of_gemm_rate": round(stream["tokens"] / busy * least_cpu, 3),
                "cosine": entry.found.get("cosine", {}).get("least"),
            }
        )
    return rows


def text(report: dict) -> str:
    """The table for people, in Markdown."""
    lines = [
        "| engine | processes x threads | texts/s | tokens/s | to the best peer | of the GEMM rate | CPU µs a token | to the best peer | of the "
        "GEMM rate | cosine, least |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["table"]:
        cells = [row["contender"], row["layout"], row["texts_per_second"], f"{row['tokens_per_second']:,}"]
        cells += [row["ratio_to_best_peer"] or "", f"{row['share_of_gemm_rate']:.0%}", row["cpu_microseconds_per_token"]]
        cells += [row["cpu_ratio_to_best_peer"] or "", f"{row['cpu_share_of_gemm_rate']:.0%}", row["cosine"] or "not checked"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    gemm = report["gemm"]
    rate, cpu_rate = statistics.median(gemm["billion_multiply_adds_per_second"]), statistics.median(gemm["per_cpu_second"])
    lines.append(f"\nGEMM rate ({gemm['kernel']}): {rate} billion multiply-adds a second on all cores, {cpu_rate} a CPU second of one")
    lines += [f"{run['contender']}, {run['processes']} x {run['threads']}: {run['error']}" for run in report["runs"] if "error" in run]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
