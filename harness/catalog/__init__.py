"""What a workload is: its file, its parameters and formulas, and the contestants that take part."""
