from pathlib import Path

import pytest

from fakelens.benchmarks.bench.rows import BenchRow, bench
from fakelens.benchmarks.scoring.choice import BenchConfig
from fakelens.benchmarks.scoring.robustness import measure_robustness
from fakelens.benchmarks.studies.cifake import PUBLISHED
from fakelens.benchmarks.studies.markdown import (
    format_models,
    format_objects,
    format_published,
    format_robustness,
)
from fakelens.edge_runtime.errors import UsageError


def _cells(table: str) -> list[list[str]]:
    """The cells of each line but the rule; every line must have as many as the header."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert lines[1] == ["---"] * len(lines[0])
    assert {len(line) for line in lines} == {len(lines[0])}
    return [lines[0], *lines[2:]]


@pytest.fixture
def cifake(data: Path) -> Path:
    """The known greys under CIFAKE's names: each class shows airplanes (0 to 4) and ships (5 to 9)."""
    for path in list(data.rglob("*.png")):
        number = int(path.stem.split()[0])
        path.rename(path.with_name(f"{number:04d}.png" if number < 5 else f"{number:04d} (9).png"))
    return data


def _bench(model_file: Path, data: Path, exclude: Path | None = None) -> list[BenchRow]:
    return list(bench(BenchConfig(models=(str(model_file),), data=data, exclude=exclude)))


def test_models_have_a_line_with_and_without_duplicates(
    model_file: Path, cifake: Path, tmp_path: Path
) -> None:
    names = tmp_path / "copies.txt"
    names.write_text("FAKE/0001.png\nFAKE/0002.png\n")  # two dark ones, wrong
    header, line = _cells(format_models(_bench(model_file, cifake, names)))
    assert header[3:5] == ["test accuracy, 20 images", "without 2 duplicates"]
    figures = dict(zip(header, line, strict=True))
    assert figures["model"] == "`brightness`"
    assert figures["file"] == f"{model_file.stat().st_size / 1000:.0f} KB"
    assert figures["test accuracy, 20 images"] == "85.00% [63.96, 94.76]"
    assert figures["without 2 duplicates"].startswith("94.44% [")
    assert figures["UNSURE"] == "5.0%"
    assert figures["accuracy of the rest"].startswith("84.21% [")  # 16 of 19
    header, _ = _cells(format_models(_bench(model_file, cifake)))
    assert not any("duplicates" in cell for cell in header)


def test_objects_are_counted_over_both_classes(model_file: Path, cifake: Path) -> None:
    header, *lines = _cells(format_objects(_bench(model_file, cifake)))
    assert header == ["object", "images", "`brightness`"]
    assert [line[:2] for line in lines] == [["airplane", "10"], ["ship", "10"]]
    assert lines[0][2].startswith("80.00% [")  # the two dark fakes
    assert lines[1][2].startswith("90.00% [")  # the bright real


def test_objects_need_the_names_of_cifake(model_file: Path, data: Path) -> None:
    with pytest.raises(UsageError, match="not a name of CIFAKE"):
        format_objects(_bench(model_file, data))


def test_robustness_has_a_column_a_model(model_file: Path, pixel_model_file: Path, data: Path) -> None:
    config = BenchConfig(models=(str(model_file), str(pixel_model_file)), data=data)
    rows = measure_robustness(config)
    header, *lines = _cells(format_robustness(rows))
    assert header == ["degraded by, 20 images", "`brightness`", "`pixels`"]
    assert lines[0][:2] == ["clean", "85.00% [63.96, 94.76]"]
    darkened = next(line for line in lines if line[0] == "brightness 0.7")
    assert darkened[1].startswith("70.00% [")
    assert len(rows) == 2 * len(lines)


def test_published_models_are_told_with_their_source() -> None:
    _, *lines = _cells(format_published(PUBLISHED))
    assert [line[0] for line in lines] == [model.name for model in PUBLISHED]
    assert all(line[-1] for line in lines)
    assert "94.75%" in next(line for line in lines if line[0] == "LightweightCNN")
