"""Measurements that train, each a command: `python -m fakelens.train.studies.NAME`."""
