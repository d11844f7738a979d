import hashlib

import pytest

from pipeline.artifacts.hashes import hash_file, hash_path
from pipeline.errors import UserError


def test_a_file_has_the_sha256_of_its_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"conclave")
    assert hash_file(tmp_path / "x") == hashlib.sha256(b"conclave").hexdigest() == hash_path(tmp_path / "x")


def test_a_folder_is_its_names_and_contents(tmp_path):
    def folder(name, **files):
        for file, content in files.items():
            path = tmp_path / name / file.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return hash_path(tmp_path / name)

    first = folder("first", b="2", a="1", deep__c="3")
    assert folder("copy", deep__c="3", a="1", b="2") == first
    others = [
        folder("n", b="2", A="1", deep__c="3"),
        folder("c", b="2", a="!", deep__c="3"),
        folder("m", b="2c", a="1"),
    ]
    assert len({first, *others, folder("f", b="2", a="1", c="3")}) == 5


def test_nothing_has_no_hash(tmp_path):
    with pytest.raises(UserError, match=r"tiny-bert: not found"):
        hash_path(tmp_path / "tiny-bert")
