"""Plain texts from whichever artifact holds them."""

import gzip
import zlib
from pathlib import Path

from pipeline.artifacts.tables import read_table
from pipeline.errors import UserError


def read_texts(path: Path) -> list[str]:
    """The texts of a `.parquet` table's column `text`, or the lines of a UTF-8 `.txt` or `.txt.gz` file; no empty ones.

    Raises UserError where the file is missing, of another kind, not UTF-8, or without any text.
    """
    if path.suffix == ".parquet":
        texts = read_table(path, ["text"])["text"].tolist()
    elif path.name.endswith((".txt", ".txt.gz")):
        if not path.exists():
            raise UserError(f"{path}: not found; put the text there, one document a line, or name another file")
        try:
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            texts = content.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: not UTF-8 ({error}); save it as UTF-8") from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UserError(f"{path}: not a whole gzip file ({error}); compress the text again") from None
    else:
        raise UserError(
            f"{path}: got a file that ends in {path.suffix!r}; .txt, .txt.gz (one document a line) or .parquet is "
            "allowed"
        )
    texts = [text for text in texts if text.strip()]
    if not texts:
        raise UserError(f"{path}: holds no text; one document a line is expected")
    return texts
