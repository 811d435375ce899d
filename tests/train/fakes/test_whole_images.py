import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.fakes import whole_images as subject
from fakelens.train.fakes.kinds import Generator, Manipulation
from fakelens.train.fakes.whole_images import REPORT_NAME, WholeConfig, WholeResult, synthesize_whole
from tests.conftest import Fakelens

GENERATORS = (Generator.NEAREST, Generator.SHUFFLE)
PHOTOS = {"jpegs": ("jpg", 4), "pngs": ("png", 4)}  # by source: suffix, photos a split


def _save_photo(path: Path, seed: int, width: int = 128, height: int = 112) -> None:
    rng = np.random.default_rng(seed)
    patches = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    soft = np.asarray(patches.resize((width, height), Image.Resampling.BICUBIC), dtype=float)
    grainy = np.clip(soft + rng.normal(0, 8, soft.shape), 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grainy).save(path, quality=70, subsampling=0)


def _write_sources(folder: Path, test_seed: int = 500) -> Path:
    for source, (suffix, count) in PHOTOS.items():
        for number in range(count):
            seed = 100 * len(source) + number
            _save_photo(folder / source / "train" / "real" / f"a{number}.{suffix}", seed)
            _save_photo(folder / source / "test" / "real" / f"b{number}.{suffix}", seed + test_seed)
    (folder / "pngs" / "train" / "real" / "broken.png").write_bytes(b"no image")
    return folder


def _config(photos: Path, output: Path) -> WholeConfig:
    return WholeConfig(
        photos=str(photos), output=output, generators=GENERATORS, per_faker=50, most_px=96, steps=3
    )


pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_sources(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def made(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WholeResult]:
    output = tmp_path_factory.mktemp("made") / "data"
    return output, synthesize_whole(_config(photos, output))


def _digests(photos: Path, split: str) -> dict[str, Path]:
    paths = [path for path in photos.glob(f"*/{split}/real/*") if path.stem != "broken"]
    return {hashlib.sha256(path.read_bytes()).hexdigest()[:20]: path for path in paths}


def test_every_faker_has_a_folder_and_every_photo_its_fake_in_its_split(
    photos: Path, made: tuple[Path, WholeResult]
) -> None:
    output, result = made
    names = {*GENERATORS, *Manipulation}
    assert {path.name for path in output.iterdir()} == {*map(str, names), REPORT_NAME}
    for name in names:
        for split in ("train", "test"):
            fakes = {path.stem: path for path in (output / name / split / "fake").iterdir()}
            originals = _digests(photos, split)
            assert set(fakes) == set(originals)
            for digest, path in originals.items():
                assert fakes[digest].suffix == path.suffix
    assert [faker.count(Split.TRAIN) for faker in result.fakers] == [8] * len(names)


def test_a_fake_is_encoded_and_cut_like_its_original(photos: Path, made: tuple[Path, WholeResult]) -> None:
    for digest, path in _digests(photos, "train").items():
        twin = made[0] / "nearest" / "train" / "fake" / f"{digest}{path.suffix}"
        with Image.open(path) as real, Image.open(twin) as fake:
            assert fake.format == real.format
            assert fake.size == (96, 96)
            assert getattr(fake, "quantization", None) == getattr(real, "quantization", None)


def test_masks_lie_beside_the_manipulated_and_tell_where(
    photos: Path, made: tuple[Path, WholeResult]
) -> None:
    assert not list(made[0].glob("nearest/*/mask"))
    for name in Manipulation:
        for digest, path in _digests(photos, "test").items():
            mask = np.asarray(Image.open(made[0] / name / "test" / "mask" / f"{digest}.png")) > 0
            assert 0.02 < mask.mean() <= 0.3
            if path.suffix != ".png":
                continue  # a JPEG's re-encoding changes all
            real = np.asarray(Image.open(path))[0:96, 16:112]  # the middle, begun on a multiple of 16
            fake = np.asarray(Image.open(made[0] / name / "test" / "fake" / f"{digest}.png"))
            changed = (fake != real).any(axis=-1)
            assert not changed[~mask].any()
            assert changed[mask].mean() > 0.8


def test_generators_see_train_photos_only(
    photos: Path, made: tuple[Path, WholeResult], tmp_path: Path
) -> None:
    assert set(made[1].trained_on) == set(_digests(photos, "train"))
    others = _write_sources(tmp_path / "photos", test_seed=700)
    synthesize_whole(_config(others, tmp_path / "data"))
    compared = 0
    for name in GENERATORS:
        for fake in (made[0] / name / "train" / "fake").iterdir():
            one, other = (
                np.asarray(Image.open(path), dtype=int)
                for path in (fake, tmp_path / "data" / fake.relative_to(made[0]))
            )
            assert np.abs(one - other).max() <= 3
            compared += 1
    assert compared == 16


def test_what_cannot_be_read_is_reported(made: tuple[Path, WholeResult]) -> None:
    assert len(made[1].skipped) == 1
    assert "broken.png: not an image" in made[1].skipped[0]


def test_the_report_holds_what_was_returned(made: tuple[Path, WholeResult]) -> None:
    report = json.loads((made[0] / REPORT_NAME).read_text())
    assert [faker["name"] for faker in report["fakers"]] == [faker.name for faker in made[1].fakers]
    nearest = report["fakers"][0]
    assert nearest["quality"]["psnr_db"] == made[1].fakers[0].quality.psnr_db
    assert nearest["spec"]["upsampling"] == "nearest"
    assert {fake["split"] for fake in nearest["fakes"]} == {"train", "test"}
    assert report["config"]["per_faker"] == 50


def test_the_same_file_in_two_splits_is_used_in_one(tmp_path: Path) -> None:
    photos = _write_sources(tmp_path / "photos")
    copied = photos / "pngs" / "test" / "real" / "copy.png"
    copied.write_bytes((photos / "pngs" / "train" / "real" / "a0.png").read_bytes())
    config = WholeConfig(
        photos=str(photos),
        output=tmp_path / "data",
        generators=(),
        manipulations=(Manipulation.COPY_MOVE,),
        per_faker=50,
    )
    result = synthesize_whole(config)
    assert any("the same file is in" in line for line in result.skipped)
    digests = [fake.digest for fake in result.fakers[0].fakes]
    assert len(digests) == len(set(digests)) == 16


def test_sharp_fakes_are_as_sharp_as_their_originals(
    photos: Path, tmp_path: Path, made: tuple[Path, WholeResult]
) -> None:
    config = replace(_config(photos, tmp_path / "data"), manipulations=(Manipulation.INPAINT,), sharp=1.0)
    sharp = synthesize_whole(config)
    assert json.loads((tmp_path / "data" / REPORT_NAME).read_text())["config"]["sharp"] == 1.0
    assert [faker.name for faker in sharp.fakers] == ["nearest", "shuffle", "inpaint"]
    for plain, faker in zip(made[1].fakers, sharp.fakers[:2], strict=False):
        assert plain.quality is not None
        assert faker.quality is not None
        assert faker.quality.sharpness == pytest.approx(1.0, abs=0.1)
        assert faker.quality.difference < plain.quality.difference  # a share of the original is left in them
        assert [fake.digest for fake in plain.fakes] == [fake.digest for fake in faker.fakes]


def test_a_share_of_the_fakes_is_sharp(photos: Path, tmp_path: Path, made: tuple[Path, WholeResult]) -> None:
    config = replace(
        _config(photos, tmp_path / "data"), generators=GENERATORS[:1], manipulations=(), sharp=0.5
    )
    synthesize_whole(config)
    fakes = sorted((tmp_path / "data").glob("*/*/fake/*.png"))
    same = [
        np.abs(np.asarray(Image.open(fake), int) - np.asarray(Image.open(twin), int)).max() <= 3
        for fake, twin in ((fake, made[0] / fake.relative_to(tmp_path / "data")) for fake in fakes)
    ]
    assert 0.2 < np.mean(same) < 0.8


def test_an_interruption_leaves_nothing(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subject, "copy_move", interrupt)
    config = WholeConfig(
        photos=str(photos), output=tmp_path / "data", generators=(), manipulations=tuple(Manipulation)
    )
    with pytest.raises(KeyboardInterrupt):
        synthesize_whole(config)
    assert not list(tmp_path.iterdir())


def test_the_command_makes_what_was_asked_for(fakelens: Fakelens, photos: Path, tmp_path: Path) -> None:
    chosen = ["--whole", "--generators", "bilinear,splice", "--photos", "4", "--steps", "1", "--sharp", "1"]
    done = fakelens("synthesize", photos, "-o", tmp_path / "data", *chosen)
    assert done.returncode == 0, done.stderr
    assert "broken.png" in done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"bilinear", "splice"}
    assert len(list((tmp_path / "data").glob("*/*/fake/*"))) in range(6, 9)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"per_faker": 0}, "at least 1"),
        ({"steps": 0}, "at least 1"),
        ({"most_px": 20}, "too small: give 96 or more"),
        ({"photos": "nowhere"}, "not a folder"),
        ({"sharp": 1.5}, "give one of 0 to 1"),
    ],
)
def test_unusable_settings_are_one_line(
    photos: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        synthesize_whole(replace(_config(photos, tmp_path / "data"), **changes))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("whole", [[], ["--whole"]])
def test_a_seed_out_of_range_is_refused(
    fakelens: Fakelens, photos: Path, tmp_path: Path, whole: list[str]
) -> None:
    done = fakelens("synthesize", photos, "-o", tmp_path / "data", "--seed", "-1", *whole)
    assert (done.returncode, done.stderr) == (2, "fakelens: --seed is -1, expected 0 to 4294967295\n")


def test_options_of_whole_fakes_need_the_option(fakelens: Fakelens, photos: Path, tmp_path: Path) -> None:
    done = fakelens("synthesize", photos, "-o", tmp_path / "data", "--photos", "4")
    assert done.returncode == 2
    assert done.stderr == "fakelens: --generators, --photos, --most-px and --sharp go with --whole only\n"


@pytest.mark.parametrize("option", ["--tile-size", "--tiles-per-photo"])
def test_options_of_tiles_are_refused_for_whole_fakes(
    fakelens: Fakelens, photos: Path, tmp_path: Path, option: str
) -> None:
    done = fakelens("synthesize", photos, "-o", tmp_path / "data", "--whole", option, "64")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"fakelens: {option} goes without --whole only: there are no tiles\n"
