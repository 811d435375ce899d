import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.progress import Progress

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.cuts import Cut, CutConfig, plan_cuts
from fakelens.train.fakes.latents import LatentAutoencoder, load_autoencoder
from fakelens.train.fakes.originals import find_originals
from fakelens.train.fakes.own_decoders import (
    MOST_DECODERS,
    Examples,
    OwnConfig,
    OwnDecoder,
    build_decoder,
    draw_specs,
    open_decoders,
    train_decoder,
)
from tests.train.torch_files import make_halves, write_zip

CUTS = CutConfig(side=64, per_source=50, seed=0)
pytestmark = pytest.mark.usefixtures("eager")


def _draw_photo(seed: int, side: int = 64) -> ImageU8:
    """Return soft coloured shapes."""
    patches = np.random.default_rng(seed).integers(0, 256, (3, 3, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(patches).resize((side, side), Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory) -> LatentAutoencoder:
    folder = tmp_path_factory.mktemp("weights")
    paths = [
        write_zip(folder / f"{half}.pth", weights)
        for half, weights in zip(("encoder", "decoder"), make_halves(), strict=True)
    ]
    return load_autoencoder(paths[0], paths[1], digests=None)


@pytest.fixture(scope="module")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Cut]:
    folder = tmp_path_factory.mktemp("photos")
    for split, first in (("train", 0), ("test", 100)):
        (folder / split / "real").mkdir(parents=True)
        for number in range(6):
            Image.fromarray(_draw_photo(first + number)).save(folder / split / "real" / f"{number}.png")
    return plan_cuts(find_originals(folder, 0), CUTS, {})


def _config(output: Path, count: int = 2, steps: int = 2) -> OwnConfig:
    return OwnConfig(count=count, steps=steps, output=output, cuts=CUTS)


def _reduce(seeds: range) -> Examples:
    """Return photos with the means of their blocks of 4 x 4 px, which say much of them."""
    photos = np.stack([_draw_photo(seed) for seed in seeds])
    means = photos.reshape(len(photos), 16, 4, 16, 4, 3).mean(axis=(2, 4), dtype=np.float32)
    return Examples(cuts=photos, read=means / 127.5 - 1)


def test_every_decoder_up_samples_in_its_own_way_and_the_seed_draws_the_rest() -> None:
    specs = draw_specs(MOST_DECODERS, 0)
    assert list(specs) == ["own-transposed", "own-shuffle", "own-bilinear", "own-nearest"]
    assert [f"own-{spec.upsampling}" for spec in specs.values()] == list(specs)
    assert draw_specs(2, 0) == dict(list(specs.items())[:2])
    assert len({str(draw_specs(MOST_DECODERS, seed)) for seed in range(8)}) > 4


@pytest.mark.parametrize("name", draw_specs(MOST_DECODERS, 0))
def test_pictures_are_four_times_as_large_as_what_is_read(name: str) -> None:
    model = build_decoder(draw_specs(MOST_DECODERS, 0)[name], 4)
    assert model(np.zeros((1, 5, 7, 4), np.float32)).shape == (1, 20, 28, 3)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> OwnDecoder:
    """A decoder after two steps."""
    return _train(_config(tmp_path_factory.mktemp("begun")))


def _train(config: OwnConfig) -> OwnDecoder:
    name, spec = next(iter(draw_specs(1, 0).items()))
    return train_decoder(name, spec, (_reduce(range(12)), _reduce(range(50, 54))), config)


@pytest.mark.usefixtures("compiled")
def test_a_decoder_learns_to_give_photos_back_that_it_never_saw(begun: OwnDecoder, tmp_path: Path) -> None:
    last = _train(_config(tmp_path, steps=16))
    assert last.loss < begun.loss
    assert begun.quality is not None
    assert last.quality is not None
    assert last.quality.difference < begun.quality.difference
    assert last.quality.psnr_db > 24


def test_the_same_seed_makes_the_same_decoder(begun: OwnDecoder, tmp_path: Path) -> None:
    read = _reduce(range(4)).read
    pictures = [decoder.paint(read).astype(int) for decoder in (begun, _train(_config(tmp_path)))]
    assert np.abs(pictures[0] - pictures[1]).max() <= 1


@pytest.fixture(scope="module")
def kept(
    cuts: Sequence[Cut], autoencoder: LatentAutoencoder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Sequence[OwnDecoder]]:
    """Two trained decoders and the output that they are kept in, which no test changes."""
    output = tmp_path_factory.mktemp("kept")
    return output, open_decoders(_config(output), cuts, autoencoder, Progress(disable=True))


def test_decoders_are_kept_and_not_trained_again(
    cuts: Sequence[Cut],
    autoencoder: LatentAutoencoder,
    kept: tuple[Path, Sequence[OwnDecoder]],
    tmp_path: Path,
) -> None:
    shutil.copytree(kept[0], tmp_path, dirs_exist_ok=True)
    files = sorted(tmp_path.rglob("*.npz"))
    assert [file.stem for file in files] == ["own-shuffle", "own-transposed"]
    files[0].unlink()
    content = files[1].read_bytes()
    stamp = files[1].stat().st_mtime_ns
    progress = Progress(disable=True)
    again = open_decoders(_config(tmp_path), cuts, autoencoder, progress)
    assert [task.description for task in progress.tasks if "training" in task.description] == [
        "training own-shuffle"
    ]
    assert (files[1].read_bytes(), files[1].stat().st_mtime_ns) == (content, stamp)
    read = np.random.default_rng(0).normal(0, 1, (2, 8, 8, 8)).astype(np.float32)
    for one, other in zip(kept[1], again, strict=True):
        assert (one.name, one.loss, one.quality) == (other.name, pytest.approx(other.loss), other.quality)
        assert np.abs(one.paint(read).astype(int) - other.paint(read)).max() <= 1


def test_without_photos_to_measure_on_there_are_no_figures(
    cuts: Sequence[Cut], autoencoder: LatentAutoencoder, tmp_path: Path
) -> None:
    learned = [cut for cut in cuts if cut.photo.split == "train"]
    for _ in range(2):  # trained, then read
        made = open_decoders(_config(tmp_path, count=1), learned, autoencoder, Progress(disable=True))
        assert [decoder.quality for decoder in made] == [None]


def test_a_damaged_file_is_one_line(
    cuts: Sequence[Cut],
    autoencoder: LatentAutoencoder,
    kept: tuple[Path, Sequence[OwnDecoder]],
    tmp_path: Path,
) -> None:
    config = _config(tmp_path, count=1)
    shutil.copytree(kept[0], tmp_path, dirs_exist_ok=True)
    file = tmp_path / "decoders" / "own-transposed.npz"
    whole = file.read_bytes()
    with np.load(file) as arrays:
        short = list(arrays.values())[:-1]
    np.savez(tmp_path / "short.npz", *short)
    half = whole[: len(whole) // 2]
    for content in (b"", b"nothing", half, (tmp_path / "short.npz").read_bytes(), _flip(whole)):
        file.write_bytes(content)
        with pytest.raises(UsageError, match=r"own-transposed\.npz: damaged; remove it and repeat") as caught:
            open_decoders(config, cuts, autoencoder, Progress(disable=True))
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_not_called_damaged(
    cuts: Sequence[Cut],
    autoencoder: LatentAutoencoder,
    kept: tuple[Path, Sequence[OwnDecoder]],
    tmp_path: Path,
) -> None:
    shutil.copytree(kept[0], tmp_path, dirs_exist_ok=True)
    (tmp_path / "decoders" / "own-transposed.npz").chmod(0)
    with pytest.raises(UsageError, match=r"own-transposed\.npz: Permission denied; change its rights"):
        open_decoders(_config(tmp_path, count=1), cuts, autoencoder, Progress(disable=True))


def _flip(content: bytes) -> bytes:
    """Return `content` with a byte in its middle changed: a checksum no longer fits."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def test_photos_to_train_on_that_cannot_be_read_are_one_line(
    cuts: Sequence[Cut], autoencoder: LatentAutoencoder, tmp_path: Path
) -> None:
    unseen = [cut for cut in cuts if cut.photo.split != "train"]
    with pytest.raises(UsageError, match="no photo to train decoders on"):
        open_decoders(_config(tmp_path), unseen, autoencoder, Progress(disable=True))
    assert not list(tmp_path.iterdir())
