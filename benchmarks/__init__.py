"""What a model file is worth: metrics with intervals, measured on the file itself."""
