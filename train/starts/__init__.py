"""Weights of finished runs to start from, instead of from noise: fine-tuning on one's own pictures."""
