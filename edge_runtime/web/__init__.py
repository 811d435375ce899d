"""A small web server of our own: who gets in, how connections end. `watch` and `serve` share it."""
