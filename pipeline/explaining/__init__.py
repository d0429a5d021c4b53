"""Why two records are one person, and why a finding stands."""
