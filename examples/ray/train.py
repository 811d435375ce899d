"""`fakelens train` on a Ray cluster: Ray Train starts a worker on each machine and tells it of the others.

    pip install "ray[train]"
    python examples/ray/train.py DATA /shared/run --workers 2 -- --recipe cifake-quick

DATA must be readable on every machine, and /shared/run on the first. What follows -- goes to
`fakelens train`; a run that lost a worker goes on with --resume there.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import ray
from ray.train import RunConfig, ScalingConfig
from ray.train.tensorflow import TensorflowTrainer


def train(options: dict[str, list[str]]) -> None:
    """Run one worker: Ray has set TF_CONFIG, which names all of them and says which one this is."""
    fakelens = [sys.executable, "-m", "fakelens.edge_runtime"]
    subprocess.run([*fakelens, "train", *options["arguments"]], check=True)


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--address", help="of the cluster; without it, Ray starts on this machine")
    parser.add_argument("arguments", nargs="*", help="of `fakelens train`, after --")
    given = parser.parse_args()
    places = [str(given.data.absolute()), "-o", str(given.run.absolute())]
    ray.init(address=given.address)
    TensorflowTrainer(
        train,
        train_loop_config={"arguments": [*places, *given.arguments]},
        scaling_config=ScalingConfig(num_workers=given.workers),
        run_config=RunConfig(name="fakelens"),
    ).fit()


if __name__ == "__main__":
    main()
