"""What a run stores: records, the run directory, and latency histograms. Both halves share it."""
