"""The processes of a contender: started, loaded, told to check and to run. python/worker.py tells what they hear and say."""

import os
import select
import subprocess
import tempfile
from pathlib import Path

import numpy as np

START_SECONDS = 600
RUN_SECONDS = 600
THREADS = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "RTEN_NUM_THREADS"]
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """What a process said last."""


class Workers:
    """`processes` processes of `threads` threads each; more than one are pinned to a core each."""

    def __init__(self, command: list[str], arguments: list[str], processes: int, threads: int):
        cores = sorted(os.sched_getaffinity(0))
        environment = os.environ | {name: str(threads) for name in THREADS}
        self.logs = [tempfile.TemporaryFile() for _ in range(processes)]
        self.processes = []
        for number, log in enumerate(self.logs):
            pin = {cores[number]} if processes > 1 else set(cores)
            share = [argument.format(share=f"{number}/{processes}", threads=threads) for argument in arguments]
            self.processes.append(
                subprocess.Popen(
                    [*command, *share],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=environment,
                    preexec_fn=lambda pin=pin: os.sched_setaffinity(0, pin),
                )
            )
        self.said = ""

    def wait_until_ready(self) -> None:
        self.said = [self._line(at, START_SECONDS).removeprefix("ready").strip() for at in range(len(self.processes))][0]

    def run(self) -> tuple[float, float]:
        """Wall-clock seconds of the slowest process, and CPU seconds of all."""
        before = self._cpu_seconds()
        seconds = self._tell(["run"] * len(self.processes))
        return max(seconds), self._cpu_seconds() - before

    def check(self, hidden: int) -> list[np.ndarray]:
        """The mean vectors of each process's texts."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / str(number) for number in range(len(self.processes))]
            self._tell([f"check {file}" for file in files])
            return [np.fromfile(file, dtype=np.float32).reshape(-1, hidden) for file in files]

    def stop(self) -> None:
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _tell(self, lines: list[str]) -> list[float]:
        try:
            for process, line in zip(self.processes, lines):
                process.stdin.write(f"{line}\n".encode())
                process.stdin.flush()
        except OSError as error:
            raise Failed(self._last_words(0)) from error
        return [float(self._line(at, RUN_SECONDS).removeprefix("done")) for at in range(len(self.processes))]

    def _line(self, at: int, timeout: float) -> str:
        stdout = self.processes[at].stdout
        if not select.select([stdout], [], [], timeout)[0]:
            raise Failed(f"no answer within {timeout} s")
        line = stdout.readline().decode().strip()
        if not line:
            raise Failed(self._last_words(at))
        return line

    def _last_words(self, at: int) -> str:
        self.logs[at].seek(0)
        lines = self.logs[at].read().decode(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:])[-500:] or f"ended with {self.processes[at].poll()}"

    def _cpu_seconds(self) -> float:
        total = 0
        for process in self.processes:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS
