"""Running jobs: the protocol of whatever runs them, and this machine's processes."""
