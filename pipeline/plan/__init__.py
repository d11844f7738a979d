"""What each stage and entry depends on, worked out from the source without running it."""
