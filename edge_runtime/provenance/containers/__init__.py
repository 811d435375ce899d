"""From any image file to its parts that may speak."""
