"""From kept pairs to persons: joined under constraints, taken apart where evidence says so, each with its quality."""
