"""Facts read from a made-up kernel: board, temperature, throttling."""

from pathlib import Path

import pytest

from fakelens.edge_runtime.machine.device import (
    read_pi_model,
    read_temperature_c,
    read_throttling,
)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_board_names_itself(tmp_path: Path) -> None:
    write(tmp_path / "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    assert read_pi_model(tmp_path) == "Raspberry Pi 5 Model B Rev 1.0"


def test_the_temperature_is_in_degrees(tmp_path: Path) -> None:
    sensor = tmp_path / "sys/class/thermal/thermal_zone0/temp"
    write(sensor, "48312\n")
    assert read_temperature_c(tmp_path) == pytest.approx(48.312)
    write(sensor, "")
    assert read_temperature_c(tmp_path) is None


def test_a_machine_without_any_of_it_is_no_error(tmp_path: Path) -> None:
    assert read_pi_model(tmp_path) is None
    assert read_temperature_c(tmp_path) is None
    assert read_throttling(tmp_path, "no-such-program") is None


@pytest.mark.parametrize(
    ("bits", "now", "since_boot"),
    [
        ("0", (), ()),
        ("50005", ("under-voltage", "throttled"), ("under-voltage", "throttled")),
        ("a0000", (), ("frequency capped", "soft temperature limit")),
    ],
)
def test_throttling_bits_from_the_kernel(
    tmp_path: Path, bits: str, now: tuple[str, ...], since_boot: tuple[str, ...]
) -> None:
    write(tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled", f"{bits}\n")
    found = read_throttling(tmp_path, "no-such-program")
    assert found is not None
    assert (found.now, found.since_boot) == (now, since_boot)


def test_throttling_bits_from_the_firmwares_program(tmp_path: Path) -> None:
    program = tmp_path / "vcgencmd"
    write(program, '#!/bin/sh\n[ "$1" = get_throttled ] && echo throttled=0x80008\n')
    program.chmod(0o755)
    found = read_throttling(tmp_path, str(program))
    assert found is not None
    assert found.now == found.since_boot == ("soft temperature limit",)
    write(program, "#!/bin/sh\necho VCHI initialization failed; exit 255\n")
    assert read_throttling(tmp_path, str(program)) is None
    write(program, "#!/bin/sh\necho error=1 error_msg=unknown\n")
    assert read_throttling(tmp_path, str(program)) is None
