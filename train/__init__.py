"""From two folders of images to a run directory: data, networks, fit, prune, quantization-aware training."""
