"""Load on servers: the load generator, and how the harness communicates with it."""
