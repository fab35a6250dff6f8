"""MkDocs calls this: it puts what is made from stepper itself where a page says ``<!-- made: NAME -->``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FONT = "stepper-math.woff2"
ELSEWHERE = re.compile(r"""<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")


def on_config(config: Any) -> Any:
    """The folder of the project is where its packages are found."""
    sys.path.insert(0, str(ROOT))
    return config


def on_files(files: Any, config: Any) -> Any:
    """The font of formulas, which the package holds, is a file of the site."""
    from mkdocs.structure.files import File

    files.append(
        File.generated(config, f"fonts/{FONT}", abs_src_path=str(ROOT / "stepper" / "render" / "fonts" / FONT))
    )
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page, with what is made for it."""
    from docs.made.parts import filled

    return filled(markdown)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """The page, which loads nothing from elsewhere.

    Raises:
        PluginError: where it does.
    """
    from mkdocs.exceptions import PluginError

    if found := ELSEWHERE.search(output):
        raise PluginError(f"{page.file.src_uri} loads something from elsewhere: {found[0]}")
    return output
