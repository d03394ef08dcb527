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
