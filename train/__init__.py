"""From two folders of images to a run directory: data, networks, fit, prune, quantization-aware training."""

import os
import platform

# Must stand before TensorFlow is first imported, which leaves oneDNN off on x86 without AVX-512,
# where it still halves the time of a training step (2-core AVX2 machine, `compact`, batch 256).
if platform.machine() in ("x86_64", "AMD64"):
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
