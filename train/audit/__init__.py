"""Audit of a data set before it is trusted: copies, giveaways, and a version without them."""
