import pytest

from pipeline import registry


@pytest.fixture(scope="session", params=registry.words("class_weights"))
def method(request, piece_arguments):
    """Every registered method, with the default arguments of params.yaml."""
    return registry.make("class_weights", {"name": request.param, **piece_arguments("class_weights", request.param)})
