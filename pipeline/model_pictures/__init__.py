"""A linkage model as a page, and as pictures."""
