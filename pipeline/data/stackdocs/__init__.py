"""The embedded competition: the docstrings of installed packages, labelled by where they stand, anonymised.

packages     which packages are read, and for what
docstrings   source files → docstrings
prose        docstring → description, words and punctuation marks
rows         descriptions → labelled rows: classes, sizes, train and test
anonymise    words → numbers, under a secret permutation
texts        other docstrings → text without labels
write        puts these together and writes the competition's files
"""
