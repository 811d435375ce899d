"""The fit loop and what goes through it: pruning, quantization-aware training, distillation, calibration."""
