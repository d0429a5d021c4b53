"""Stretches of time (G1, E1): waits, quiet time, episodes, and agencies at work at once."""
