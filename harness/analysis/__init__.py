"""The second half: estimates from stored trials, and what they mean."""
