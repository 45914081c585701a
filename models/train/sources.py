"""The table of what trains the weights: sources.toml, read and checked."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HEADS = ["sentiment", "offensive", "spam", "complaint", "irony", "none"]


@dataclass
class Source:
    """One set: see sources.toml for what each field means."""

    name: str
    verdict: str
    passes: float
    file: str = "train"
    head: str = "sentiment"
    yes: list[str] = field(default_factory=list)
    no: list[str] = field(default_factory=list)
    label: str = "label"
    polarity: bool = False
    target: str | None = None
    skip_langs: list[str] = field(default_factory=list)
    confidence: str | None = None
    ironic: str | None = None
    embed: bool = False

    def __post_init__(self):
        where = f"sources.toml, [{self.name}]"
        if self.verdict not in ("train", "unclear"):
            raise ValueError(f"{where}, verdict: found {self.verdict!r}; expected train or unclear: no other set may train")
        if self.head not in HEADS:
            raise ValueError(f"{where}, head: found {self.head!r}; expected one of {', '.join(HEADS)}")
        if self.passes <= 0:
            raise ValueError(f"{where}, passes: found {self.passes}; expected more than 0")
        if self.head not in ("sentiment", "none") and not (self.yes and self.no):
            raise ValueError(f"{where}: a head of two classes needs `yes` and `no`")

    def rows_in(self, data: Path) -> Path:
        """Its file in a folder of labelled sets."""
        return data / self.name / f"{self.file}.jsonl.gz"


def load(unclear: bool = True, path: Path = Path(__file__).with_name("sources.toml")) -> list[Source]:
    """All sources, or only those whose licence allows training."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = []
    for name, settings in table.items():
        unknown = settings.keys() - Source.__dataclass_fields__.keys()
        if unknown:
            raise ValueError(f"{path.name}, [{name}]: found {', '.join(sorted(unknown))}; expected the keys listed at the top")
        sources.append(Source(name=name, **settings))
    return [source for source in sources if unclear or source.verdict == "train"]
