"""Standard TFLite metadata: the fields, written into a graph and read back."""
