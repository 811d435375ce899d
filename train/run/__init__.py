"""A training run from data to run directory: what is checked first, the stages, the report."""
