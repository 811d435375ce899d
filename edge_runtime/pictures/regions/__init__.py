"""Very large pictures, of which a few rows at a time are decoded where their format allows."""
