import hashlib
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.torch_weights import read_torch_weights
from tests.train.torch_files import Arrays, pickle_state, write_legacy, write_zip

Write = Callable[[Path, Arrays], Path]
STATE: Arrays = {
    "conv.weight": np.arange(2 * 3 * 4 * 4, dtype=np.float32).reshape(2, 3, 4, 4),
    # As files converted from TensorFlow are: HWIO in memory, OIHW by its strides.
    "tf.weight": np.arange(3 * 3 * 2 * 5, dtype=np.float16).reshape(3, 3, 2, 5).transpose(3, 2, 0, 1),
    "count": np.array(7, np.int64),
    "bias": np.array([1.5, -2.5]),
}


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_both_formats_give_every_tensor_with_its_strides(write: Write, tmp_path: Path) -> None:
    found = read_torch_weights(write(tmp_path / "a.pth", STATE))
    assert list(found) == list(STATE)
    for name, expected in STATE.items():
        np.testing.assert_array_equal(found[name], expected)
        assert found[name].dtype == expected.dtype


def test_a_digest_is_compared_before_anything_is_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.pth", STATE)
    assert read_torch_weights(path, hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ConfigError, match=r"a.pth: the sha256 is .*expected 000000000000"):
        read_torch_weights(path, "0" * 64)


class _Opener:
    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("opened", "w")


@pytest.mark.parametrize("content", ["pickle", "zip"])
def test_a_pickle_that_names_anything_else_is_refused_before_it_runs(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    evil = pickle.dumps(_Opener(), 2)
    if content == "pickle":
        path.write_bytes(evil)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", evil)
    with pytest.raises(ConfigError, match=r"it names (io|_io|builtins|__builtin__)\.open") as caught:
        read_torch_weights(path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "opened").exists()


def test_a_tensor_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    array = np.zeros((2, 2), np.float32)
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("archive/data.pkl", pickle_state({"a": array}, offset=1))
        archive.writestr("archive/data/0", array.tobytes())
    with pytest.raises(ConfigError, match="beyond its storage"):
        read_torch_weights(tmp_path / "a.pth")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 half", pickle.dumps(5)])
def test_what_is_no_state_dict_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(ConfigError, match=r"a\.pth: not the weights that PyTorch saves") as caught:
        read_torch_weights(tmp_path / "a.pth")
    assert "\n" not in str(caught.value)


def test_a_cut_file_is_one_line(tmp_path: Path) -> None:
    for write in (write_zip, write_legacy):
        path = write(tmp_path / "a.pth", STATE)
        path.write_bytes(path.read_bytes()[:-60])
        with pytest.raises(ConfigError, match=r"a\.pth: "):
            read_torch_weights(path)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_torch_weights(tmp_path / "gone.pth")
