"""A fine-tuned encoder: a transformer, or a table of word vectors."""
