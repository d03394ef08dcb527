// What the address points to, if the page has it.
function addressed() {
  const name = location.hash.slice(1);
  return document.getElementById(name.includes("%") ? "" : name);
}

// A link to something that is folded opens the fold.
function unfold() {
  const target = addressed();
  const folds = [];
  for (let at = target; at; at = at.parentElement) {
    if (at.matches("details:not([open])")) folds.push(at);
  }
  folds.forEach((fold) => (fold.open = true));
  if (folds.length) target.scrollIntoView();
}
window.addEventListener("hashchange", unfold);
document.addEventListener("DOMContentLoaded", unfold);

// The ledger: show the rows that have all the words and fit the three choices.
function ledger(form) {
  const rows = [...document.querySelectorAll("tr.ledger-row")];
  const texts = rows.map((row) => (row.textContent + row.dataset.latex).toLowerCase());
  const choices = [...form.querySelectorAll("select")];

  function show() {
    const words = form.elements.words.value.toLowerCase().split(/\s+/);
    const wanted = choices.filter((c) => c.value).map((c) => `${c.name}-${c.value}`);
    rows.forEach((row, i) => {
      const fits = wanted.every((name) => row.classList.contains(name));
      row.hidden = !(fits && words.every((word) => texts[i].includes(word)));
    });
    for (const table of document.querySelectorAll("table.ledger")) {
      table.closest("section").hidden = !table.querySelector("tr.ledger-row:not([hidden])");
    }
    const shown = rows.filter((row) => !row.hidden).length;
    form.querySelector("[role=status]").textContent = `${shown} of ${rows.length} lines shown`;
  }

  // A link to a row unfolds it; if it is filtered away, all rows are shown again.
  function find() {
    const target = addressed();
    if (!target) return;
    target.querySelector("details")?.setAttribute("open", "");
    if (!target.closest("section[hidden], tr[hidden]")) return;
    form.reset();
    show();
    target.scrollIntoView();
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  window.addEventListener("hashchange", find);
  form.hidden = false;
  show();
  find();
}

// The chips at the equations: a mouse opens the card by being there, all else by a click.
function chip(details) {
  const by = (kind, then) =>
    details.addEventListener(kind, (event) => event.pointerType === "mouse" && then(event));
  by("pointerenter", () => (details.open = true));
  by("pointerleave", () => (details.open = false));
  by("click", (event) => event.target.closest("summary") && event.preventDefault());
  details.addEventListener("keydown", (event) => event.key === "Escape" && (details.open = false));
}

// The first page: a line of a source on trial. The same as in first_trial.py.
function trial(form) {
  const weights = JSON.parse(form.dataset.weights); // row i: what input i sends
  const target = JSON.parse(form.dataset.target);
  const [i, j] = [0, 1];
  const sliders = [...form.querySelectorAll("input")];
  const words = (x, digits) => (Math.abs(x) < 0.0005 ? 0 : x).toFixed(digits).replace("-", "−");
  const output = (w, z, k) => 1 / (1 + Math.exp(-(w[0][k] * z[0] + w[1][k] * z[1])));

  function loss(z, change) {
    const w = weights.map((row) => [...row]);
    w[i][j] += change;
    return target.reduce((sum, t, k) => sum + (output(w, z, k) - t) ** 2 / 2, 0);
  }

  function show() {
    const z = sliders.map((slider) => Number(slider.value));
    sliders.forEach((slider, k) => {
      slider.parentElement.nextElementSibling.value = words(z[k], 1);
    });
    const y = output(weights, z, j);
    const slope = (y - target[j]) * y * (1 - y);
    const measured = (loss(z, 1e-5) - loss(z, -1e-5)) / 2e-5;
    const found = { measured, printed: slope * z[j], corrected: slope * z[i] };
    for (const [kind, value] of Object.entries(found)) {
      const row = form.querySelector(`.trial-row.${kind}`);
      const holds = Math.abs(value - measured) < 1e-6;
      row.querySelector("output").value = words(value, 3);
      if (kind !== "measured") row.dataset.holds = holds ? "✓ holds" : "✗ fails";
    }
  }

  form.addEventListener("input", show);
  show();
}

// The errata: print the part of one document, for its author.
function printPart(button) {
  const parts = document.querySelectorAll(".errata-part");
  const source = `source-${button.dataset.source}`;
  button.hidden = false;
  button.addEventListener("click", () => {
    parts.forEach((part) => part.classList.toggle("printed", part.classList.contains(source)));
    document.body.dataset.print = button.dataset.source;
    window.print();
  });
  window.addEventListener("afterprint", () => delete document.body.dataset.print);
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("form.ledger-filter").forEach(ledger);
  document.querySelectorAll("button.print-part").forEach(printPart);
  document.querySelectorAll("details.chip").forEach(chip);
  document.querySelectorAll("form.trial").forEach(trial);
});

// The contents of the page mark what is read, from the first move on: to find the places of all
// sections lays out the whole page.
function followContents() {
  const target = document.querySelector("nav.page-toc");
  if (target) bootstrap.ScrollSpy.getOrCreateInstance(document.body, { target });
}

addEventListener("load", () => {
  addEventListener("scroll", followContents, { once: true, passive: true });
});

// What does not fit into a narrow window: it scrolls in its box, and says so.
const boxes = {
  ".equation": "Equation",
  ".pst-scrollable-table-container": "Table",
  ".cell_output :is(.output, pre)": "Output",
  "pre:not(.cell_output pre)": "Code",
};

// A shadow at the end behind which there is more.
function edges(box) {
  const [left, width] = [box.scrollLeft, box.scrollWidth - box.clientWidth];
  box.classList.toggle("more-left", width > 1 && left > 1);
  box.classList.toggle("more-right", width > 1 && left < width - 1);
}

// The theme forgets that the keyboard has to reach what scrolls.
function reachable(box, name) {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `${name}, scrolls sideways`);
  } else {
    ["tabindex", "role", "aria-label"].forEach((a) => box.removeAttribute(a));
  }
  edges(box);
}

function watchBoxes() {
  for (const [selector, name] of Object.entries(boxes)) {
    const observer = new ResizeObserver((changes) =>
      changes.forEach((change) => reachable(change.target, name)),
    );
    document.querySelectorAll(selector).forEach((box) => {
      observer.observe(box);
      box.addEventListener("scroll", () => edges(box), { passive: true });
    });
  }
}

// The ledger's cells stand below each other on a phone: a table all the same.
const roles = {
  table: "table",
  "thead, tbody": "rowgroup",
  tr: "row",
  "th[scope=col]": "columnheader",
  "th[scope=row]": "rowheader",
  td: "cell",
};

function keepTables() {
  for (const [selector, role] of Object.entries(roles)) {
    document
      .querySelectorAll(`table.ledger:is(${selector}), table.ledger :is(${selector})`)
      .forEach((each) => each.setAttribute("role", role));
  }
}

window.addEventListener("load", watchBoxes);
document.addEventListener("DOMContentLoaded", keepTables);

// The button for the colours says which are on, and a screen reader hears it when they change.
const colours = { light: "light", dark: "dark", auto: "as the system has them" };

function nameColours() {
  const name = `Colours: ${colours[document.documentElement.dataset.mode]}`;
  for (const button of document.querySelectorAll(".theme-switch-button")) {
    button.setAttribute("aria-label", name);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  nameColours();
  new MutationObserver(nameColours).observe(document.documentElement, {
    attributeFilter: ["data-mode"],
  });
});

// What was visited can be read again without a network: see worker.js.
async function keepOffline() {
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    const tell = (names) => navigator.serviceWorker.controller.postMessage(names);
    const fetched = (list) => tell(list.getEntries().map((each) => each.name));
    tell([location.href.split("#")[0]]);
    new PerformanceObserver(fetched).observe({ type: "resource", buffered: true });
  });
  await navigator.serviceWorker.register(new URL("worker.js", root));
}

if (location.protocol.startsWith("http") && navigator.serviceWorker) {
  window.addEventListener("load", () => keepOffline().catch(() => {})); // a private window forbids it
}
