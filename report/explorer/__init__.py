"""The explorer: one HTML file of safe numbers, their words, and the scripts that draw them."""
