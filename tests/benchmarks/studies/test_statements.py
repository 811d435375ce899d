"""The measuring command counts files that speak, by source, class and strength."""

from pathlib import Path

from fakelens.benchmarks.labelled import find_labelled
from fakelens.benchmarks.studies.statements import ask_all, count_files
from fakelens.edge_runtime.provenance.evidence import Strength
from tests.conftest import RunModule
from tests.edge_runtime.provenance.conftest import A1111, make_jpeg, make_text_png


def write_data(folder: Path) -> Path:
    for number in range(4):
        for name, label, file in (
            ("photos", "real", make_jpeg()),
            ("webui", "fake", make_text_png("parameters", A1111)),
        ):
            path = folder / name / label / f"{number}.{'jpg' if label == 'real' else 'png'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file)
    return folder


def test_files_are_counted_by_strength(tmp_path: Path) -> None:
    images = find_labelled(write_data(tmp_path))
    assert count_files(ask_all(images)) == {Strength.DECLARES_GENERATED: 4}
    assert count_files(ask_all(images, re_encoded=True)) == {}
    assert count_files(ask_all(images, as_png=True)) == {}


def test_the_command_prints_a_table(run_module: RunModule, tmp_path: Path) -> None:
    done = run_module("fakelens.benchmarks.studies.statements", write_data(tmp_path))
    assert "| webui | fake | 4 | 4 |  |  |  |" in done.stdout
    assert "declares-generated on 4 photos: 0 (" in done.stdout
    assert "declares-generated on 4 files of generators: 4 (" in done.stdout
