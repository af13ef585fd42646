"""The machine: its properties, its current speed, and interference."""
