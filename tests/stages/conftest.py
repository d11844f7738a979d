"""The finished workspace that the tests of the DAG start from."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from dag_workspace import Workspace, commit, new_workspace


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which the whole DAG has run once, committed."""
    folder = tmp_path_factory.mktemp("dag")
    workspace = new_workspace(folder / "project", folder / "cache")
    ran = workspace.repro()
    assert ran[:2] == ["plan", "collect@stackdocs"]
    assert ran[-1] == "report"
    commit(workspace)
    return workspace


@pytest.fixture
def workspace(finished: Workspace, tmp_path: Path) -> Workspace:
    """A copy of it, with the same DVC cache."""
    return finished.copy(tmp_path / "project")
