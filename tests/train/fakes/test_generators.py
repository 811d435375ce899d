from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.fakes.autoencoder import AutoencoderConfig, AutoencoderResult, regenerate
from fakelens.train.fakes.generators import measure_reach, train_generator
from fakelens.train.fakes.kinds import Generator, draw_spec

KINDS = list(Generator)
TRAINING = AutoencoderConfig(steps=2, batch_size=4, recolour=False)


def make_photo(seed: int, height: int, width: int) -> ImageU8:
    """Return soft coloured shapes with some grain."""
    rng = np.random.default_rng(seed)
    patches = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    soft = np.asarray(patches.resize((width, height), Image.Resampling.BICUBIC), dtype=float)
    return np.clip(soft + rng.normal(0, 6, soft.shape), 0, 255).astype(np.uint8)


pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture(scope="module")
def crops() -> ImageU8:
    return np.stack([make_photo(seed, 48, 48) for seed in range(24)])


@pytest.fixture(scope="module", params=KINDS)
def trained(request: pytest.FixtureRequest, crops: ImageU8) -> tuple[Generator, AutoencoderResult]:
    spec = draw_spec(request.param, 0)
    steps = 2 if spec.adversarial else 12  # what an adversary does: see test_adversary
    return request.param, train_generator(crops, spec, replace(TRAINING, steps=steps))


def test_a_photo_of_odd_size_comes_back_as_itself_but_not_quite(
    trained: tuple[Generator, AutoencoderResult],
) -> None:
    photo = make_photo(99, 101, 143)
    fake = regenerate(trained[1], photo)
    assert fake.shape == photo.shape
    assert (fake != photo).mean() > 0.5
    if trained[0] is not Generator.ADVERSARIAL:  # content stays, after so few steps
        assert np.corrcoef(photo.ravel(), fake.ravel())[0, 1] > 0.4


def test_no_block_border_shows(
    trained: tuple[Generator, AutoencoderResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make_photo(98, 120, 150)
    whole = regenerate(trained[1], photo)
    monkeypatch.setattr("fakelens.train.fakes.autoencoder._BLOCK_PX", 32)
    blocks = regenerate(trained[1], photo)
    margin = trained[1].margin  # nearer to the photo's border the padding reaches in
    inside = np.s_[min(margin, 40) : -min(margin, 40), min(margin, 40) : -min(margin, 40)]
    assert np.abs(whole[inside].astype(int) - blocks[inside]).max() <= 1


def test_no_pixel_reaches_beyond_the_margin(trained: tuple[Generator, AutoencoderResult]) -> None:
    margin = trained[1].margin
    assert 1 < measure_reach(trained[1].model, margin + 8) <= margin


def test_the_same_seed_makes_the_same_generator(crops: ImageU8) -> None:
    spec = draw_spec(Generator.BILINEAR, 0)
    photo = make_photo(97, 64, 96)
    one, other = (regenerate(train_generator(crops, spec, TRAINING), photo) for _ in range(2))
    another = regenerate(train_generator(crops, spec, replace(TRAINING, seed=1)), photo)
    assert np.abs(one.astype(int) - other).max() <= 1
    assert np.abs(one.astype(int) - another).mean() > 1


def test_grey_stays_grey(trained: tuple[Generator, AutoencoderResult]) -> None:
    grey = np.repeat(make_photo(1, 64, 64)[..., :1], 3, axis=-1)
    fake = regenerate(trained[1], grey)
    assert (fake == fake[..., :1]).all()
