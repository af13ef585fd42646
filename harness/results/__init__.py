"""The data that a run stores: records, the run directory, latency histograms."""
