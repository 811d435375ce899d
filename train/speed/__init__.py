"""How fast training goes: the input pipeline, and the same network under plain Keras."""
