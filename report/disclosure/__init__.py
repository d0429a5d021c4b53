"""What may be shown: small numbers withheld, the rest rounded, and proof that no reader can undo it."""
