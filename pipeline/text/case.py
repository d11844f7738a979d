"""Upper and lower case."""


def lower_case(text: str) -> str:
    """Turn capital letters of every script into small ones; numbers, Chinese and emoji stay as they are."""
    return text.lower()
