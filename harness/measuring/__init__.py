"""The first half: plans a run, starts every trial, judges it and stores it."""
