"""Running child processes, including the orphans that they leave behind."""
