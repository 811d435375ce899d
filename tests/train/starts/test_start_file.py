from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ConfigError
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.train.starts.names import is_start, list_starts
from fakelens.train.starts.start_file import MOST_BYTES, Start, encode_start, read_start

RNG = np.random.default_rng(0)
START = Start(
    name="made up",
    network={"name": "compact", "width": 16},
    data={"size": 32, "fit": "resize"},
    temperature=1.5,
    bias=-0.2,
    threshold=0.6,
    unsure_low=0.4,
    unsure_high=0.8,
    licences="none",
    weights={
        "stem_conv": [RNG.normal(0, 0.1, (3, 3, 3, 16)).astype(np.float32)],
        "block0_depthwise_conv": [RNG.normal(0, 5, (3, 3, 16, 1)).astype(np.float32)],
        "stem_norm": [RNG.normal(0, 1, 16).astype(np.float32), np.full(16, 570, np.float32)],
        "dead": [np.zeros((1, 1, 4, 4), np.float32)],
    },
)


def test_a_start_comes_back_nearly_as_it_was(tmp_path: Path) -> None:
    content, bits = encode_start(START)
    (tmp_path / "a.npz").write_bytes(content)
    found = read_start(str(tmp_path / "a.npz"))
    assert bits == 16
    assert replace(found, weights={}) == replace(START, weights={})
    for layer, parts in START.weights.items():
        for own, read in zip(parts, found.weights[layer], strict=True):
            assert read.dtype == np.float32
            np.testing.assert_allclose(read, own, atol=np.abs(own).max() / 2**15)
    np.testing.assert_array_equal(found.weights["stem_norm"][1], START.weights["stem_norm"][1])


def test_kernels_lose_bits_until_the_file_is_small_enough() -> None:
    kernel = RNG.normal(0, 1, (1, 1, 100, 400)).astype(np.float32)
    start = replace(START, weights={"a": [kernel]})
    sizes = {bits: most for most in (90_000, 75_000, 60_000) for content, bits in [encode_start(start, most)]}
    assert len(sizes) == 3
    with pytest.raises(ConfigError, match="raise --most"):
        encode_start(start, 10_000)


@pytest.mark.parametrize("content", [b"", b"PK nothing", encode_start(START)[0][:-900]])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ConfigError, match=r"no weights to start from .* makes some"):
        read_start(str(tmp_path / "a.npz"))


def test_what_there_is_to_start_from() -> None:
    assert "photo" in list_starts()
    assert is_start("photo")
    assert is_start("own.npz")
    assert not is_start("imagenet")
    assert not is_start("none")
    with pytest.raises(ConfigError, match=r"nothing to start from; there are photo, imagenet, or a \.npz"):
        read_start("phot")


def test_the_start_of_the_package_is_small_and_whole() -> None:
    start = read_start("photo")
    assert len(encode_start(replace(start, weights={}))[0]) < 10_000
    assert start.network["name"] == "lite0"
    assert start.data["size"] == 320
    assert 0 < start.unsure_low <= start.threshold <= start.unsure_high < 1
    path = Path(__file__).parents[3] / "train" / "starts" / "photo.npz"
    assert path.stat().st_size <= MOST_BYTES
    assert path.stat().st_size + find_model("photo").stat().st_size < 5_000_000
