import sys
from types import ModuleType

import pytest

from fakelens.edge_runtime.errors import MissingExtraError
from fakelens.edge_runtime.extras import is_installed, require_extra


def test_a_missing_extra_names_the_command_to_install_it() -> None:
    with pytest.raises(MissingExtraError) as caught:
        require_extra("camera", "json", "no_such_package.part", "os")
    assert str(caught.value) == (
        'this command needs no_such_package, which is not installed: pip install "fakelens[camera]"'
    )


def test_an_extra_that_is_there_is_no_error() -> None:
    require_extra("train", "json", "email.message")


def test_a_package_that_another_thread_imports_now_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    half_way = ModuleType("half_way")
    half_way.__spec__ = None  # as cv2 has none while it loads its own compiled part
    monkeypatch.setitem(sys.modules, "half_way", half_way)
    assert is_installed("half_way")
    assert not is_installed("no_such_package")
