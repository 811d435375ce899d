"""Parts as Parquet: a column for each field of the lines, and one for what has none. Needs pyarrow."""

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.escape import to_text
from fakelens.edge_runtime.extras import require_extra

_ROWS = 10_000  # of a group, which is what a reader holds at a time
_TEXTS = ("path", "path_encoding", "verdict", "model", "note", "reason", "error", "error_kind", "pixels")
_EVIDENCE = ("source", "strength", "what", "words", "where")
_MORE = "more"  # JSON of the fields without a column, null where there are none
_ORDER = (  # of the fields in a line
    *("path", "verdict", "p_fake", "model", "note", "reason", "error", "moments", "path_encoding"),
    *("pixels", "evidence", "views", "error_kind"),
)


def write_parquet(lines: Path, target: Path) -> None:
    """Rewrite the JSON lines of the file `lines` as `target`, at once or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = make_schema()
    staged = target.with_suffix(".tmp")
    with lines.open(encoding="utf-8") as file, pq.ParquetWriter(staged, schema, compression="zstd") as writer:
        while rows := [_to_columns(json.loads(line)) for line in islice(file, _ROWS)]:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    with staged.open("rb+") as done:
        os.fsync(done.fileno())
    staged.replace(target)


def read_parquet(path: Path) -> Iterator[str]:
    """Yield the rows of a part as the JSON lines that they were made of."""
    require_extra("parquet", "pyarrow")
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS):
            yield from (json.dumps(_from_columns(row)) for row in batch.to_pylist())


def make_schema() -> Any:
    """Return the columns of a part, a pyarrow schema."""
    import pyarrow as pa

    moment = pa.struct([("seconds", pa.float64()), ("p_fake", pa.float64())])
    statement = pa.struct([(name, pa.string()) for name in _EVIDENCE])
    return pa.schema(
        [
            *((name, pa.string()) for name in _TEXTS),
            ("p_fake", pa.float64()),
            ("views", pa.map_(pa.string(), pa.float64())),
            ("moments", pa.list_(moment)),
            ("evidence", pa.list_(statement)),
            (_MORE, pa.string()),
        ]
    )


def _to_columns(row: dict[str, Any]) -> dict[str, Any]:
    known = {name: row.pop(name) for name in _ORDER if name in row}
    if "views" in known:
        known["views"] = list(known["views"].items())
    texts = {name: to_text(known[name]) for name in _TEXTS if isinstance(known.get(name), str)}
    return known | texts | ({_MORE: json.dumps(row)} if row else {})


def _from_columns(columns: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in columns.items() if value is not None or name == "verdict"}
    more: dict[str, Any] = json.loads(row.pop(_MORE, "{}"))
    if "views" in row:
        row["views"] = dict(row["views"])
    if "evidence" in row:
        row["evidence"] = [{key: text for key, text in item.items() if text} for item in row["evidence"]]
    return {name: row[name] for name in _ORDER if name in row} | more
