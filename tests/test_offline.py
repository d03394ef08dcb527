"""The book without a network, after a visit: ``pytest -m browser``."""

import pytest
from browser import HANGS, HTML, new_context, serve_book, settle

pytestmark = pytest.mark.browser

# Whether the worker is in charge and has the page and its styles.
KEPT = """async () => {
  const kept = await caches.match(location.href);
  const style = await caches.match(document.querySelector("link[rel=stylesheet]").href);
  return Boolean(navigator.serviceWorker.controller && kept && style);
}"""


@pytest.fixture
def visitor(chromium, home):
    """Give a page in a profile where workers may work, once a chapter has been visited."""
    context = new_context(chromium, home, service_workers="allow")
    page = context.new_page()
    page.goto(home + "book/softmax.html")
    page.wait_for_function(KEPT, timeout=HANGS)
    assert not context.faults
    yield page
    context.close()


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


def test_what_an_older_build_kept_is_thrown_away(visitor):
    names = """async () => {
      const [own] = await caches.keys();
      const older = own.replace(/\\w+$/, "0");
      await caches.open(older);
      await caches.open("of someone else");
      const found = await navigator.serviceWorker.getRegistration();
      await found.unregister();
      await navigator.serviceWorker.register(found.active.scriptURL);
      await navigator.serviceWorker.ready;
      while ((await caches.keys()).includes(older)) await new Promise(requestAnimationFrame);
      return (await caches.keys()).includes("of someone else");
    }"""
    assert visitor.evaluate(names)


def test_the_worker_leaves_alone_what_is_not_its_own(visitor, home):
    fetched = """async (name) => {
      await fetch(name).catch(() => {});
      return Boolean(await caches.match(name));
    }"""
    assert visitor.evaluate(fetched, home + "searchindex.js")
    for name in ("_static/live/python.wasm", "whole.pdf"):
        assert not visitor.evaluate(fetched, home + name)


def test_the_worker_serves_the_folder_where_the_book_lies(chromium, home, tmp_path):
    (tmp_path / "course").symlink_to(HTML)
    with serve_book(tmp_path) as address:
        here = address + "course/"
        context = new_context(chromium, here, service_workers="allow")
        page = context.new_page()
        page.goto(here + "book/references.html")
        page.wait_for_function(KEPT, timeout=HANGS)
        scope = "async () => (await navigator.serviceWorker.getRegistration()).scope"
        assert page.evaluate(scope) == here
        context.close()
