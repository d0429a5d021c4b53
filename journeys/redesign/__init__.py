"""Redesigns run on history (W1): the operations edit it, the same measures are taken again."""
