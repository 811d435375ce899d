"""The look that every page shares: one stylesheet, a few parts, the answer card."""
