"""Lines of the table as flat fields, for JSON and CSV; shares are 0 to 1, times milliseconds."""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.bench.model_card import list_measurements
from fakelens.benchmarks.bench.rows import BenchRow
from fakelens.benchmarks.bench.table import Line
from fakelens.benchmarks.metrics import Interval
from fakelens.benchmarks.scoring.accuracy import mark_correct
from fakelens.benchmarks.scoring.comparison import Comparison
from fakelens.benchmarks.scoring.robustness import RobustRow
from fakelens.benchmarks.timing.conditions import Conditions
from fakelens.benchmarks.timing.host import Host
from fakelens.benchmarks.timing.latency import Latency, Spread
from fakelens.edge_runtime.modelfile.library import is_release_model

Fields = Mapping[str, str | int | float | bool | None]

ANSWERS = "right"  # of each image, packed bits in base64: what a later run is compared with, pair by pair


def list_fields(line: Line, host: Host) -> Fields:
    """Return the figures of `line`, each under its name; those that were not measured are left out."""
    row, latency = line.row, line.latency
    return {
        "model": line.contract.name,
        "file": _name_file(line.path),
        **({} if row is None else _list_accuracy(row)),
        "size_bytes": line.footprint.size_bytes,
        "gzip_bytes": line.footprint.gzip_bytes,
        "sparsity": round(line.footprint.sparsity, 6),
        **({} if row is None or row.comparison is None else _list_comparison(row.comparison)),
        **({} if latency is None else _list_latency(latency)),
        **({} if line.instructions is None else {"instructions": line.instructions}),
        **{f"host_{name}": value for name, value in asdict(host).items()},
        **({} if row is None else {ANSWERS: _pack_answers(row)}),
    }


def list_robust_fields(row: RobustRow) -> Fields:
    """Return the figures of one model and degradation."""
    return {
        "model": row.contract.name,
        "file": _name_file(row.path),
        "data": row.data,
        "split": row.split,
        "degradation": row.degradation.name,
        "kind": str(row.degradation.kind),
        "strength": float(row.degradation.strength),
        "n": row.n,
        "unreadable": len(row.errors),
        **_list_interval("accuracy", row.accuracy),
    }


def _name_file(path: Path) -> str:
    """Return the path of a model file, of a release model its name: where it is installed tells nothing."""
    return path.name if is_release_model(path) else str(path)


def unpack_answers(text: str, n: int) -> npt.NDArray[np.bool_]:
    """Return which of `n` images were answered rightly, as `list_fields` packed it."""
    packed = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.unpackbits(packed, count=n).astype(np.bool_)


def _pack_answers(row: BenchRow) -> str:
    right = mark_correct(row.scores, row.contract.decision)
    return base64.b64encode(np.packbits(right).tobytes()).decode()


def _list_accuracy(row: BenchRow) -> Fields:
    counts = row.accuracy.metrics.confusion
    fields: dict[str, str | int | float] = {
        "data": row.data,
        "split": row.split,
        "note": row.note,
        "images_digest": row.images,
        "n": row.accuracy.metrics.n,
        "unreadable": len(row.errors),
    }
    for entry in list_measurements(row):
        fields |= _list_interval(entry.metric, Interval(value=entry.value, low=entry.low, high=entry.high))
    return fields | {
        "real_as_real": counts.real_as_real,
        "real_as_fake": counts.real_as_fake,
        "fake_as_real": counts.fake_as_real,
        "fake_as_fake": counts.fake_as_fake,
    }


def _list_comparison(compared: Comparison) -> Fields:
    return {
        "reference": str(compared.path),
        **_list_interval("reference_accuracy", compared.accuracy),
        "difference_points": round(compared.difference * 100, 4),
        **_list_interval("agreement", compared.agreement),
        "only_model_right": compared.mcnemar.only_a,
        "only_reference_right": compared.mcnemar.only_b,
        "mcnemar_p": float(f"{compared.mcnemar.p_value:.6g}"),  # may be far below any decimal place
    }


def _list_latency(latency: Latency) -> Fields:
    frequencies = [mhz for mhz in latency.frequency_mhz if mhz is not None]
    memory = latency.peak_rss_bytes
    return {
        "threads": latency.threads,
        "sample": latency.sample,
        "runs": latency.runs,
        **_list_spread("latency_p50_ms", latency.p50_ms),
        "latency_p90_ms": round(latency.p90_ms, 4),
        "latency_p99_ms": round(latency.p99_ms, 4),
        **_list_spread("init_ms", latency.init_ms),
        **_list_spread("first_ms", latency.first_ms),
        **_list_spread("images_per_s", latency.images_per_s),
        **{name: round(value, 4) for name, value in asdict(latency.stages).items()},
        **({} if memory is None else _list_spread("peak_rss_bytes", memory)),
        "partitions": latency.partitions,
        "leftover_ops": " ".join(latency.leftover_ops),
        "valid": latency.valid,
        "faults": "; ".join(latency.faults),
        **_list_conditions("before", latency.before),
        **_list_conditions("after", latency.after),
        "frequency_mhz_low": min(frequencies, default=None),
        "frequency_mhz_high": max(frequencies, default=None),
    }


def _list_conditions(when: str, seen: Conditions) -> Fields:
    throttling = None if seen.throttling is None else " ".join(seen.throttling.now)
    return {
        f"busy_cores_{when}": None if seen.busy_cores is None else round(seen.busy_cores, 2),
        f"load_{when}": None if seen.load is None else round(seen.load, 2),
        f"temperature_c_{when}": seen.temperature_c,
        f"throttling_{when}": throttling,
    }


def _list_interval(name: str, interval: Interval) -> dict[str, float]:
    return {
        name: round(interval.value, 6),
        f"{name}_low": round(interval.low, 6),
        f"{name}_high": round(interval.high, 6),
    }


def _list_spread(name: str, spread: Spread) -> dict[str, float]:
    """Return the median of the rounds, the lowest and the highest."""
    return {
        name: round(spread.value, 4),
        f"{name}_low": round(spread.low, 4),
        f"{name}_high": round(spread.high, 4),
    }
