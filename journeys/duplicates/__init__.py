"""Duplicated assessments (D1): which count, how few would have done, who did which again."""
