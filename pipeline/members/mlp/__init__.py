"""A multi-layer perceptron on features that stay as they are: the encoder or vectors below it are not trained."""
