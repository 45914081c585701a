#!/usr/bin/env python3
"""A day of mentions against so many processes: does the arithmetic of docs/SCALING.md hold?

usage: benches/scale/simulate.py [--mentions PER_DAY] [--cores PER_PROCESS] [--peak FACTOR] [--burst FACTOR] [--load SHARE]
                                 [--ms PER_MENTION] [--price PER_CORE_HOUR]

A model of queues, not a measurement: second by second, mentions arrive at a rate that swings over the day and bursts once for ten
minutes, partitions share them out, and each process works off what its partitions hold at the speed that was measured
(benches/results/2026-11-26-kafka.json: CPU a mention with the model). Prints how many processes the arithmetic asks for, and for
that many, for fewer and for more: the longest that a mention waits, and how long until a backlog is gone.
"""

import argparse
import json
import math
import pathlib
import random

RESULTS = pathlib.Path(__file__).resolve().parents[1] / "results"
DAY = 86_400
PARTITIONS_EACH = 4
BURST_SECONDS = 600


def measured_ms():
    return json.loads((RESULTS / "2026-11-26-kafka.json").read_text())["results"]["model"]["cpu_us_per_mention"] / 1000


def rate(second, mean, peak, burst):
    """Mentions a second: a wave over the day up to `peak` times its mean, and a burst in the evening."""
    wave = 1 + (peak - 1) * math.cos(2 * math.pi * (second / DAY - 0.8))
    wave = max(wave, 0.1)
    begins = int(0.85 * DAY)
    return mean * wave * (burst if begins <= second < begins + BURST_SECONDS else 1)


def simulate(arguments, processes, seed=1):
    """The longest wait, and how long the backlog of the burst lasted, in seconds."""
    dice = random.Random(seed)
    partitions = processes * PARTITIONS_EACH
    # Keys do not fall evenly: a partition gets a tenth more or less than another.
    shares = [dice.gauss(1, 0.1) for _ in range(partitions)]
    total = sum(shares)
    of_process = [sum(shares[place::processes]) / total for place in range(processes)]
    speed = arguments.cores * 1000 / arguments.ms
    mean = arguments.mentions / DAY
    # The mean of the wave over a day, for the part that is cut off below.
    swing = sum(rate(second, 1, arguments.peak, 1) for second in range(0, DAY, 60)) / (DAY / 60)
    backlogs = [0.0] * processes
    longest, busy = 0.0, 0
    for second in range(DAY):
        arrived = rate(second, mean / swing, arguments.peak, arguments.burst)
        for place, share in enumerate(of_process):
            backlogs[place] = max(0.0, backlogs[place] + arrived * share - speed)
        wait = max(backlogs) / speed
        longest = max(longest, wait)
        busy += wait > 1
    return longest, busy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=float, default=1e9, help="a day")
    parser.add_argument("--cores", type=int, default=16, help="of a process")
    parser.add_argument("--peak", type=float, default=1.8, help="the busiest hour over the mean")
    parser.add_argument("--burst", type=float, default=2.0, help="ten minutes of so many times as much")
    parser.add_argument("--load", type=float, default=0.7, help="of the cores, at the daily peak")
    parser.add_argument("--ms", type=float, default=measured_ms(), help="CPU of a mention (default: as measured)")
    parser.add_argument("--price", type=float, default=0.04, help="of a core for an hour, in your currency")
    arguments = parser.parse_args()
    mean = arguments.mentions / DAY
    cores = mean * arguments.peak * arguments.ms / 1000 / arguments.load
    processes = math.ceil(cores / arguments.cores)
    hours = 1e6 * arguments.ms / 1000 / 3600
    print(f"{arguments.mentions:,.0f} mentions a day: {mean:,.0f} a second, {mean * arguments.peak:,.0f} in the busiest hour")
    print(f"{arguments.ms:.2f} ms of CPU each: {hours:.2f} core-hours a million, {hours * arguments.price:.3f} at {arguments.price} a core-hour")
    print(f"{cores:,.0f} cores at {arguments.load:.0%} in the busiest hour: {processes} processes of {arguments.cores}\n")
    print("| processes | load in the busiest hour | longest wait | seconds with a wait over 1 s |")
    print("|---|---|---|---|")
    for number in sorted({max(1, round(processes * factor)) for factor in (0.5, 0.65, 0.8, 1.0, 1.25)}):
        longest, busy = simulate(arguments, number)
        load = mean * arguments.peak * arguments.ms / 1000 / (number * arguments.cores)
        print(f"| {number} | {load:.0%} | {longest:,.0f} s | {busy:,} |")


if __name__ == "__main__":
    main()
