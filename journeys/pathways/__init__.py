"""Pathway rules of the place (P1): what ought to follow what, and what came too often."""
