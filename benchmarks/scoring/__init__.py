"""Labelled images scored by a model file: accuracy, comparison with a reference, robustness."""
