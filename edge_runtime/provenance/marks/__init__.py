"""Marks in the pixels of lossless files."""
