"""SVG elements with escaped attributes and children."""

from markupsafe import Markup, escape


def element(tag: str, *children: str | Markup, **attributes: str | float) -> Markup:
    """Write one element. `class_` becomes `class` and `_` in a name becomes `-`; plain strings are escaped."""
    names = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
    opening = "".join(f' {name}="{escape(number(value))}"' for name, value in names)
    if not children:
        return Markup(f"<{tag}{opening}/>")
    return Markup(f"<{tag}{opening}>{join(children)}</{tag}>")


def join(parts: tuple[str | Markup, ...] | list[Markup]) -> Markup:
    """Join parts in order; plain strings are escaped."""
    return Markup("").join(parts)


def number(value: str | float) -> str:
    """Write a coordinate with at most two decimals and no trailing zeros; text is left as it is."""
    if isinstance(value, str):
        return value
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def share(value: float) -> str:
    """Write a position as a percentage of the drawing's width: 0.25 -> '25%'."""
    return f"{number(100 * value)}%"
