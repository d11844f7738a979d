"""How a stage runs: its command line, threads, seeds, devices, progress."""
