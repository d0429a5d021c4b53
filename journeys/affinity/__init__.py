"""Co-location affinity (A1): services that meet the same people more often than chance would give."""
