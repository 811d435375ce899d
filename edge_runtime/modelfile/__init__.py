"""A model file: its contract, its graph, and the interpreters that run it."""
