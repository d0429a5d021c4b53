"""A place's spend tables, counted and told."""
