"""Measurements of their own, each run as `python -m fakelens.benchmarks.studies.NAME`."""
