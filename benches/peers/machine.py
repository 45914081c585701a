"""What a figure was measured on, and with."""

import datetime
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

FLAGS = ["avx2", "fma", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm"]


def describe() -> dict:
    info = Path("/proc/cpuinfo").read_text()
    found = lambda key: (re.search(rf"^{key}\s*: (.*)$", info, re.MULTILINE) or ["", ""])[1]
    flags = (found("flags") or found("Features")).split()
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpu": found("model name") or platform.machine(),
        "family": found("cpu family"),
        "cpu_model": found("model"),
        "flags": [flag for flag in FLAGS if flag in flags],
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "load_average_before": os.getloadavg(),
        "python": platform.python_version(),
        "commit": subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip(),
    }


def version(package: str, lock: Path) -> str:
    """Of a Python package, or of a crate of the Cargo.lock."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        found = re.search(rf'name = "{package}"\nversion = "(.*?)"', lock.read_text())
        return found[1] if found else "?"
