"""Millions of pictures: shards, a plan, results in parts, resume, the same on Ray."""
