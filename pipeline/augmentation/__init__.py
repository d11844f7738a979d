"""Changed copies of training texts, one method a file."""
