"""Plain texts from whichever artifact holds them."""

from pathlib import Path

from pipeline.artifacts.tables import read_table
from pipeline.errors import UserError


def read_texts(path: Path) -> list[str]:
    """The texts of a `.parquet` table's column `text`, or the lines of a UTF-8 `.txt` file; empty ones are left out."""
    if path.suffix == ".parquet":
        texts = read_table(path, ["text"])["text"].tolist()
    elif path.suffix == ".txt":
        if not path.exists():
            raise UserError(f"{path}: not found; put the text there, one document a line, or name another file")
        texts = path.read_text(encoding="utf-8").split("\n")
    else:
        raise UserError(f"{path}: got a file that ends in {path.suffix!r}; .txt (one document a line) or .parquet is allowed")
    return [text for text in texts if text.strip()]
