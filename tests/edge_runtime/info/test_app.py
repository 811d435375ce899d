"""`fakelens info --app`: ten lines, or JSON, that suffice to run a model in an app."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from fakelens.edge_runtime.info.app import read_app_facts, render_app_facts
from fakelens.edge_runtime.modelfile.contract import Decision, Pool
from tests.conftest import Fakelens


def test_json_has_every_figure(fakelens: Fakelens, model_file: Path) -> None:
    done = fakelens("info", model_file, "--app", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == {
        "model": "brightness",
        "size_bytes": model_file.stat().st_size,
        "sha256": hashlib.sha256(model_file.read_bytes()).hexdigest(),
        "input": {"shape": [1, 8, 8, 3], "type": "uint8", "scale": None, "zero_point": None},
        "input_range": [0, 255],
        "output": {"shape": [1, 2], "type": "float32", "scale": None, "zero_point": None},
        "labels": ["real", "fake"],
        "fit": "resize",
        "tile_px": 8,
        "most_tiles": 1,
        "pool": "mean",
        "threshold": 0.5,
        "unsure_low": 0.4,
        "unsure_high": 0.6,
    }


def test_text_is_ten_lines_that_name_everything(fakelens: Fakelens, model_file: Path) -> None:
    done = fakelens("info", model_file, "--app")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("model", "input", "range", "output", "labels", "fit", "places", "pool", "threshold", "unsure")
    ]
    for part in ("uint8 [1, 8, 8, 3]", "0 to 255", "float32 [1, 2]", "0 real, 1 fake", "8 x 8 px"):
        assert part in done.stdout
    assert lines[-2].endswith("FAKE from P(fake) 0.500000, REAL below")
    assert lines[-1].endswith("UNSURE from 0.400000 to 0.600000, both included")


def test_a_tile_model_tells_its_rule(pack_tile_model: Callable[..., Path]) -> None:
    text = render_app_facts(read_app_facts(pack_tile_model(9, Pool.TOP, decision=Decision())))
    assert text.count("\n") == 9
    assert "tiles: 8 x 8 px, at most 9, never resized" in text
    assert "max(1, width // 8) x max(1, height // 8), edge to edge; over 9" in text
    assert "the highest quarter of the tiles" in text
    assert text.endswith("never")  # an empty band


def test_a_quantized_output_tells_its_scale(fakelens: Fakelens) -> None:
    done = fakelens("info", "photo", "--app")
    assert "uint8 [1, 2], real = (stored - 0) * 0.00390625" in done.stdout
    assert all(len(line) <= 110 for line in done.stdout.splitlines())


def test_what_is_no_model_is_one_line(fakelens: Fakelens, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello, I am no model, whatever my name says")
    done = fakelens("info", tmp_path / "text", "--app")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
