"""A copy of the project at toy size in which tests run the real `dvc repro`."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SMALLER = {
    "toy: false": "toy: true",
    "n_folds: 5": "n_folds: 3",
    "\nclass_weights:\n": "\nclass_weights:\n  bootstrap_samples: 20\n",
}


@dataclass(frozen=True)
class Workspace:
    """A checkout in `root`."""

    root: Path

    def run(self, *command: str, **variables: str) -> str:
        """Run a command in the checkout, which has to succeed, and return what it printed."""
        done = subprocess.run(
            command, cwd=self.root, env=environment() | variables, capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"{' '.join(command)}: status {done.returncode}\n{output}"
        return output

    def repro(self, *arguments: str) -> list[str]:
        """Run `dvc repro` and return the stages that ran, in order."""
        return re.findall(
            r"^Running stage '([^']+)'", self.run("dvc", "repro", *(arguments or ("report",))), re.MULTILINE
        )

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace `old`, which has to be there, in a file."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def copy(self, root: Path) -> "Workspace":
        """Another checkout with the same files and the same DVC cache."""
        shutil.copytree(self.root, root, symlinks=True)
        return Workspace(root)


def new_workspace(root: Path, cache: Path) -> Workspace:
    """The project's files, as they are in the work tree, in a fresh repository at toy size."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        source = PROJECT / name
        if source.is_file() and name != "dvc.lock" and not name.startswith(("tests/", "docs/")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, root / name)
    workspace = Workspace(root)
    for old, new in SMALLER.items():
        workspace.edit("params.yaml", old, new)
    workspace.run("git", "init", "--quiet")
    workspace.run("dvc", "cache", "dir", "--local", str(cache))
    commit(workspace)
    return workspace


def commit(workspace: Workspace) -> None:
    """Commit everything that git does not ignore."""
    workspace.run("git", "add", "--all")
    workspace.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "state")


def environment() -> dict[str, str]:
    """The environment of this process, with its Python's programs first on the path."""
    programs = str(Path(sys.executable).parent)
    quiet = {"DVC_NO_ANALYTICS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **quiet, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


def tree_hashes(path: Path) -> dict[str, str]:
    """The SHA-256 of a file, or of each data file below a folder."""
    files = [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]
    hidden = (".git/", ".dvc/", ".scratch/", "__pycache__")
    named = {file.relative_to(path).as_posix(): file for file in files}
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for name, file in named.items()
        if not any(part in f"{name}/" for part in hidden) and not name.endswith(".gitignore")
    }
