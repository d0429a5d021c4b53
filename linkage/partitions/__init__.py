"""How sure persons and families are: other partitions that the links allow (FAM6)."""
