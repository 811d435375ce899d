"""Fakes made from real photos: generators, manipulations, and the two ways to a data set."""
