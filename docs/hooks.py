"""What the site holds besides these documents, and how it shows formulas."""

import html
import re
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
BESIDES = (
    "*.md",
    "benchmarks/*.*",
    "outputs/*.png",
    "outputs/gradient_descent.xlsx",
    "outputs/gradient_descent.html",
    "tests/**/test_*.py",
)
CHECKOUT = "checkout/"
"""The folder of the site in which stands what lies beside docs."""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what lies beside docs."""
    for path in (each for pattern in BESIDES for each in sorted(ROOT.glob(pattern))):
        name = CHECKOUT + path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Let links between docs and what lies beside it lead where that is in the site."""
    if page.file.src_uri.startswith(CHECKOUT):
        return re.sub(r"(\]\((\.\./)?)docs/", r"\1../", markdown)
    return markdown.replace("](../", f"]({CHECKOUT}")


def on_page_content(content: str, **_: object) -> str:
    r"""Turn \(TeX\) and \[TeX\] into MathML, which browsers show by themselves."""
    return re.sub(
        r'<(?P<tag>span|div) class="arithmatex">\\(?P<kind>[(\[])(?P<tex>.*?)\\[)\]]</(?P=tag)>',
        _as_mathml,
        content,
        flags=re.DOTALL,
    )


def _as_mathml(found: re.Match[str]) -> str:
    display = "block" if found["kind"] == "[" else "inline"
    # The converter leaves the backslash of an underscore in words.
    return convert(html.unescape(found["tex"]), display=display).replace(r"\_", "_")
