"""Copy a figure of an executed chapter into a file: CHAPTER FIGURE-LABEL TARGET."""

import base64
import json
import sys
from pathlib import Path

chapter, label, target = sys.argv[1:]
executed = Path("_build/jupyter_execute/book") / f"{chapter}.ipynb"
for cell in json.loads(executed.read_text(encoding="utf8"))["cells"]:
    if cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") == label:
        picture = next(o["data"]["image/png"] for o in cell["outputs"] if "data" in o)
        Path(target).write_bytes(base64.b64decode(picture))
