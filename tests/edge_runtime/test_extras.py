import pytest

from fakelens.edge_runtime.errors import MissingExtraError
from fakelens.edge_runtime.extras import require_extra


def test_a_missing_extra_names_the_command_to_install_it() -> None:
    with pytest.raises(MissingExtraError) as caught:
        require_extra("camera", "json", "no_such_package.part", "os")
    assert str(caught.value) == (
        'this command needs no_such_package, which is not installed: pip install "fakelens[camera]"'
    )


def test_an_extra_that_is_there_is_no_error() -> None:
    require_extra("train", "json", "email.message")
