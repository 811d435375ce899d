"""Make of a finished run a file to start from: `fakelens train DATA --start FILE.npz`.

Run as `python -m fakelens.train.start_weights RUN -o FILE.npz`. The start `photo` of the package comes from
a run of the recipe `photo` with a linear head on blocks 11 to 13, `--set network.hidden=0 --set
network.cut=13 --set 'network.levels=[11,12]' --set fit.probe=0.03 --set distill.corrected=false`, and its
`--model` from what `convert` made of that run.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import RunError, UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import contract_from_json
from fakelens.train.config import NetworkConfig
from fakelens.train.run.rundir import read_start as read_run
from fakelens.train.starts.names import SUFFIX
from fakelens.train.starts.start_file import MOST_BYTES, Start, encode_start, read_start
from fakelens.train.startup import load_tensorflow, require_tensorflow

_COMPARED = 64  # validation images
_READ_AS = ("size", "fit", "tiles", "delivered")  # of [data]: how a picture reaches the network


def start_weights(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run directory.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar=f"FILE{SUFFIX}", help="The file.")],
    model: Annotated[
        Path | None,
        typer.Option(
            help="The file converted from RUN whose calibration and borders count, if not RUN's own."
        ),
    ] = None,
    most: Annotated[int, typer.Option(metavar="BYTES", help="Its size, at most.")] = MOST_BYTES,
) -> None:
    """Write the float weights of RUN to start from, and say what rounding them changes."""
    if output.suffix != SUFFIX:
        raise UsageError(f"-o {output}: the name must end in {SUFFIX}")
    require_tensorflow()
    start, network = _read_run(run)
    if model is not None:
        start = _decide_like(start, model)
    load_tensorflow()
    from fakelens.train.networks import build_network

    trained = build_network(network, start.data["size"])
    _set_all(trained, run)
    weights = {layer.name: layer.get_weights() for layer in trained.layers if layer.weights}
    content, bits = encode_start(replace(start, weights=weights), most)
    write_atomic(output, content)
    change = _compare(trained, output, run)
    typer.echo(
        f"{output}: {network.name} of {run.name}, {trained.count_params():,} weights in {len(content):,} "
        f"bytes, kernels of {bits} bits; P(fake) of {_COMPARED} validation images moves by {change:.4f} "
        "at most"
    )


def _read_run(run: Path) -> tuple[Start, NetworkConfig]:
    """Return what the record of `run` says of its start, without weights, and its network."""
    config, *_ = read_run(run)
    if not (run / run_layout.RECORD).is_file():
        raise RunError(f"{run}: not finished; go on with `fakelens train --resume -o {quote(run)}`")
    contract = contract_from_json(json.dumps(json.loads((run / run_layout.RECORD).read_text())["contract"]))
    network = replace(config.network, weights="none", frozen=0, views=1)
    data = {key: value for key, value in asdict(config.data).items() if key in _READ_AS}
    start = Start(
        name=config.name,
        network=asdict(network),
        data=data | {"fit": str(config.data.fit)},
        temperature=contract.training.temperature,
        bias=contract.training.bias,
        threshold=contract.decision.threshold,
        unsure_low=contract.decision.unsure_low,
        unsure_high=contract.decision.unsure_high,
        licences=contract.training.licences,
        weights={},
    )
    return start, network


def _decide_like(start: Start, model: Path) -> Start:
    """Return `start` with the calibration and the borders of `model`, which was converted from its run."""
    contract = read_model(model).contract
    own = (contract.training.temperature, contract.training.bias)
    if own != (start.temperature, start.bias):
        raise UsageError(f"{model}: was not converted from this run; give the file that was")
    if len(contract.input.views) > 1:
        raise UsageError(f"{model}: has several views, and a start is one network; leave out --model")
    fusion = contract.input.fusion
    weight, bias = (1.0, 0.0) if fusion is None else (fusion.weights[0], fusion.bias)
    return replace(
        start,
        temperature=start.temperature / weight,
        bias=start.bias * weight + bias,
        threshold=contract.decision.threshold,
        unsure_low=contract.decision.unsure_low,
        unsure_high=contract.decision.unsure_high,
    )


def _set_all(model: Any, run: Path) -> None:
    """Give `model` the weights that the float stage of `run` ended with."""
    from fakelens.train.fit.checkpoint import load_state

    if not (run / run_layout.FLOAT_STATE).is_file():
        raise RunError(f"{run / run_layout.FLOAT_STATE}: missing, there are no float weights; train anew")
    model.set_weights(load_state(run / run_layout.FLOAT_STATE).best)


def _compare(model: Any, written: Path, run: Path) -> float:
    """Return the largest difference of P(fake) between `model` and the file, on validation images."""
    from fakelens.train.fit.loop import predict
    from fakelens.train.networks import take_weights

    with np.load(run / run_layout.VALIDATION, mmap_mode="r") as validation:
        images_u8 = validation["images"][:_COMPARED]
    before = predict(model, images_u8, 1 / 255)
    take_weights(model, read_start(str(written)))
    return float(np.abs(predict(model, images_u8, 1 / 255) - before).max())


if __name__ == "__main__":
    run_command(start_weights)
