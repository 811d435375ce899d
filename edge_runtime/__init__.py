"""The device side of fakelens: check images against one `.tflite` file. Never imports TensorFlow."""
