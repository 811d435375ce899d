"""Every error of ours carries its exit code."""

from fakelens.edge_runtime import errors
from fakelens.edge_runtime.errors import FakelensError


def test_exit_codes_are_the_documented_ones() -> None:
    codes = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, FakelensError)
    }
    special = {"CameraError": 3, "GateError": 1, "MissingExtraError": 3}
    assert codes.items() >= special.items()
    assert {code for name, code in codes.items() if name not in special} == {2}
