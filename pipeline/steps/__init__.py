"""What each stage does, a module a stage: read artifacts, call the library, write artifacts.

A stage imports its step when it runs, after the check that the code is its entry's.
"""
