"""The two colours of every page, plot and heat map: real is blue, fake is orange.

Source: Okabe and Ito 2008, told apart with every kind of colour blindness. Stylesheets repeat them, and a
test compares.
"""

Rgb = tuple[int, int, int]

REAL: Rgb = (0, 114, 178)
FAKE: Rgb = (230, 159, 0)
UNSURE: Rgb = (118, 118, 118)
INK: Rgb = (28, 29, 32)
PAPER: Rgb = (247, 246, 243)


def to_hex(colour: Rgb) -> str:
    """Return `colour` as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
