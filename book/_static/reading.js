// Reading on: arrow keys, the place where the reader was, chapters ticked off, the search.

const root = new URL(document.documentElement.dataset.content_root, location.href).href;
const addressOf = (url) => url.slice(root.length).split(/[?#]/)[0];

// The arrow keys turn the page, unless they have something else to do.
const BUSY = `input, select, textarea, button, summary, dialog, [contenteditable], [tabindex="0"],
  [role=tab], [role=slider], [role=application]`;

document.addEventListener("keydown", (event) => {
  const kind = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = kind && document.querySelector(`link[rel=${kind}]`);
  const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  const { scrollWidth, clientWidth } = document.documentElement;
  if (!link || modified || event.defaultPrevented || event.target.closest(BUSY)) return;
  if (scrollWidth > clientWidth || document.querySelector("dialog[open]")) return;
  location.href = link.href;
});

// The heading under which the reader is, kept when the page is left.
function remember() {
  const heads = [...document.querySelectorAll("article section[id] > :is(h1, h2)")];
  const passed = heads.filter((head) => head.getBoundingClientRect().top < innerHeight / 2);
  const [chapter, head] = [heads[0], passed.pop()];
  if (!head) return;
  const title = [...new Set([chapter, head])].map(titleOf).join(" › ");
  const anchor = head === chapter ? "" : `#${head.parentElement.id}`;
  kept.set("place", { address: addressOf(location.href) + anchor, title });
}

// The words of a heading, without its number and the link to itself.
function titleOf(head) {
  const copy = head.cloneNode(true);
  copy.querySelectorAll(".headerlink, .section-number, svg").forEach((each) => each.remove());
  return copy.textContent.trim();
}

// At the end of a chapter: a box to tick it off.
function offerTick() {
  const name = `done/${addressOf(location.href)}`;
  const line = document.createElement("p");
  line.className = "chapter-done";
  line.innerHTML = `<label><input type="checkbox"> I am done with this chapter.</label>
    <span>The tick appears in the contents, in this browser only.</span>`;
  const box = line.querySelector("input");
  box.checked = Boolean(kept.get(name));
  box.addEventListener("change", () => kept.set(name, box.checked || undefined));
  window.addEventListener("kept", () => (box.checked = Boolean(kept.get(name))));
  document.querySelector(".prev-next-footer")?.prepend(line); // a small place: it is styled again
}

// In the contents: what has been ticked off.
const DONE = ` <span class="done"><span aria-hidden="true">✓</span>
  <span class="visually-hidden">done</span></span>`;
function showTicks() {
  for (const link of document.querySelectorAll(".bd-docs-nav a.reference.internal")) {
    const done = Boolean(kept.get(`done/${addressOf(link.href)}`));
    if (done === Boolean(link.querySelector(".done"))) continue;
    if (done) link.insertAdjacentHTML("beforeend", DONE);
    else link.querySelector(".done").remove();
  }
}

// On the first page: the way back to the place, and a button that forgets all.
function offerPlace(start) {
  const place = kept.get("place");
  if (!place) return;
  const line = document.createElement("p");
  line.className = "continue";
  line.innerHTML = "<a></a>";
  line.firstChild.href = root + place.address;
  line.firstChild.textContent = `Continue: ${place.title}`;
  start.after(line);
}

function offerToForget(words) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Forget all of it";
  button.addEventListener("click", () => {
    kept.clear();
    button.disabled = true;
    button.textContent = "Forgotten";
    document.querySelector("p.continue")?.remove();
  });
  if (kept.names().length) words.append(" ", button);
}

document.addEventListener("DOMContentLoaded", () => {
  const links = { "a.left-prev": "ArrowLeft", "a.right-next": "ArrowRight" };
  for (const [selector, key] of Object.entries(links)) {
    document.querySelector(selector)?.setAttribute("aria-keyshortcuts", key);
  }
  document.querySelectorAll(".start-here").forEach(offerPlace);
  document.querySelectorAll(".kept-here p").forEach(offerToForget);
  if (document.querySelector("article .cell")) {
    offerTick();
    window.addEventListener("pagehide", remember);
  }
  showTicks();
  window.addEventListener("kept", showTicks);
  if (document.getElementById("search-results")) fetchSearch(); // the page of all results
});

// The search: its texts and its script are fetched when a field is first used.
let searchIsThere = false;
function fetchSearch() {
  if (searchIsThere) return;
  searchIsThere = true;
  for (const name of ["sections.js", "search.js"]) {
    const script = document.createElement("script");
    script.src = `${root}_static/${name}`;
    script.async = false; // one after the other
    document.head.append(script);
  }
}
document.addEventListener("focusin", (event) => {
  if (event.target.matches("form.bd-search input")) fetchSearch();
});

// Previews: what a link to an equation, a line of the ledger, a symbol or a document leads to. It
// opens where the mouse rests, at the link that has the focus, and at the first tap of a finger.
const bookPreviews = {}; // by pages: filled by the scripts in previews/

(() => {
  const LINKS = ["#equation-", "#ledger-", "#symbol-", "references.html#"]
    .map((part) => `article a[href*="${part}"]:not(.headerlink, details.chip a)`).join();
  const LEFT_OUT = ".headerlink, details, a[href*='errata.html']";
  const loading = {};
  let box, link, timer, finger;

  // The scripts of other pages are fetched once.
  function load(page) {
    return loading[page] ??= new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = `${root}_static/previews/${page}.js`;
      script.onload = script.onerror = resolve;
      document.head.append(script);
    });
  }

  // A copy of what a link leads to: from this page, or from the script of its page.
  async function target(link) {
    const id = decodeURIComponent(new URL(link.href).hash.slice(1));
    if (addressOf(link.href) === addressOf(location.href)) {
      const here = document.getElementById(id);
      return here && !here.contains(link) ? here.cloneNode(true) : null;
    }
    const page = addressOf(link.href).replace(/\.html$/, "");
    await load(page);
    const template = document.createElement("template");
    template.innerHTML = bookPreviews[page]?.[id] ?? "";
    return template.content.firstElementChild;
  }

  // The cells of a row below each other, of a symbol two; no ids, no links, nothing folded.
  function content(shown) {
    const cells = shown.matches("tr") ? [...shown.cells] : [shown];
    const parts = shown.matches(".ledger-row") ? cells : cells.slice(0, 2);
    return parts.map((part) => {
      const piece = document.createElement("div");
      piece.append(...(shown === part ? [part] : part.childNodes));
      piece.querySelectorAll(LEFT_OUT).forEach((each) => each.remove());
      piece.querySelectorAll("[id]").forEach((each) => each.removeAttribute("id"));
      piece.querySelectorAll("a").forEach((each) => each.replaceWith(...each.childNodes));
      return piece;
    });
  }

  function close() {
    clearTimeout(timer);
    if (box?.contains(document.activeElement)) link.focus();
    link?.removeAttribute("aria-describedby");
    box?.remove();
    box = link = undefined;
  }

  function place() {
    const [at] = link.getClientRects();
    const { clientWidth, clientHeight } = document.documentElement;
    const left = Math.max(8, Math.min(at.left, clientWidth - box.offsetWidth - 8));
    const above = at.bottom + box.offsetHeight > clientHeight && at.top > clientHeight - at.bottom;
    const top = above ? at.top - box.offsetHeight - 4 : at.bottom + 4;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${top + scrollY}px`;
  }

  async function open(here, tapped) {
    close();
    link = here;
    const shown = await target(here);
    if (!shown || link !== here) return;
    box = document.createElement("div");
    box.className = "preview";
    box.id = "preview";
    box.setAttribute("role", tapped ? "group" : "tooltip");
    box.append(...content(shown));
    if (tapped) {
      const go = document.createElement("a");
      box.setAttribute("aria-label", "Preview");
      [go.href, go.textContent, go.className] = [here.href, "Go there", "go-there"];
      go.addEventListener("click", () => setTimeout(close));
      box.append(go);
    } else {
      here.setAttribute("aria-describedby", "preview");
    }
    document.body.append(box);
    place();
    if (tapped) box.lastChild.focus({ preventScroll: true });
  }

  const later = (then, wait) => {
    clearTimeout(timer);
    timer = setTimeout(then, wait);
  };
  const linkAt = (event) => event.target.closest?.(LINKS);

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const here = linkAt(event);
    if (here && here !== link) later(() => open(here), 150);
    else if (here || box?.contains(event.target)) clearTimeout(timer);
    else if (link && document.activeElement !== link) later(close, 300);
    else clearTimeout(timer);
  });
  document.addEventListener("focusin", (event) => {
    const here = linkAt(event);
    if (here?.matches(":focus-visible") && here !== link) open(here);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === link && !box?.contains(event.relatedTarget)) close();
  });
  document.addEventListener("pointerdown", (event) => {
    finger = event.pointerType !== "mouse";
    if (finger && !box?.contains(event.target) && linkAt(event) !== link) close();
  });
  document.addEventListener("click", (event) => {
    const here = linkAt(event);
    const first = here && finger && event.detail && here !== link;
    if (!first) return here && close();
    event.preventDefault();
    open(here, true);
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  window.addEventListener("resize", close);
})();
