"""Who lives together, and who belongs together wherever they live (FAM1)."""
