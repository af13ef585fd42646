"""Servers under load: the load generator and how the harness talks to it."""
