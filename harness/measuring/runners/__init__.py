"""Runners: the programs that run implementations. Build, find and communicate with them."""
