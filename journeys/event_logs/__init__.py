"""Any log of events, standalone: what directly follows what, and whole ways through."""
