"""What contacts cost and what is spent (X1, X2, X4): unit costs, spend counted once, sums checked."""
