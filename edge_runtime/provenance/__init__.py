"""What a file says of itself: statements in its metadata and marks in its pixels, as a list of `Evidence`."""
