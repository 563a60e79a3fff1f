"""Runs the code cells of a notebook in this process, as Jupyter would, and says what they showed.

`python -m tests.examples.notebook_cells NOTEBOOK` prints the outputs as JSON, with `--write` it
puts them into the notebook; `2221=34567 …` runs with other ports than those that stand there.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.examples.notebook import run_cell


def code_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def run_cells(notebook: dict[str, Any], ports: dict[str, str]) -> list[list[dict[str, Any]]]:
    """Return the outputs of each code cell.

    Raises:
      RuntimeError: a cell raised an error; says which.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    results = []
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells):
        code = code_of(cell)
        code = re.sub(r"(?<=:)\d+", lambda found: ports.get(found[0], found[0]), code)
        stream = io.StringIO()
        try:
            with contextlib.redirect_stdout(stream):
                value = run_cell(code, names, f"cell {number}")
        except Exception as error:
            raise RuntimeError(f"cell {number}:\n{code}\n{traceback.format_exc()}") from error
        outputs: list[dict[str, Any]] = []
        if stream.getvalue():
            text = stream.getvalue().splitlines(keepends=True)
            outputs.append({"name": "stdout", "output_type": "stream", "text": text})
        if value is not None:
            outputs.append(
                {
                    "data": {"text/plain": repr(value).splitlines(keepends=True)},
                    "execution_count": number + 1,
                    "metadata": {},
                    "output_type": "execute_result",
                }
            )
        results.append(outputs)
    return results


def main() -> None:
    path = Path(sys.argv[1])
    notebook = json.loads(path.read_text())
    ports = dict(word.split("=") for word in sys.argv[2:] if "=" in word)
    outputs = run_cells(notebook, ports)
    if "--write" not in sys.argv:
        print("\n" + json.dumps(outputs))
        return
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, shown) in enumerate(zip(cells, outputs, strict=True)):
        cell["outputs"], cell["execution_count"] = shown, number + 1
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
