"""From a run directory to one checked `.tflite` file."""
