"""Do the shipped files answer on arm64 what they answer here? Without a board, under emulation.

Run as `python -m fakelens.benchmarks.emulation`; needs Debian's or Ubuntu's apt, see `arm64`. Emulation tells
whether bytes are the same, and how many instructions an inference takes; it tells nothing about speed.
"""

import json as json_
import logging
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fakelens.benchmarks.emulation.answers import Answer, answer_folder
from fakelens.benchmarks.emulation.arm64 import Emulated, make_emulated
from fakelens.benchmarks.emulation.instructions import count_instructions
from fakelens.benchmarks.tables import format_table
from fakelens.benchmarks.timing.host import describe_host
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.errors import GateError
from fakelens.edge_runtime.files import cache_folder, write_atomic
from fakelens.edge_runtime.modelfile.library import find_model, list_models
from fakelens.edge_runtime.progress import show_progress

_WIDTH, _HEIGHT = 144, 100  # px: two tiles of a photo model, scaled down by the others
_CPUS = ("cortex-a72", "cortex-a76")  # of a Raspberry Pi 4, and 5


@dataclass(frozen=True, kw_only=True)
class AnswerComparison:
    """One model on one emulated processor against this machine."""

    model: str
    cpu: str
    images: int
    same_tensors: int  # images whose bytes for the model are the same
    same_scores: int  # images whose scores are the same, bit for bit
    largest_difference: float  # of a tile's P(fake)
    flipped: int  # verdicts
    instructions: int | None = None  # of one inference; None where they were not or cannot be counted


def emulation(
    models: Annotated[
        list[str] | None, typer.Argument(help="Model files or release models; all release models.")
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="How many, always the same.")] = 200,
    cpus: Annotated[str, typer.Option(help="What qemu emulates.")] = ",".join(_CPUS),
    count: Annotated[
        bool, typer.Option("--count", help="Also count the instructions of an inference; slow.")
    ] = False,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write everything here.")] = None,
) -> None:
    """Print as Markdown how arm64 answers against this machine.

    Exit codes: 0 the same verdicts, 1 one is flipped, 3 the emulated Python cannot be made.
    """
    logging.basicConfig(format="%(message)s")
    logging.getLogger("fakelens").setLevel(logging.INFO)
    emulated = make_emulated()
    folder = cache_folder() / "pictures" / f"{_WIDTH}x{_HEIGHT}-{images}"
    make_pictures(folder, images, _WIDTH, _HEIGHT)
    found = [
        compare_answers(emulated, cpu, find_model(model), folder, count=count)
        for model in models or list_models()
        for cpu in cpus.split(",")
    ]
    typer.echo(format_comparisons(found))
    if json is not None:
        write_atomic(json, _to_json(found))
    flipped = sum(each.flipped for each in found)
    if flipped:
        raise GateError(f"{flipped} verdicts are others on arm64")


def compare_answers(
    emulated: Emulated, cpu: str, model: Path, folder: Path, *, count: bool = False
) -> AnswerComparison:
    """Return how `model` answers on the emulated `cpu` against here, on the images in `folder`.

    `GateError` where the emulated Python fails.
    """
    here = list(answer_folder(str(model), folder))
    there = _answer_emulated(emulated, cpu, model, folder, len(here))
    compared = compare(here, there, model=model.stem, cpu=cpu)
    return replace(compared, instructions=count_instructions(emulated, cpu, model)) if count else compared


def compare(here: Sequence[Answer], there: Sequence[Answer], *, model: str, cpu: str) -> AnswerComparison:
    """Return how the answers `there` differ from those `here`, on the same images in the same order."""
    pairs = list(zip(here, there, strict=True))
    if any(one.name != other.name for one, other in pairs):
        raise ValueError("the answers are on different images")
    return AnswerComparison(
        model=model,
        cpu=cpu,
        images=len(pairs),
        same_tensors=sum(one.tensors == other.tensors for one, other in pairs),
        same_scores=sum(one.scores == other.scores for one, other in pairs),
        largest_difference=max(_differ(one, other) for one, other in pairs),
        flipped=sum(one.verdict != other.verdict for one, other in pairs),
    )


def format_comparisons(found: Sequence[AnswerComparison]) -> str:
    """Return a Markdown table."""
    header = (
        *("model", "emulated", "images", "same input bytes", "same score bytes"),
        *("largest difference", "flipped verdicts", "instructions an inference"),
    )
    return format_table(
        header,
        [
            (
                *(f"`{one.model}`", one.cpu, f"{one.images:,}", f"{one.same_tensors:,}"),
                *(f"{one.same_scores:,}", f"{one.largest_difference:.6f}", f"{one.flipped}"),
                "-" if one.instructions is None else f"{one.instructions / 1e6:.2f} million",
            )
            for one in found
        ],
    )


def _answer_emulated(emulated: Emulated, cpu: str, model: Path, folder: Path, images: int) -> list[Answer]:
    command = [*emulated.command(cpu), "-m", "fakelens.benchmarks.emulation.answers", str(model), str(folder)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, env=emulated.environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        with process:
            lines = show_progress(process.stdout or (), f"{model.stem} on {cpu}", images)
            answers = [Answer(**json_.loads(line)) for line in lines]
        if process.returncode or len(answers) != images:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()
            reason = said[-1] if said else f"exit code {process.returncode}"
            raise GateError(f"{model.stem} on {cpu}: {reason}")
    return answers


def _differ(one: Answer, other: Answer) -> float:
    here, there = (np.frombuffer(bytes.fromhex(each.scores), "<f4") for each in (one, other))
    return float(np.max(np.abs(here - there)))


def _to_json(found: Sequence[AnswerComparison]) -> str:
    fields = {"host": asdict(describe_host()), "comparisons": [asdict(one) for one in found]}
    return json_.dumps(fields, indent=1)
