"""What a build of the image would be sent, by .dockerignore: is everything there that Cargo and the Dockerfiles read, and little else?

Lays the files out in a folder, for Cargo to be asked about them.
"""

import pathlib
import re
import shutil
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
target = pathlib.Path(sys.argv[1])

rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
assert rules[0] == "*", "first everything is left out: nothing that lies about gets in"


def is_sent(path):
    """The last rule that names it, or a folder above it, decides."""
    sent = True
    for rule in rules:
        name = rule.removeprefix("!").rstrip("/")
        if name == "*" or path.is_relative_to(name):
            sent = rule.startswith("!")
    return sent


tops = {rule[1:].split("/")[0] for rule in rules if rule.startswith("!")}
files = [path.relative_to(ROOT) for top in tops for path in [ROOT / top, *(ROOT / top).rglob("*")] if path.is_file()]
sent = [path for path in files if is_sent(path)]
for path in sent:
    (target / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / path, target / path)

for source in (target / "src").rglob("*.rs"):
    for name in re.findall(r'include_(?:str|bytes)!\("([^"]+)"\)', source.read_text()):
        assert (source.parent / name).exists(), f"{source}: {name} is not sent"
# Cargo refuses to build anything where a target that is named has no file.
for bench in tomllib.loads((target / "Cargo.toml").read_text())["bench"]:
    places = [bench["path"]] if "path" in bench else [f"benches/{bench['name']}.rs", f"benches/{bench['name']}/main.rs"]
    assert any((target / place).exists() for place in places), f"{places[0]} is not sent"
for file in ("Dockerfile", "Dockerfile.cuda"):
    text = (ROOT / file).read_text()
    for line in text.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (target / name).exists(), f"{file}: {line}: {name} is not sent"
    # The last word on whom it runs as is that of the last stage.
    assert re.findall(r"^(?:FROM|USER) (.*)$", text, re.M)[-1] == "65532:65532", f"{file}: not the user without rights"
assert {"config.json", "encoder.safetensors", "tokenizer.json", "undertone.json"} <= {p.name for p in (target / "models/default").iterdir()}

size = sum((target / path).stat().st_size for path in sent) / 1e6
assert size < 150, f"{size:.0f} MB are sent"
print(f"the image's context: {len(sent)} files, {size:.0f} MB")
