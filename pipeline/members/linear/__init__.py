"""A linear classifier on TF-IDF features or mean word vectors."""
