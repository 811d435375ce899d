"""Damage to a file, the same for the same random numbers: what disks, networks and attackers do."""

import numpy as np

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MOST_CHANGES = 8
_FRONT = 200  # bytes: headers lie there, and half of the changes


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """Return `content` after one to a few random changes."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, _MOST_CHANGES + 1))):
        if changed:
            _CHANGES[int(rng.integers(len(_CHANGES)))](changed, rng)
    return bytes(changed)


def _choose_place(changed: bytearray, rng: np.random.Generator) -> int:
    reach = min(len(changed), _FRONT) if rng.random() < 0.5 else len(changed)
    return int(rng.integers(reach))


def _flip_bit(changed: bytearray, rng: np.random.Generator) -> None:
    changed[_choose_place(changed, rng)] ^= 1 << int(rng.integers(8))


def _set_byte(changed: bytearray, rng: np.random.Generator) -> None:
    changed[_choose_place(changed, rng)] = int(rng.integers(256))


def _set_number(changed: bytearray, rng: np.random.Generator) -> None:
    width = int(rng.choice([1, 2, 4]))
    value = _EDGES[int(rng.integers(len(_EDGES)))] & ((1 << 8 * width) - 1)
    place = _choose_place(changed, rng)
    changed[place : place + width] = value.to_bytes(width, "big" if rng.random() < 0.5 else "little")


def _cut_end(changed: bytearray, rng: np.random.Generator) -> None:
    if rng.random() < 0.3:
        del changed[int(rng.integers(len(changed))) :]


def _remove_part(changed: bytearray, rng: np.random.Generator) -> None:
    place = _choose_place(changed, rng)
    del changed[place : place + int(rng.integers(1, 65))]


def _repeat_part(changed: bytearray, rng: np.random.Generator) -> None:
    place = _choose_place(changed, rng)
    part = changed[place : place + int(rng.integers(1, 65))]
    changed[place:place] = part * int(rng.integers(1, 5))


def _append_noise(changed: bytearray, rng: np.random.Generator) -> None:
    changed += rng.integers(0, 256, int(rng.integers(1, 65)), np.uint8).tobytes()


_CHANGES = (_flip_bit, _set_byte, _set_number, _cut_end, _remove_part, _repeat_part, _append_noise)
