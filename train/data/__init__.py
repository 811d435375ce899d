"""Labelled images on their way into training: indexed, decoded, split, augmented, in batches."""
