"""Sphinx extension: what was visited can be read again without a network.

The service worker, worker.js, stands at the top of the site: a worker serves
the folder in which it lies. It bears a digest of the build. When that changes,
the browser takes the new worker, which throws away what the old one kept.
"""

from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent


def digest(folder):
    """Return a digest of the pages and of what they show."""
    found = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("worker.js", ".buildinfo"):
            found.update(path.relative_to(folder).as_posix().encode() + b"\0")
            found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def write_worker(app, exception):
    """Write the worker of this build."""
    if app.builder.name == "html" and not exception:
        out = Path(app.outdir)
        worker = (HERE / "worker.js").read_text(encoding="utf-8")
        line = f'const version = "{digest(out)}";'
        worker = worker.replace('const version = "";', line)
        (out / "worker.js").write_text(worker, encoding="utf-8")


def setup(app):
    """Write the worker when all else has been written."""
    app.connect("build-finished", write_worker, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
