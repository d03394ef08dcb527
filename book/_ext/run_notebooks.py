"""Sphinx extension: run every notebook in every build, show its text unbroken.

Sphinx reads a page again only if the page itself has changed, so that an edit
in nnlab would go unnoticed in a second build. Here each notebook counts as
changed.

A kernel sends long output in pieces, cut at any place. MyST-NB ends each piece
with a new line when it joins them (nb_merge_streams), so that now and then a
line is broken in two. Here the pieces are joined unchanged.

The kernels draw every frame of the sliders (nnlab.explore).
"""

import copy

import kernels
import myst_nb.core.render


def join_streams(outputs):
    """Join the pieces of each stream; the other outputs stay as they are."""
    joined, streams = [], {}
    for output in outputs:
        name = output.get("name", "") if output.output_type == "stream" else ""
        if name in streams:
            streams[name]["text"] += output["text"]
        else:
            joined.append(copy.copy(output))
            if name:
                streams[name] = joined[-1]
    return joined


def every_notebook(app, env, added, changed, removed):
    """Return the pages that are notebooks: they are to be read again."""
    return [
        page for page in env.found_docs if env.doc2path(page).endswith("ipynb")
    ]


def setup(app):
    """Register what is above; put join_streams in place of MyST-NB's."""
    kernels.prepare("all")
    app.connect("env-get-outdated", every_notebook)
    assert callable(myst_nb.core.render.coalesce_streams)
    myst_nb.core.render.coalesce_streams = join_streams
    return {"parallel_read_safe": True, "parallel_write_safe": True}
