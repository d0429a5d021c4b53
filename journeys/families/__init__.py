"""Families of high demand (FAM2 to FAM5): the peak window, concentration, who stays, what falls by itself."""
