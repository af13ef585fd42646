"""What this machine is, how fast it is at the moment, and what else runs on it."""
