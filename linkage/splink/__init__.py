"""Splink's settings in and out: models that Splink 4 and 5 save and take."""
