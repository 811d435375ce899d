"""The arithmetic that trains fastest on this machine."""

from pathlib import Path

import tensorflow as tf

from fakelens.train.config import Precision

_NATIVE_BFLOAT16 = ("avx512_bf16", "amx_bf16")  # CPU flags; without one bfloat16 is emulated and slow
_CPU_FACTS = Path("/proc/cpuinfo")


def choose_policy(precision: Precision) -> str:
    """Return the Keras policy: float32, or mixed_bfloat16 where asked for or natively fast."""
    if precision is Precision.AUTO:
        return "mixed_bfloat16" if _has_bfloat16() else "float32"
    return "mixed_bfloat16" if precision is Precision.BFLOAT16 else "float32"


def choose_quickest() -> str:
    """Return the type in which convolutions are quickest here that need not be exact."""
    return "bfloat16" if _has_bfloat16() else "float32"


def _has_bfloat16() -> bool:
    for gpu in tf.config.list_physical_devices("GPU"):
        capability = tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
        return bool(capability >= (8, 0))
    try:
        flags = _CPU_FACTS.read_text().split()
    except OSError:
        return False
    return any(flag in flags for flag in _NATIVE_BFLOAT16)
