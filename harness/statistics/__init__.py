"""Numbers in, numbers out: medians, intervals, ratios, distributions, steady state."""
