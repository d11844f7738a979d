"""What numbers the arguments of pieces may be.

To Python these are plain numbers; params.yaml is checked against the ranges by these names, before anything runs.
"""

from typing import TypeAlias

AtLeastOne: TypeAlias = int  # 1, 2, …
Positive: TypeAlias = float  # above 0
NotNegative: TypeAlias = float  # 0 or more
BelowOne: TypeAlias = float  # 0 or more, and below 1
SomeOf: TypeAlias = float  # above 0, at most 1
Names: TypeAlias = list[str]  # at least one, none of them empty
Widths: TypeAlias = list[int]  # at least one, each 1 or more
