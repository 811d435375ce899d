import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.labelled import Split, find_labelled, find_mask
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.fakes import latent_pairs as subject
from fakelens.train.fakes import own_decoders
from fakelens.train.fakes.latent_pairs import REPORT_NAME, PairsConfig, describe_pairs, synthesize_pairs
from fakelens.train.fakes.latent_twins import Kind
from fakelens.train.fakes.latents import LatentAutoencoder, load_autoencoder
from tests.conftest import Fakelens
from tests.train.torch_files import make_halves, write_legacy, write_zip

pytestmark = pytest.mark.usefixtures("eager")


def _save_photo(path: Path, seed: int, width: int = 90, height: int = 80) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, quality=90)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for first, source in ((100, "one"), (300, "two")):
        for number in range(9):
            _save_photo(folder / source / "train" / "real" / f"{number}.jpg", first + number)
            _save_photo(folder / source / "test" / "real" / f"{number}.jpg", first + 100 + number)
        _save_photo(folder / source / "train" / "fake" / "no photo.jpg", 5)
    (folder / "one" / "train" / "real" / "broken.jpg").write_bytes(b"no image")
    _save_photo(folder / "one" / "train" / "real" / "small.jpg", 7, 60, 90)
    return folder


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory) -> LatentAutoencoder:
    folder = tmp_path_factory.mktemp("weights")
    encoder, decoder = make_halves()
    paths = write_zip(folder / "a.pth", encoder), write_legacy(folder / "b.pth", decoder)
    return load_autoencoder(*paths, digests=None)


def _config(photos: Path, output: Path) -> PairsConfig:
    return PairsConfig(photos=str(photos), output=output, crop=64, per_source=50)


@pytest.fixture(scope="module")
def made(
    photos: Path, autoencoder: LatentAutoencoder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subject.PairsResult]:
    output = tmp_path_factory.mktemp("made") / "data"
    return output, synthesize_pairs(_config(photos, output), autoencoder)


def _read_all(output: Path) -> dict[str, bytes]:
    return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*.png")}


def test_every_photo_has_its_pair_in_its_split_under_one_name(made: tuple[Path, subject.PairsResult]) -> None:
    output, result = made
    images = find_labelled(output)
    assert {image.source for image in images} <= set(Kind)
    names = [{(i.source, i.split, i.path.name) for i in images if i.label == label} for label in (0, 1)]
    assert names[0] == names[1]
    assert len([name for name in names[0] if name[1] is Split.TRAIN]) == 18
    assert len([name for name in names[0] if name[1] is Split.TEST]) == 4  # 2 of each source: 50 / 25
    assert sum(kind.count(Split.TRAIN) for kind in result.fakers) == 18
    assert {image.path.suffix for image in images} == {".png"}
    assert all(Image.open(image.path).size == (64, 64) for image in images)
    assert all(find_mask(image.path) is None for image in images)


def test_what_cannot_be_used_is_reported(made: tuple[Path, subject.PairsResult]) -> None:
    lines = "\n".join(made[1].skipped)
    assert len(made[1].skipped) == 2
    assert "broken.jpg: not an image" in lines
    assert "small.jpg: 60 x 90 px, smaller than a cut of 64" in lines


def test_the_report_holds_what_was_returned(made: tuple[Path, subject.PairsResult]) -> None:
    report = json.loads((made[0] / REPORT_NAME).read_text())
    assert report["config"]["crop"] == 64
    assert [kind["name"] for kind in report["fakers"]] == [*Kind]
    assert len(report["fakers"][0]["fakes"]) == len(made[1].fakers[0].fakes)
    assert sum("pairs; differs by" in line for line in describe_pairs(made[1])) >= 3


def test_it_goes_on_where_it_stopped_and_makes_no_pair_again(
    photos: Path, autoencoder: LatentAutoencoder, made: tuple[Path, subject.PairsResult], tmp_path: Path
) -> None:
    config = _config(photos, tmp_path / "data")
    synthesize_pairs(config, autoencoder)
    complete = _read_all(config.output)
    assert complete == _read_all(made[0])
    kept, *lost = sorted(config.output.rglob("real/*.png"))
    stamp = kept.stat().st_mtime_ns
    for real in lost[::2]:
        real.unlink()  # a half is no pair
    synthesize_pairs(config, autoencoder)
    assert _read_all(config.output) == complete
    assert kept.stat().st_mtime_ns == stamp


def test_a_full_disk_leaves_whole_pairs_and_one_line(
    photos: Path, autoencoder: LatentAutoencoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(photos, tmp_path / "data")
    written = subject.write_atomic

    def fill(path: Path, content: bytes | str) -> None:
        if path.parent.name == "fake" and len(list(config.output.rglob("*.png"))) > 8:
            raise OSError(28, "No space left on device")
        written(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(subject, "write_atomic", fill)
        with pytest.raises(UsageError, match=r"the disk is full.*is whole, and stays") as caught:
            synthesize_pairs(config, autoencoder)
    assert "\n" not in str(caught.value)
    names = [
        sorted(str(p.parent.parent / p.name) for p in config.output.rglob(f"{label}/*"))
        for label in ("real", "fake")
    ]
    assert names[0] == names[1]
    assert names[0]
    synthesize_pairs(config, autoencoder)
    assert len(list(config.output.rglob("fake/*.png"))) == 22


def test_an_output_of_other_options_is_refused(
    photos: Path, autoencoder: LatentAutoencoder, made: tuple[Path, subject.PairsResult], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="other photos or options"):
        synthesize_pairs(replace(_config(photos, made[0]), seed=1), autoencoder)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        synthesize_pairs(_config(photos, tmp_path), autoencoder)


@pytest.fixture(scope="module")
def made_with_own(
    photos: Path, autoencoder: LatentAutoencoder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[PairsConfig, subject.PairsResult]:
    output = tmp_path_factory.mktemp("own") / "data"
    config = replace(_config(photos, output), own_decoders=2, steps=2)
    return config, synthesize_pairs(config, autoencoder)


def test_decoders_of_our_own_have_a_part_each(
    made: tuple[Path, subject.PairsResult], made_with_own: tuple[PairsConfig, subject.PairsResult]
) -> None:
    config, result = made_with_own
    images = find_labelled(config.output)
    assert {image.source for image in images} <= {*Kind, "own-transposed", "own-shuffle"}
    names = [{(i.source, i.split, i.path.name) for i in images if i.label == label} for label in (0, 1)]
    assert names[0] == names[1]
    reals, before = (
        {image.path.name: image.path.read_bytes() for image in found if image.label == 0}
        for found in (images, find_labelled(made[0]))
    )
    assert reals == before
    assert [decoder.name for decoder in result.decoders] == ["own-transposed", "own-shuffle"]
    assert sum(part.count(Split.TRAIN) for part in result.fakers[-2:]) >= 5  # of 18
    lines = list(describe_pairs(result))
    assert sum(line.startswith("own-shuffle") for line in lines) == 2
    assert "photos it did not learn from: differs by" in lines[-1]
    report = json.loads((config.output / REPORT_NAME).read_text())
    assert report["decoders"][1]["spec"]["upsampling"] == "shuffle"


def test_it_goes_on_with_the_decoders_that_are_there(
    autoencoder: LatentAutoencoder, made_with_own: tuple[PairsConfig, subject.PairsResult]
) -> None:
    config, result = made_with_own
    complete = _read_all(config.output)
    stamps = {path: path.stat().st_mtime_ns for path in config.output.rglob("*.npz")}
    assert len(stamps) == 2
    for fake in sorted(config.output.rglob("own-*/*/fake/*.png"))[::2]:
        fake.unlink()
    assert synthesize_pairs(config, autoencoder) == result
    assert _read_all(config.output) == complete
    assert {path: path.stat().st_mtime_ns for path in config.output.rglob("*.npz")} == stamps


def test_a_full_disk_keeps_the_decoders_that_are_trained(
    photos: Path, autoencoder: LatentAutoencoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(_config(photos, tmp_path / "data"), own_decoders=2, steps=1)
    written = own_decoders.write_atomic

    def fill(path: Path, content: bytes | str) -> None:
        if path.stem == "own-shuffle":
            raise OSError(28, "No space left on device")
        written(path, content)

    monkeypatch.setattr(own_decoders, "write_atomic", fill)
    with pytest.raises(UsageError, match=r"the disk is full.*is whole, and stays") as caught:
        synthesize_pairs(config, autoencoder)
    assert "\n" not in str(caught.value)
    assert [path.name for path in config.output.rglob("*.npz")] == ["own-transposed.npz"]
    assert not list(config.output.rglob("*.png"))


def test_an_output_made_before_there_were_own_decoders_is_gone_on_with(
    photos: Path, autoencoder: LatentAutoencoder, made: tuple[Path, subject.PairsResult]
) -> None:
    report = json.loads((made[0] / REPORT_NAME).read_text())
    del report["config"]["own_decoders"], report["config"]["steps"]
    (made[0] / REPORT_NAME).write_text(json.dumps(report))
    config = _config(photos, made[0])
    with pytest.raises(UsageError, match="other photos or options"):
        synthesize_pairs(replace(config, own_decoders=1), autoencoder)
    assert synthesize_pairs(config, autoencoder) == made[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"own_decoders": 5}, "--own-decoders is 5, expected 0 to 4"),
        ({"own_decoders": 1, "steps": 0}, "--steps is 0"),
        ({"crop": 100}, "a multiple of 8"),
        ({"crop": 32}, "expected 64 to 1024"),
        ({"crop": 512}, "no photo can be used .*smaller than a cut of 512"),
        ({"per_source": 0}, "--photos is 0"),
        ({"seed": -1}, "--seed is -1"),
        ({"photos": "nowhere"}, "not a folder"),
    ],
)
def test_unusable_settings_are_one_line_and_leave_nothing(
    photos: Path,
    autoencoder: LatentAutoencoder,
    tmp_path: Path,
    changes: dict[str, object],
    words: str,
) -> None:
    config = replace(_config(photos, tmp_path / "data"), **changes)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        synthesize_pairs(config, autoencoder)
    assert not list(tmp_path.iterdir())


def test_a_large_photo_gives_up_to_three_cuts(autoencoder: LatentAutoencoder, tmp_path: Path) -> None:
    for number, (width, height) in enumerate(((4000, 3000), (2400, 2500), (400, 300), (300, 300))):
        path = tmp_path / "photos" / "train" / "real" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (width, height), (number, 90, 50)).save(path)
    result = synthesize_pairs(_config(tmp_path / "photos", tmp_path / "data"), autoencoder)
    records = [record for kind in result.fakers for record in kind.fakes]
    counts = [sum(Path(record.original).stem == str(number) for record in records) for number in range(4)]
    assert counts == [3, 2, 1, 1]


def test_the_command_refuses_other_weights(fakelens: Fakelens, photos: Path, tmp_path: Path) -> None:
    weights = write_zip(tmp_path / "a.pth", make_halves()[0])
    arguments = [str(photos), "-o", str(tmp_path / "data"), "--whole", "--autoencoder"]
    done = fakelens("synthesize", *arguments, weights, weights)
    assert done.returncode == 2
    assert "the sha256 is" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_the_option_needs_the_others(fakelens: Fakelens, photos: Path, tmp_path: Path) -> None:
    done = fakelens("synthesize", photos, "-o", str(tmp_path / "data"), "--autoencoder", "a", "b")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--autoencoder goes with --whole" in done.stderr


@pytest.mark.parametrize("option", [("--own-decoders", "2"), ("--autoencoder", "a", "b", "--steps", "5")])
def test_options_that_would_change_nothing_are_refused(
    fakelens: Fakelens, photos: Path, tmp_path: Path, option: tuple[str, ...]
) -> None:
    done = fakelens("synthesize", photos, "-o", str(tmp_path / "data"), "--whole", *option)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--own-decoders with --autoencoder only" in done.stderr


def test_the_command_makes_pairs_with_the_real_weights(
    fakelens: Fakelens, photos: Path, tmp_path: Path
) -> None:
    folder = os.environ.get("FAKELENS_TAEF2")
    if not folder:
        pytest.skip("FAKELENS_TAEF2 names no folder with the weights, see train/recipes/README.md")
    weights = [str(Path(folder) / f"taef2_{half}.pth") for half in ("encoder", "decoder")]
    done = fakelens(
        "synthesize", photos, "-o", str(tmp_path / "data"), "--whole", "--crop", "64", "--photos", "3",
        "--autoencoder", *weights,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "data").rglob("fake/*.png"))) == 8
