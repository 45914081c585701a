"""From labelled posts to trained weights and a model directory, in one command. From the directory `models`:

    python -m train --data ../../shared/data --start ../../shared/model/weights.safetensors --out default

Each step keeps what it made in `--work`; a run that was cut off goes on from its last checkpoint. `--start` begins at fine-tuned weights
rather than at the base. One process trains each seed, on a core of its own; the mean of their weights is taken.
"""

import argparse
import multiprocessing
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from train.average import average, mixed
from train.measure import report
from train.prepare import prepare
from train.run import train, weights_of
from train.sources import load

HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="labelled sets, as sources.toml names them")
    parser.add_argument("--out", type=Path, help="the model directory to write; without it, the weights are left in --work")
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where the base, the rows and the checkpoints lie")
    parser.add_argument("--start", type=Path, help="weights to begin at, or a model directory, instead of the base")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--posts", type=int, help="posts that each seed draws; without it, as many as `passes` in sources.toml say")
    parser.add_argument("--minutes", type=float, help="the rate falls with the clock, and the run ends after so long")
    parser.add_argument("--heads-only", action="store_true", help="only the exits and the signals learn")
    parser.add_argument("--mix", type=float, help="go only this far from --start to what was learnt, 0 to 1: less is forgotten")
    parser.add_argument("--no-unclear", action="store_true", help="only sets whose licence allows training")
    parser.add_argument("--limit", type=int, help="rows of each set: for a run that only shows that everything works")
    arguments = parser.parse_args()
    if arguments.mix is not None and not (arguments.start and 0 < arguments.mix <= 1):
        parser.error("--mix is a share above 0 and up to 1 of the way from --start")
    missing = [file for source in load(not arguments.no_unclear) if not (file := source.rows_in(arguments.data)).exists()]
    if missing:
        parser.error(f"--data: found no {missing[0]}" + (f", nor {len(missing) - 1} more" if len(missing) > 1 else "") + "; expected the sets of sources.toml")
    if arguments.start and not arguments.start.exists():
        parser.error(f"--start: found no {arguments.start}; expected weights or a model directory")
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)

    rows = work / "rows.jsonl.gz"
    if rows.exists():
        print(f"{rows}: taken as it is; delete it to prepare the rows anew")
    else:
        prepare(arguments.data, load(not arguments.no_unclear), rows, arguments.limit)
    context = multiprocessing.get_context("spawn")
    runs = [context.Process(target=train, args=(arguments, rows, seed)) for seed in arguments.seeds]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    if any(run.exitcode for run in runs):
        sys.exit("a run failed: its last lines say why; the same command goes on from its checkpoint")

    weights = work / "weights.safetensors"
    tensors = average([load_file(work / f"seed{seed}.safetensors") for seed in arguments.seeds])
    if arguments.mix is not None:
        tensors = mixed(weights_of(arguments.start), tensors, arguments.mix)
    half = lambda name, tensor: tensor.half() if name.startswith(("encoder", "embeddings")) else tensor
    save_file({name: half(name, tensor).contiguous() for name, tensor in tensors.items()}, weights)
    torch.set_num_threads(len(arguments.seeds))
    report(weights, work, arguments.data, arguments.limit)
    if arguments.out:
        for command in directory(arguments, weights):
            print("+", *command, flush=True)
            subprocess.run([sys.executable, *command], check=True, cwd=HERE)


def directory(arguments, weights: Path) -> list[list[str]]:
    """The commands that make a model directory of weights and calibrate it."""
    out, data, work = (str(path.resolve()) for path in (arguments.out, arguments.data, arguments.work))
    limit = ["--limit", str(arguments.limit or 300)]
    golden = str(Path(work) / "golden-val.jsonl")
    unclear = ["--no-unclear"] if arguments.no_unclear else []
    topics = str(HERE.parent / "deploy" / "topics.example.toml")
    return [
        ["build.py", "--weights", str(weights.resolve()), "--out", out, "--work", work, "--anew", "--data", data, *unclear],
        ["-m", "train.heads", "--model", out, "--data", data, "--work", work],
        ["calibrate.py", "--model", out, "--data", data],
        ["golden.py", "--model", out, "--data", data, *limit, "--out", golden],
        ["calibrate.py", "--model", out, "--golden", golden],
        ["build.py", "--prune", "--out", out],
        ["thresholds.py", "--model", out, "--data", data, "--topics", topics, "--default", *limit],
    ]


if __name__ == "__main__":
    main()
