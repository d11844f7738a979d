"""The contracts between stages: paths, readers, writers and checks. Every write is atomic."""
