"""What reviewers are given to judge: pairs of records, and findings."""
