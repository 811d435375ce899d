"""Statements in a file's metadata and marks in its pixels, as a list of `Evidence`."""
