"""What the commands of `stages` do."""
