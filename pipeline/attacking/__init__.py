"""How well encodings hold: measured, told and drawn."""
