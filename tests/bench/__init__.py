"""Measures what the project claims of itself: `make bench`."""
