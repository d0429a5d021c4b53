"""A finding taken apart: the rule, each record's part, what was left out, what would undo it."""
