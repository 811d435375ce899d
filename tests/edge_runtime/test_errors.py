"""Every error of ours carries its exit code; a missing extra names its remedy."""

import pytest

from fakelens.edge_runtime import errors
from fakelens.edge_runtime.errors import FakelensError, MissingExtraError, require_extra


def test_exit_codes_are_the_documented_ones() -> None:
    codes = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, FakelensError)
    }
    special = {"CameraError": 3, "GateError": 1, "MissingExtraError": 3}
    assert codes.items() >= special.items()
    assert {code for name, code in codes.items() if name not in special} == {2}


def test_a_missing_extra_names_the_command_to_install_it() -> None:
    with pytest.raises(MissingExtraError) as caught:
        require_extra("camera", "json", "no_such_package.part", "os")
    assert str(caught.value) == (
        'this command needs no_such_package, which is not installed: pip install "fakelens[camera]"'
    )


def test_an_extra_that_is_there_is_no_error() -> None:
    require_extra("train", "json", "email.message")
