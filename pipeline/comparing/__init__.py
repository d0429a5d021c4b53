"""Two runs, or two quarters of one, side by side."""
