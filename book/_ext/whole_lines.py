"""Sphinx extension: show what a cell printed as the kernel sent it.

A kernel sends long output in pieces, cut at any place. MyST-NB ends each piece
with a new line when it joins them (nb_merge_streams), so that now and then a
line is broken in two. Here the pieces are joined unchanged.
"""

import copy

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


def setup(app):
    """Take the place of MyST-NB's function."""
    assert callable(myst_nb.core.render.coalesce_streams)
    myst_nb.core.render.coalesce_streams = join_streams
    return {"parallel_read_safe": True, "parallel_write_safe": True}
