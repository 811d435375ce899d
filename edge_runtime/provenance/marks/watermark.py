"""The open invisible watermarks of Stable Diffusion and FLUX (invisible-watermark's dwtDct).

They survive in lossless files only. The method: channel U of YUV, low band of a Haar transform, blocks of
4 x 4; each block carries a bit in the size of its largest coefficient but the first.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength

_SCALE = 36
_BLOCK_PX = 8  # of the picture: 4 coefficients of the low band
_MOST_BLOCKS = 4096  # a picture of 512 x 512 px; the bits repeat over larger ones
_LEAST_PIXELS = 256 * 256  # the library marks nothing smaller


@dataclass(frozen=True, kw_only=True)
class _Mark:
    name: str
    bits: str
    least_agreement: float  # chance reaches .69


_MARKS = (
    _Mark(
        name="Stable Diffusion 1",
        bits="".join(f"{byte:08b}" for byte in b"StableDiffusionV1"),
        least_agreement=0.80,
    ),
    _Mark(name="Stable Diffusion 2", bits="".join(f"{byte:08b}" for byte in b"SDV2"), least_agreement=0.94),
    _Mark(
        name="Stable Diffusion XL",
        bits=f"{0b101100111110110010010000011110111011000110011110:b}",
        least_agreement=0.85,
    ),
    _Mark(
        name="FLUX.1",
        bits=f"{0b001010101111111010000111100111001111010100101110:b}",  # 46 bits, no zeros in front
        least_agreement=0.85,
    ),
)


def read_watermark(pixels_u8: npt.NDArray[np.uint8]) -> list[Evidence]:
    """Return the marks that `pixels_u8`, [height, width, 3 or 4] as decoded, carry."""
    height, width = pixels_u8.shape[:2]
    if height * width < _LEAST_PIXELS or width < _BLOCK_PX:
        return []
    block_bits = _read_blocks(pixels_u8[..., :3])
    found = []
    for mark in _MARKS:
        agreement = _measure_agreement(block_bits, mark.bits)
        if agreement >= mark.least_agreement:
            found.append(
                Evidence(
                    source=Source.WATERMARK,
                    strength=Strength.DECLARES_GENERATED,
                    what=f"its pixels carry the invisible watermark of {mark.name}",
                    words=f"{agreement:.0%} of {len(mark.bits)} bits",
                    where="pixels",
                )
            )
    return found


def _read_blocks(rgb_u8: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return the bit of each block, row by row."""
    columns = rgb_u8.shape[1] // _BLOCK_PX
    rows = min(rgb_u8.shape[0] // _BLOCK_PX, max(1, _MOST_BLOCKS // columns))
    part = rgb_u8[: rows * _BLOCK_PX, : columns * _BLOCK_PX].astype(np.float32)
    luma = part @ np.array([0.299, 0.587, 0.114], np.float32)
    chroma = np.rint((part[..., 2] - luma) * np.float32(0.492) + 128).clip(0, 255)
    low = chroma.reshape(rows * 4, 2, columns * 4, 2).sum((1, 3)) / 2
    blocks = low.reshape(rows, 4, columns, 4).swapaxes(1, 2).reshape(-1, 16)
    largest = np.abs(blocks[:, 1:]).max(axis=1)
    is_one: npt.NDArray[np.bool_] = largest % _SCALE > _SCALE / 2
    return is_one


def _measure_agreement(block_bits: npt.NDArray[np.bool_], bits: str) -> float:
    """Return the share of `bits` that the majority of their blocks agrees with."""
    expected = np.frombuffer(bits.encode(), np.uint8) == ord("1")
    if len(block_bits) < len(expected):
        return 0.0
    turns = len(block_bits) // len(expected)
    votes = block_bits[: turns * len(expected)].reshape(turns, -1).mean(axis=0)
    return float(((votes > 0.5) == expected).mean())
