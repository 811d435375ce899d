"""The release models, one `.tflite` file each, as package data."""
