"""Choosing, from text of any size, the documents that are nearest to the training text."""
