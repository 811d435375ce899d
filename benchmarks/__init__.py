"""Measurements of model files: metrics with intervals, timings, and comparisons, on the file itself."""
