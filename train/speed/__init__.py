"""Speed of training: the input pipeline, and a comparison with the same network under plain Keras."""
