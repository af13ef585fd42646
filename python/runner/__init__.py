"""The Python runner: speaks the runner protocol for the implementations under `python/workloads/`.

It stands alone: nothing here imports the harness, and the standard library is all it needs.
"""
