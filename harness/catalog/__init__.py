"""Workloads: their files, parameters and formulas, and the contestants that run them."""
