"""What `data` in params.yaml says about reading and cleaning files, as the arguments of the library."""

from pipeline.config.data_sections import Data
from pipeline.data.inputs import InputSettings
from pipeline.data.new_rows import RowReading
from pipeline.data.sources.read import Layout


def layout(data: Data) -> Layout:
    """Return the layout of the competition's files."""
    return Layout(data.separator, data.quoting, data.encodings, data.undecodable, data.header, data.columns.label)


def input_settings(data: Data) -> InputSettings:
    """Return the settings by which rows become inputs of members: cleaning, placeholder, context."""
    context = data.context
    window, separator = (context.window, context.separator) if context else (0, "")
    return InputSettings(data.clean, data.empty_text, window=window, separator=separator)


def row_reading(data: Data) -> RowReading:
    """Return the settings by which rows without a label are read and made into inputs."""
    return RowReading(layout(data), row_columns(data), input_settings(data))


def row_columns(data: Data) -> dict[str, str]:
    """Map our names of the columns of every row to the file's names."""
    return named({"row_id": data.columns.id, "text": data.columns.text}) | context_columns(data)


def context_columns(data: Data) -> dict[str, str]:
    """Map our names of the columns of dialogues to the file's names; no columns without `context`."""
    if data.context is None:
        return {}
    return named({"dialogue": data.context.dialogue, "turn": data.context.turn, "speaker": data.context.speaker})


def named(columns: dict[str, str | None]) -> dict[str, str]:
    """Return the columns without those that params.yaml sets to null."""
    return {ours: theirs for ours, theirs in columns.items() if theirs is not None}
