"""A site-packages folder small enough to read in no time, of the shape of the real one."""

from pathlib import Path

import pytest

SIZES = {"alpha/one": 40, "alpha/two": 24, "beta/one": 12, "beta/rare": 3}


def module(topic: str, n_texts: int) -> str:
    """Source of a module with as many functions, each with a text of its own about `topic`."""
    text = "Return the {topic} of item {n}, which is more than eight words (and `{topic}_{n}`)."
    parameters = f"Parameters\n    ----------\n    x_{topic} : int\n    "
    return "\n".join(
        f'def f{n}():\n    """{text.format(topic=topic, n=n)}\n\n    {parameters}"""' for n in range(n_texts)
    )


def write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8", newline="\n")


@pytest.fixture
def site_packages(tmp_path: Path) -> Path:
    site = tmp_path / "site-packages"
    for subpackage, n_texts in SIZES.items():
        write(site / subpackage / "code.py", module(subpackage.replace("/", "_"), n_texts))
    write(site / "alpha" / "two" / "tests" / "test_code.py", module("tests", 50))
    for package, topic in (("gamma", "torch"), ("delta", "plain"), ("epsilon/inner", "other")):
        write(site / package / "code.py", module(topic, 10))
    # A copy of a competition's text, with other parameters, must not become plain text.
    write(site / "delta" / "vendored.py", module("alpha_one", 5).replace("x_alpha_one", "y"))
    return site
