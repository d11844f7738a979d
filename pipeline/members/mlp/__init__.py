"""A multi-layer perceptron on features that are not trained."""
