"""From files to pixels: formats, decoding, colours, tiles and the bytes that a model sees."""
