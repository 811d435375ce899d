"""What a finished run says of itself: the contract of its model, and the figures of its record."""

import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.modelfile.contract import Contract, DataSource, Decision, InputSpec, Training
from fakelens.train.fit.calibrate import Calibration
from fakelens.train.fit.checkpoint import Epoch
from fakelens.train.fit.compress import count_parameters, measure_layer_sparsity, overall_sparsity
from fakelens.train.run.job import Job
from fakelens.train.run.report import ReportData

_PACKAGES = ("fakelens", "tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy", "pillow")


def make_contract(
    job: Job, model: Any, calibration: Calibration, spec: InputSpec, decision: Decision
) -> Contract:
    """Return the contract of `model`, the finished network of `job`."""
    config, dataset = job.config, job.dataset
    return Contract(
        name=config.name,
        description=config.description,
        limits=config.limits,
        input=spec,
        decision=decision,
        training=Training(
            data=(DataSource(name=dataset.name, digest=dataset.digest, images=dataset.count_files()),),
            licences=config.licences,
            recipe=config.recipe,
            network=config.network.name,
            seed=config.seed,
            parameters=count_parameters(model),
            sparsity=round(overall_sparsity(measure_layer_sparsity(model)), 4),
            temperature=calibration.temperature,
            bias=calibration.bias,
            versions={name: version(name) for name in _PACKAGES} | {"python": platform.python_version()},
        ),
    )


def list_facts(history: dict[str, list[Epoch]], report: ReportData) -> dict[str, Any]:
    """Return what the record keeps beside the contract."""
    return {
        "outcome": {
            "learned": report.outcome.learned,
            "doubtful": report.outcome.is_doubtful,
            "sentence": report.outcome.sentence,
        },
        "before_after": [asdict(part) for part in report.before_after],
        "history": {name: [asdict(epoch) for epoch in epochs] for name, epochs in history.items()},
        "metrics": {
            "validation": asdict(report.validation),
            "test": asdict(report.test) if report.test is not None else None,
        },
        "sparsity": [asdict(layer) for layer in report.sparsity],
        "data": {
            "splits": {
                str(split): [report.dataset.count(split, 0), report.dataset.count(split, 1)]
                for split in Split
            },
            "cleaning": asdict(report.dataset.cleaning),
        },
    }
