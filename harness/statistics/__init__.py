"""Pure statistics: medians, confidence intervals, ratios, distributions, steady state."""
