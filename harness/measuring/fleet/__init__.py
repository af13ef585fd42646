"""One run on many machines: hosts measure blocks, and this process plans and stores.

Only `dask_cluster` imports Dask, and nothing here is imported by a run without a scheduler.
"""
