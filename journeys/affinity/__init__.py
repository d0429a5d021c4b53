"""Co-location affinity (A1): agencies, services and themes that meet the same people more often than by chance."""
