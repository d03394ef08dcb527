// Search by section, in sections.js. Both files are loaded when a field is first used.
(() => {
  const GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho " +
    "sigma sigma tau upsilon phi chi psi omega"
  ).split(" ");
  const WORD = /[\p{L}\p{N}]+(?:[-._'’][\p{L}\p{N}]+)*/gu;
  const SHOWN = 20;
  const LENGTH = 200; // of an excerpt, in characters

  // The words of a text: Greek letters by name; "zheng-2.1b" as a whole and in its parts, or
  // as a whole only where that is known.
  function words(text, known) {
    const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    const named = plain.replace(/[α-ω]/g, (letter) => ` ${GREEK[letter.charCodeAt() - 945]} `);
    return (named.match(WORD) ?? []).flatMap((word) => {
      const parts = word.split(/[-._'’]/);
      return parts.length > 1 && !known?.has(word) ? [word, ...parts] : [word];
    });
  }

  const count = (list) => list.reduce((map, w) => map.set(w, (map.get(w) ?? 0) + 1), new Map());
  const sections = [];
  for (const [address, weight, found] of bookSections) {
    for (const [anchor, title, text] of found) {
      const path = anchor ? [found[0][1], title] : [title];
      const link = root + address + (anchor && `#${anchor}`);
      const own = words(title);
      const all = count([...own, ...words(text)]);
      const length = [...all.values()].reduce((sum, n) => sum + n, 0);
      const above = new Set(anchor ? words(found[0][1]) : []);
      const counts = anchor ? weight : 1.2 * weight; // a chapter a little more
      sections.push({ link, path, text, own, all, length, above, weight: counts });
    }
  }
  const usual = sections.reduce((sum, each) => sum + each.length, 0) / sections.length;
  const vocabulary = new Set(sections.flatMap((each) => [...each.all.keys()]));

  // Whether one letter more, less or other, or two exchanged, make one word of the other.
  function near(a, b) {
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    const [x, y] = [a.slice(i), b.slice(i)];
    const swapped = x.length > 1 && x[1] + x[0] + x.slice(2) === y;
    return x.slice(1) === y.slice(1) || x.slice(1) === y || x === y.slice(1) || swapped;
  }

  // The words of the book that are meant by a word of the reader, with weights.
  function meant(word) {
    const found = new Map();
    for (const each of vocabulary) {
      if (each === word) found.set(each, 1);
      else if (each.startsWith(word)) found.set(each, word.length / each.length / 2);
    }
    if (!found.size && word.length > 3) {
      for (const each of vocabulary) if (near(word, each)) found.set(each, 0.4);
    }
    return found;
  }

  // Articles do not count where a title begins.
  const start = (title) => title[["a", "an", "the"].includes(title[0]) ? 1 : 0];

  // How well a section answers to one word: BM25 of its text, and more for the titles.
  function score(section, found) {
    let [often, own, above] = [0, 0, 0];
    for (const [word, weight] of found.meant) {
      often += weight * (section.all.get(word) ?? 0);
      const begins = start(section.own) === word ? 1.5 : 1;
      if (section.own.includes(word)) own = Math.max(own, begins * weight);
      if (section.above.has(word)) above = Math.max(above, weight);
    }
    const text = (2.2 * often) / (often + 0.3 + (0.9 * section.length) / usual);
    return found.rarity * (text + own * (3 + 3 / section.own.length) + above);
  }

  // The sections for a question, best first, and all words that are to be marked.
  function search(question) {
    const asked = [...new Set(words(question, vocabulary))].map((word) => ({ meant: meant(word) }));
    for (const each of asked) {
      const meant = [...each.meant.keys()];
      const has = sections.filter((section) => meant.some((word) => section.all.has(word))).length;
      each.rarity = Math.log(1 + (sections.length - has + 0.5) / (has + 0.5));
    }
    const title = words(question).join(" ");
    const results = sections.map((section) => {
      const scores = asked.map((each) => score(section, each));
      const hits = scores.filter((each) => each > 0).length;
      const sum = scores.reduce((total, each) => total + each, 0) * section.weight;
      const points = sum * (hits / asked.length) ** 3; // all words, if possible
      return { section, points: section.own.join(" ") === title ? 1.4 * points : points };
    });
    const best = results.filter((each) => each.points > 0).sort((a, b) => b.points - a.points);
    const marked = new Set(asked.flatMap((each) => [...each.meant.keys()]));
    return { results: best.map((each) => each.section), marked };
  }

  // A text as nodes, the words that were found marked.
  function mark(text, marked) {
    const nodes = [];
    let end = 0;
    for (const { 0: word, index } of text.matchAll(WORD)) {
      if (!words(word).some((each) => marked.has(each))) continue;
      const hit = document.createElement("mark");
      hit.textContent = word;
      nodes.push(text.slice(end, index), hit);
      end = index + word.length;
    }
    return [...nodes, text.slice(end)];
  }

  // The piece of a text with most of what was found.
  function excerpt(text, marked) {
    const hits = [...text.matchAll(WORD)].flatMap(({ 0: word, index }) =>
      words(word).filter((each) => marked.has(each)).map((each) => ({ index, each })),
    );
    const kinds = ({ index }) => {
      const near = hits.filter((h) => h.index >= index && h.index < index + LENGTH - 60);
      return new Set(near.map((h) => h.each)).size;
    };
    const best = hits.reduce((a, b) => (kinds(b) > kinds(a) ? b : a), hits[0] ?? { index: 0 });
    const start = best.index < 60 ? 0 : text.indexOf(" ", best.index - 50) + 1;
    const whole = text.length - start <= LENGTH;
    const end = whole ? text.length : text.lastIndexOf(" ", start + LENGTH);
    return (start ? "… " : "") + text.slice(start, end) + (whole ? "" : " …");
  }

  function item(section, marked) {
    const [item, link, words] = ["li", "a", "p"].map((tag) => document.createElement(tag));
    link.href = section.link;
    link.append(...mark(section.path.join(" › "), marked));
    words.append(...mark(excerpt(section.text, marked), marked));
    item.append(link, words);
    return item;
  }

  // Bring a field to life: in the dialog, and on the page of all results.
  function attach(form) {
    const field = form.elements.q;
    const box = document.getElementById("search-results");
    const results = form.closest("dialog") || !box ? document.createElement("div") : box;
    if (results !== box) form.after(results);
    results.className = "found-sections";
    results.innerHTML = '<p role="status"></p><ol></ol>';
    const [status, list] = results.children;

    function show() {
      const { results, marked } = search(field.value);
      list.replaceChildren(...results.slice(0, SHOWN).map((each) => item(each, marked)));
      const number = results.length;
      const found = number === 1 ? "1 place found" : `${number || "No"} places found`;
      const more = number > SHOWN ? `, the best ${SHOWN} are shown` : "";
      status.textContent = field.value.trim() ? found + more : "";
    }

    // The arrow keys go from the field to the results and back.
    form.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const stops = [field, ...list.querySelectorAll("a")];
      const next = stops[stops.indexOf(document.activeElement) + step];
      if (!step || !next || !stops.includes(document.activeElement)) return;
      event.preventDefault();
      next.focus();
    });
    field.addEventListener("input", show);
    if (results === box) {
      field.value ||= new URLSearchParams(location.search).get("q") ?? "";
      field.focus();
    }
    show();
  }

  document.querySelectorAll("form.bd-search").forEach(attach);
})();
