"""Classifiers trained elsewhere, made into fakelens files: what they take, what they answer, gates."""
