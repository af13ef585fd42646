"""One run on many machines: hosts measure blocks, and this process plans and stores.

Dask is imported when a cluster is opened. A run without a scheduler imports nothing of this.
"""
