"""Linkage uncertainty carried into every headline and finding (FAM6)."""
