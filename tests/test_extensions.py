"""All extensions of the book together: how Sphinx may run them, and in which order."""

import importlib
from pathlib import Path

import icons
import light_styles
import offline
import pytest
import yaml
from sphinx.application import Sphinx
from sphinx_app import application

CONFIG = Path(__file__).resolve().parents[1] / "_config.yml"
NAMES = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["sphinx"]["local_extensions"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("work", ["read", "write"])
def test_pages_are_read_and_written_side_by_side_but_formulas_are_set_in_one_process(name, work):
    app = application(importlib.import_module(name))
    assert Sphinx.is_parallel_allowed(app, work) == ((name, work) != ("typeset", "read"))


def test_icons_go_into_the_one_style_sheet_and_both_into_the_digest_of_the_build(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / icons.STYLES).write_text('.fa-bars:before{content:"\\f0c9"}')
    (tmp_path / "index.html").write_text('<link rel="stylesheet" href="_static/icons.css">')
    app = application(offline, light_styles, icons, outdir=tmp_path)
    app.emit("build-finished", None)
    assert "icons.css" not in (tmp_path / "index.html").read_text()
    assert (static / "style.css").read_text() == "\n"
    assert offline.digest(tmp_path) in (tmp_path / "worker.js").read_text(encoding="utf-8")
