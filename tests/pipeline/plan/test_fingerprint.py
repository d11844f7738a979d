"""Fingerprints of small made-up projects, whose right answers can be seen."""

import textwrap

import pytest

from pipeline import registry
from pipeline.plan import sources
from pipeline.plan.fingerprint import Place, fingerprint, reach, root

LOSSES = '''
"""Losses."""

from pipeline.tools import scale

WEIGHT = 2.0  # of the first
OTHER = 3.0


class First:
    """The first loss."""

    def forward(self, x):
        """Forward."""
        return scale(x) * WEIGHT


class Second:
    def forward(self, x):
        return x * OTHER
'''
TOOLS = """
from pipeline.deep import inner as renamed


def scale(x):
    return renamed(x) + 1


def unused(x):
    return x
"""
DEEP = """
def inner(x):
    return f"{x!r:>{10}} is {'x' + str(x)}"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """`project(a="…", b="…")` makes pipeline/a.py and pipeline/b.py the project; → from locations to a digest."""
    monkeypatch.setattr(registry, "ROOT", tmp_path)

    def make(**files):
        folder = tmp_path / "pipeline"
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
        for name, source in files.items():
            path = folder / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        clear()
        return lambda *locations, **components: fingerprint(
            [place for location in locations for place in root(f"pipeline.{location}")],
            {name: root(f"pipeline.{location}") for name, location in components.items()},
        )

    yield make
    clear()


def clear():
    sources.forget()


def digest(project, location, **files):
    """The fingerprint of a location in the three files above, some of them changed."""
    return project(**{"losses": LOSSES, "tools": TOOLS, "deep": DEEP} | files)(location)


FIRST, SECOND = "losses:First", "losses:Second"
CHANGES_NOTHING = [
    ("losses", LOSSES, '"""Losses."""', '"""Losses of two kinds."""'),
    ("losses", LOSSES, '    """The first loss."""\n', ""),
    ("losses", LOSSES, '"""Forward."""', '"""Backward.\n\n        At length.\n        """'),
    ("losses", LOSSES, "  # of the first", ""),
    ("losses", LOSSES, "return scale(x) * WEIGHT", "# first\n        return scale( x )*WEIGHT  # second"),
    ("losses", LOSSES, "return scale(x) * WEIGHT", "return scale(\n            x\n        ) * WEIGHT"),
    ("losses", LOSSES, "\n\nclass First", "\n\n\n\nclass First"),
    ("losses", LOSSES, "import scale\n", "import scale  # noqa\n"),
    ("losses", LOSSES, "OTHER = 3.0", "OTHER = 4.0"),
    ("losses", LOSSES, "x * OTHER", "x + OTHER"),
    ("losses", LOSSES, "class Second", "class Third"),
    ("losses", LOSSES, "\nWEIGHT", "\nimport os\nWEIGHT"),
    ("tools", TOOLS, "return x\n", "return x + 1\n"),
    ("tools", TOOLS, "def unused(x):\n    return x\n", ""),
]
CHANGES = [
    ("losses", LOSSES, "WEIGHT = 2.0", "WEIGHT = 2.1"),
    ("losses", LOSSES, "scale(x) * WEIGHT", "scale(x) / WEIGHT"),
    ("losses", LOSSES, "        return scale(x) * WEIGHT", "        x = 1\n        return scale(x) * WEIGHT"),
    ("losses", LOSSES, "class First:", "class First(Second):"),
    ("losses", LOSSES, "WEIGHT = 2.0", "WEIGHT = 2.0\nWEIGHT += 1"),
    ("losses", LOSSES, "OTHER = 3.0", "OTHER = 3.0\nprint(OTHER)"),
    ("tools", TOOLS, "renamed(x) + 1", "renamed(x) + 2"),
    ("tools", TOOLS, "inner as renamed", "other as renamed"),
    ("deep", DEEP, " is ", " was "),
    ("deep", DEEP, "{10}", "{11}"),
    ("deep", DEEP, "'x' + str", "'y' + str"),
]


@pytest.mark.parametrize(("file", "source", "old", "new"), CHANGES_NOTHING)
def test_what_changes_no_result_changes_no_fingerprint(project, file, source, old, new):
    before = digest(project, FIRST)
    assert source.count(old) == 1
    assert digest(project, FIRST, **{file: source.replace(old, new)}) == before


@pytest.mark.parametrize(("file", "source", "old", "new"), CHANGES)
def test_what_may_change_a_result_changes_the_fingerprint(project, file, source, old, new):
    before = digest(project, FIRST)
    assert source.count(old) == 1
    changed = {file: source.replace(old, new), "deep": DEEP + "\n\ndef other(x):\n    return x\n"} | (
        {file: source.replace(old, new)}
    )
    assert digest(project, FIRST, **changed) != before


def test_indentation_counts(project):
    one = "def f(x):\n    if x:\n        x = 1\n    return x\n"
    other = "def f(x):\n    if x:\n        x = 1\n        return x\n"
    assert project(a=one)("a:f") != project(a=other)("a:f")


def test_two_in_one_file_do_not_know_each_other(project):
    places = project(losses=LOSSES, tools=TOOLS, deep=DEEP) and reach([Place("pipeline.losses", "Second")]).texts
    assert set(places) == {Place("pipeline.losses", "Second"), Place("pipeline.losses", "OTHER")}


def test_a_definition_may_move_and_a_module_may_be_renamed(project):
    before = digest(project, FIRST)
    moved = TOOLS.replace("from pipeline.deep import inner as renamed", DEEP.replace("inner", "renamed"))
    assert digest(project, FIRST, tools=moved) != before, "another name is another text"
    alike = TOOLS.replace("inner as renamed", "inner").replace("renamed", "inner")
    before = digest(project, FIRST, tools=alike)
    assert digest(project, FIRST, tools=alike.replace("from pipeline.deep import inner\n", DEEP)) == before
    elsewhere = alike.replace("pipeline.deep", "pipeline.far.below")
    assert digest(project, FIRST, tools=elsewhere, **{"far/__init__": "", "far/below": DEEP}) == before
    renamed = LOSSES.replace("pipeline.tools", "pipeline.others")
    assert project(losses=renamed, others=alike, deep=DEEP)(FIRST) == before


def test_two_of_one_name_that_change_places_are_seen(project):
    """Both stay reached, and no text changes: which name stands for which tells them apart."""
    a, b = "def f(x):\n    return 1\n", "def f(x):\n    return 2\n"
    user = "from pipeline.a import f as g\nfrom pipeline.b import f as h\n\n\ndef main():\n    return g(0) - h(0)\n"
    before = project(a=a, b=b, user=user)("user:main")
    assert (
        project(user=user.replace("f as g", "f as h", 1).replace("b import f as h", "b import f as g"))("user:main")
        != before
    )


def test_circles_end(project):
    even = "def even(n):\n    return n == 0 or odd(n - 1)\n\n\ndef odd(n):\n    return n != 0 and even(n - 1)\n"
    before = project(a=even)("a:even")
    assert project(a=even.replace("n != 0", "n > 0"))("a:even") != before
    assert project(a=even)("a:even") == before
    assert project(a="def f(n):\n    return f(n)\n")("a:f") != before


@pytest.mark.parametrize(
    "body",
    [
        "from pipeline import b\n\n\ndef main():\n    return b.used()\n",
        "import pipeline.b\n\n\ndef main():\n    return pipeline.b.used()\n",
        "import pipeline.b as other\n\n\ndef main():\n    return other.used().x.y\n",
        "from pipeline.b import used\n\n\ndef main():\n    return used()\n",
        "from pipeline.c import used\n\n\ndef main():\n    return used()\n",
        "def main():\n    from pipeline.b import used\n\n    return used()\n",
        "def main():\n    import pipeline.b\n\n    return [pipeline.b.used() for _ in range(2)]\n",
        "from pipeline.b import used\n\n\n@used\ndef main():\n    return 1\n",
        "from pipeline.b import used\n\n\ndef main(x=used):\n    return x\n",
        "from pipeline.b import used\n\ntable = {'a': used}\n\n\ndef main(x):\n    return table[x]()\n",
        "from pipeline.b import used\n\n\nclass A:\n    x = used()\n\n\ndef main():\n    return A()\n",
        "from pipeline.b import used\n\nx, (y, *z) = used()\n\n\ndef main():\n    return y\n",
        "from pipeline.b import used\n\nif used():\n    x = 1\n\n\ndef main():\n    return x\n",
    ],
)
def test_every_way_to_use_a_name(project, body):
    b = "def used():\n    return 1\n\n\ndef unused():\n    return 2\n"
    before = project(a=body, b=b, c="from pipeline.b import used as used\n")("a:main")
    assert project(b=b.replace("return 1", "return 3"))("a:main") != before
    assert project(b=b.replace("return 2", "return 3"))("a:main") == before


def test_a_module_that_is_passed_on_counts_as_a_whole(project):
    a, b = (
        "from pipeline import b\n\n\ndef main(name):\n    return getattr(b, name)\n",
        "def f():\n    return 1\n\n\nG = 2\n",
    )
    before = project(a=a, b=b)("a:main")
    assert project(b=b.replace("1", "3"))("a:main") != before
    assert project(b=b.replace("2", "3"))("a:main") != before


def test_what_runs_at_import_counts_wherever_the_import_stands(project):
    a = "def main():\n    import pipeline.far.b\n"
    files = {"far/__init__": "from pipeline import c\n", "far/b": "X = 1\n", "c": "def f():\n    pass\n\n\nf()\n"}
    before = project(a=a, **files)("a:main")
    assert project(c=files["c"].replace("pass", "return 1"))("a:main") != before
    assert project(c=files["c"].replace("f()\n", "g()\n").replace("def g", "def f"))("a:main") != before
    assert project(c=files["c"])("a:main") == before
    assert project(**{"far/b": "X = 2\n"})("a:main") == before, "nobody uses it"


def test_what_only_types_or_the_command_line_need_is_left_out(project):
    a = """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from pipeline.b import Kind


        def main(x: "Kind") -> "Kind":
            return x


        if __name__ == "__main__":
            main(1)
    """
    before = project(a=a, b="class Kind:\n    x = 1\n")("a:main")
    assert project(b="class Kind:\n    x = 2\n")("a:main") == before
    assert project(a=a.replace("main(1)", "main(2)"))("a:main") == before


def test_harmless_modules_are_left_out_with_what_they_use(project):
    a = "from pipeline.b import say\n\n\ndef main():\n    say(1)\n"
    b = "from pipeline.c import f\n\nCHANGES_NO_RESULT = True\n\n\ndef say(x):\n    print(f(x))\n"
    before = project(a=a, b=b, c="def f(x):\n    return x\n")("a:main")
    assert project(b=b.replace("print", "log"))("a:main") == before
    assert project(c="def f(x):\n    return -x\n")("a:main") == before
    assert project(b=b.replace("CHANGES_NO_RESULT = True\n", ""))("a:main") != before


def test_components_count_under_their_word(project):
    make = project(losses=LOSSES, tools=TOOLS, deep=DEEP, a="def main():\n    return 1\n")
    one = make("a:main", loss=FIRST)
    assert one != make("a:main")
    assert one != make("a:main", loss=SECOND)
    assert make("a:main", loss=FIRST, other=SECOND) != make("a:main", loss=SECOND, other=FIRST)
    assert project(losses=LOSSES.replace("3.0", "4.0"))("a:main", loss=FIRST) == one


@pytest.mark.parametrize("line", ["from . import b", "from .b import c", "from pipeline.b import *"])
def test_imports_that_cannot_be_followed_are_refused(project, line):
    make = project(a=f"X = 1\n\n\ndef f():\n    return X\n\n\n{line}\n", b="c = 1\n")
    with pytest.raises(ValueError, match=r"pipeline\.a: line \d+ imports by a relative name or `\*`"):
        make("a:f")


def test_a_root_that_is_not_there(project):
    with pytest.raises(ValueError, match=r"pipeline\.a:g: the module does not define it"):
        project(a="def f():\n    return 1\n")("a:g")


# ── What a reader found missing ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from torch.optim import AdamW", "from torch.optim import SGD as AdamW"),
        ("from torch.optim import AdamW", "from mine.optim import AdamW"),
        ("import numpy as np", "import cupy as np"),
        ("    from scipy.special import softmax", "    from torch.nn.functional import softmax"),
    ],
)
def test_another_package_behind_a_name_is_seen(project, old, new):
    source = "import numpy as np\nfrom torch.optim import AdamW\nimport os\n\n\ndef main():\n"
    source += "    from scipy.special import softmax\n    return AdamW(np.ones(3), softmax)\n"
    before = project(a=source)("a:main")
    assert source.count(old) == 1
    assert project(a=source.replace(old, new))("a:main") != before
    assert project(a=source.replace("import os\n", "import re\n"))("a:main") == before, "nobody uses it"


B = "def used():\n    return 1\n\n\ndef other():\n    return 2\n"


@pytest.mark.parametrize(
    "body",
    [
        "def main():\n    from pipeline.b import used as g\n    from pipeline.c import g\n\n    return g()\n",
        "from pipeline.b import used\n\nused = print(used)\n\n\ndef main():\n    return used()\n",
        "try:\n    from pipeline.b import used\nfinally:\n    x = 1\n\n\ndef main():\n    return used()\n",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from pipeline.b import used\n\n\ndef main():\n    return used()\n",
        "from pipeline.b import used\n\nA = (C := used())\n\n\ndef main():\n    return C\n",
        "from pipeline.b import used\n\n_ = used()\n\n\ndef main():\n    return 1\n",
        "from pipeline.b import used\n\n\ndef main(x: Annotated[int, used]):\n    return x\n",
        "from pipeline import d\n\n\ndef main(name):\n    return getattr(d, name)\n",
        "from pipeline.pkg import run\n\n\ndef main():\n    return run()\n",
    ],
)
def test_every_binding_of_a_name_counts(project, body):
    files = {"c": "def g():\n    return 3\n", "d": "from pipeline.b import used as used\n"}
    files |= {"pkg/__init__": "from pipeline.b import used as run\n", "pkg/run": "X = 1\n"}
    before = project(a=body, b=B, **files)("a:main")
    assert project(b=B.replace("return 1", "return 4"))("a:main") != before


def test_names_that_a_statement_binds_are_told_apart(project):
    a = "from pipeline.b import X as v\n\n\ndef main():\n    return v\n"
    before = project(a=a, b="for X, Y in [(1, 2)]:\n    pass\n")("a:main")
    assert project(a=a.replace("X as v", "Y as v"))("a:main") != before


def test_the_order_of_what_runs_at_import_counts(project):
    a = "import torch\n\ntorch.one()\ntorch.two()\n\n\ndef main():\n    return 1\n"
    before = project(a=a)("a:main")
    assert project(a=a.replace("one", "x").replace("two", "one").replace("x()", "two()"))("a:main") != before


def test_a_mark_that_is_not_true_is_none(project):
    a = "from pipeline.b import used\n\n\ndef main():\n    return used()\n"
    before = project(a=a, b=B + "CHANGES_NO_RESULT = False\n")("a:main")
    assert project(b=B.replace("return 1", "return 4") + "CHANGES_NO_RESULT = False\n")("a:main") != before


def test_a_module_with_a_getattr_of_its_own_is_refused(project):
    make = project(
        a="from pipeline.b import used\n\n\ndef main():\n    return used()\n",
        b="def __getattr__(name):\n    return 1\n",
    )
    with pytest.raises(ValueError, match=r"pipeline\.b: defines __getattr__"):
        make("a:main")


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("templates/page.j2", True),
        ("table.csv", True),
        (".losses.py.swp", False),
        ("losses.py~", False),
        ("__pycache__/losses.cpython-311.pyc", False),
        ("gone/__pycache__/old.cpython-311.pyc", False),
        ("templates/.hidden.j2", False),
    ],
)
def test_files_beside_a_module_count_if_somebody_keeps_them(project, tmp_path, file, counts):
    page = "from pathlib import Path\n\nFOLDER = Path(__file__).parent\n\n\ndef render():\n    return FOLDER\n"
    before = digest(project, "page:render", page=page)
    path = tmp_path / "pipeline" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", encoding="utf-8")
    clear()
    assert (digest(project, "page:render") != before) is counts


def test_files_beside_a_module_that_looks_for_none_do_not_count(project, tmp_path):
    before = digest(project, FIRST)
    (tmp_path / "pipeline/table.csv").write_text("x", encoding="utf-8")
    clear()
    assert digest(project, FIRST) == before
