"""Cohorts by index event (K1): who was back, by the 7th, 28th, 90th day after it."""
