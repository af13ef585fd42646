"""The Python runner: speaks the runner protocol for the implementations under `python/workloads/`.

It imports nothing from the harness, and needs only the standard library.
"""
