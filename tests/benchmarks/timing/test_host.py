import os
from pathlib import Path

from fakelens.benchmarks.timing.host import describe_host


def test_a_pi_is_known_by_its_board_and_its_cores_numbers(tmp_path: Path) -> None:
    for name, text in (
        ("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0"),
        ("proc/cpuinfo", "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0b\nCPU part : 0xd0b\n"),
        ("proc/meminfo", "MemTotal:        8245904 kB\n"),
        ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    host = describe_host(tmp_path)
    assert (host.board, host.cpu) == ("Raspberry Pi 5 Model B Rev 1.0", "0x41 0xd0b")
    assert (host.memory_bytes, host.governor) == (8245904 * 1024, "ondemand")
    assert host.identity == f"Raspberry Pi 5 Model B Rev 1.0, 0x41 0xd0b, {host.cores} cores"


def test_what_a_machine_does_not_tell_stays_empty(tmp_path: Path) -> None:
    host = describe_host(tmp_path)
    assert (host.board, host.governor, host.memory_bytes) == ("", "", 0)
    assert 1 <= host.cores <= (os.cpu_count() or 1)
    assert all((host.fakelens, host.litert, host.numpy, host.pillow, host.python))
