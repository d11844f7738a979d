"""Changed copies of training texts, and the methods that change them."""
