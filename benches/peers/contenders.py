"""Who is measured: the command of one process of each, and what it says of itself."""

import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKER = [sys.executable, str(HERE / "python/worker.py")]


@dataclass
class Contender:
    name: str
    command: list[str]
    """Work folder, file, share and threads come after it."""
    package: str | None = None
    """Whose version is written down."""
    export: str | None = None
    """The module of python/ that makes its form of the model."""
    ours: bool = False
    wide_only: bool = False
    """Only one process of all threads."""
    checked: bool = True
    """Gives token vectors, which are held against the reference."""


def contenders(ours: Path, rust: Path, engines: list[str]) -> list[Contender]:
    """Ours first: every engine asked for; then the peers."""
    python = lambda name, module, package: Contender(name, [*WORKER, module], package, module)
    return [
        *(Contender(f"undertone {engine}", [str(ours), engine], ours=True) for engine in engines),
        Contender("undertone model stage", [str(ours), "stage"], ours=True, wide_only=True, checked=False),
        python("PyTorch float32", "pytorch", "torch"),
        python("ONNX Runtime float32", "onnxruntime_float", "onnxruntime"),
        python("ONNX Runtime int8", "onnxruntime_int8", "onnxruntime"),
        python("OpenVINO int8", "openvino_int8", "openvino"),
        python("CTranslate2 int8", "ctranslate2_int8", "ctranslate2"),
        Contender("candle float32", [str(rust / "candle")], "candle-transformers"),
        Contender("RTen float32", [str(rust / "rten"), "encoder.onnx"], "rten"),
        Contender("RTen int8", [str(rust / "rten"), "encoder.rten.onnx"], "rten", "rten_int8"),
    ]
