"""What the sections of `params.yaml` are made of: types of values, components, and messages about wrong ones."""
