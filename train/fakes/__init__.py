"""Fakes made from photos: what `fakelens synthesize` is made of."""
