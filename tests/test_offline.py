"""The book without a network, after a visit; most of it in a browser: ``pytest -m browser``."""

import re
import shutil

import offline
import pytest
from browser import HTML, new_context, serve_book, settle
from sphinx_app import application

in_browser = pytest.mark.browser

# The worker and its digest


@pytest.fixture
def out(tmp_path):
    """Return a folder with a page and a picture."""
    out = tmp_path / "html"
    (out / "book").mkdir(parents=True)
    (out / "book" / "page.html").write_text("<p>δ</p>", encoding="utf-8")
    (out / "logo.svg").write_text("<svg/>")
    return out


def test_the_same_pages_have_the_same_digest_wherever_they_lie(out, tmp_path):
    shutil.copytree(out, tmp_path / "other")
    assert re.fullmatch(r"[0-9a-f]+", offline.digest(out))
    assert offline.digest(tmp_path / "other") == offline.digest(out)


def test_what_is_changed_added_or_renamed_changes_the_digest(out):
    found = [offline.digest(out)]
    (out / "book" / "page.html").write_text("<p>d</p>")
    found.append(offline.digest(out))
    (out / "book" / "more.html").write_text("")
    found.append(offline.digest(out))
    (out / "logo.svg").rename(out / "icon.svg")
    found.append(offline.digest(out))
    assert len(set(found)) == 4


def test_the_worker_bears_the_digest_of_all_else(out):
    (out / ".buildinfo").write_text("when")
    application(offline, outdir=out).emit("build-finished", None)
    worker = (out / "worker.js").read_text(encoding="utf-8")
    assert f'const version = "{offline.digest(out)}";' in worker
    source = (offline.HERE / "worker.js").read_text(encoding="utf-8")
    assert worker.replace(offline.digest(out), "") == source
    (out / ".buildinfo").unlink()
    assert offline.digest(out) in worker


@pytest.mark.parametrize("builder, exception", [("latex", None), ("html", ValueError())])
def test_other_builds_and_broken_ones_get_no_worker(out, builder, exception):
    application(offline, outdir=out, builder=builder).emit("build-finished", exception)
    assert not (out / "worker.js").exists()


# In a browser

# Wait until the worker is in charge and has the page and all that it consists of.
KEEP = """async () => {
  while (true) {
    const files = performance.getEntriesByType("resource").map((each) => each.name);
    const ours = [location.href, ...files.filter((name) => name.startsWith(location.origin))];
    const kept = await Promise.all(ours.map((name) => caches.match(name)));
    if (navigator.serviceWorker.controller && kept.every(Boolean)) return;
    await new Promise(requestAnimationFrame);
  }
}"""
# Wait until a cache is there no more.
GONE = """async (name) => {
  while (await caches.has(name)) await new Promise(requestAnimationFrame);
}"""


@pytest.fixture
def visitor(chromium, home):
    """Give a page in a profile where workers may work, once a chapter has been visited."""
    context = new_context(chromium, home, service_workers="allow")
    page = context.new_page()
    page.goto(home + "book/softmax.html")
    page.evaluate(KEEP)
    assert not context.faults
    yield page
    context.close()


@in_browser
def test_a_page_that_was_visited_is_there_without_a_network(visitor, home):
    visitor.context.set_offline(True)
    for address in ("book/softmax.html", "book/softmax.html?again#equation-eq-softmax-definition"):
        visitor.goto(home + address)
        settle(visitor)
        assert "softmax" in visitor.inner_text("h1")
        assert visitor.evaluate("getComputedStyle(document.querySelector('.bd-article')).fontSize")
        assert visitor.locator(".bd-article").evaluate("e => e.clientWidth") <= 768  # book.css
    assert visitor.goto(home + "book/momentum.html").status == 503
    assert visitor.inner_text("h1") == "There is no network"


@in_browser
def test_with_a_network_nobody_stays_with_an_old_page(visitor, home):
    visitor.evaluate(
        """async () => {
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            await cache.put(location.href, new Response("old"));
          }
        }"""
    )
    visitor.reload()
    assert "softmax" in visitor.inner_text("h1")


@in_browser
def test_the_worker_leaves_alone_what_is_not_its_own(visitor, home):
    fetched = """async (name) => {
      await fetch(name).catch(() => {});
      return Boolean(await caches.match(name));
    }"""
    assert visitor.evaluate(fetched, home + "_static/sections.js")
    for name in ("_static/python/interpreter.wasm.gz", "whole.pdf"):
        assert not visitor.evaluate(fetched, home + name)


@in_browser
def test_below_a_path_a_new_build_throws_away_what_an_older_one_kept(chromium, home, tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    for each in HTML.iterdir():
        (course / each.name).symlink_to(each)
    worker = (course / "worker.js").read_text(encoding="utf-8")
    with serve_book(tmp_path) as address:
        here = address + "course/"
        context = new_context(chromium, here, service_workers="allow")
        page = context.new_page()
        page.goto(here + "book/references.html")
        page.evaluate(KEEP)
        assert page.evaluate("navigator.serviceWorker.controller.scriptURL") == here + "worker.js"
        page.evaluate("caches.open('of someone else')")
        (old,) = set(page.evaluate("caches.keys()")) - {"of someone else"}
        (course / "worker.js").unlink()
        new = re.sub('version = "\\w+"', 'version = "next"', worker)
        (course / "worker.js").write_text(new, encoding="utf-8")
        page.evaluate("navigator.serviceWorker.ready.then((found) => found.update())")
        page.evaluate(GONE, old)
        page.evaluate(KEEP)
        assert set(page.evaluate("caches.keys()")) == {
            "of someone else",
            f"book {here} next",
        }
        context.close()
