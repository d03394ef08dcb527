// Sliders: show one at a time the frames that nnlab.explore drew beforehand. Under each track stand
// its ends and three buttons: back, play, on. What is seen is said when the slider has come to rest.
function explore(figure) {
  const picture = figure.querySelector("img");
  const frames = JSON.parse(figure.querySelector("script").textContent);
  const sliders = [...figure.querySelectorAll("input")];
  const said = create("p", { className: "visually-hidden", ariaLive: "polite" });
  const values = (slider) => slider.dataset.values.split(" ");
  const number = (text) => Number(text.replace("−", "-"));
  const at = (slider) => Math.round(slider.value); // it stands between two where Python is awake
  let saying, playing;

  function create(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function show() {
    let frame = 0; // the last slider runs fastest
    for (const slider of sliders) {
      const text = values(slider)[at(slider)];
      frame = frame * values(slider).length + at(slider);
      slider.setAttribute("aria-valuetext", text);
      slider.parentElement.nextElementSibling.value = text;
    }
    [picture.src, picture.alt] = frames[frame];
  }

  // Write the position into the address: #alpha=0.9 or #alpha=0.9&gamma=1.
  function remember() {
    const here = sliders.map((s) => `${s.name}=${number(values(s)[at(s)])}`);
    history.replaceState(null, "", "#" + here.join("&"));
  }

  // Say what is seen, once nothing moves any more.
  function say() {
    clearTimeout(saying);
    if (!playing) saying = setTimeout(() => (said.textContent = picture.alt), 700);
  }

  // Go to the values nearest to those in the address; what is asked above is in view as well.
  function restore() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const named = sliders.filter((slider) => wanted.has(slider.name));
    for (const slider of named) {
      const goal = Number(wanted.get(slider.name));
      const distances = values(slider).map((text) => Math.abs(number(text) - goal));
      slider.value = distances.indexOf(Math.min(...distances));
    }
    show();
    if (!named.length) return;
    let asked = figure.closest(".cell");
    while (asked?.matches(".cell")) asked = asked.previousElementSibling;
    const height = figure.getBoundingClientRect().bottom - asked?.getBoundingClientRect().top;
    const fits = asked?.matches(".admonition") && height < innerHeight - 60; // the page's header
    (fits ? asked : figure).scrollIntoView();
  }

  function call(button, text) {
    button.textContent = text;
    button.setAttribute("aria-label", `${text} ${button.value}`);
  }

  function pause() {
    clearInterval(playing?.timer);
    if (playing) call(playing.button, "Play");
    playing = null;
    say();
  }

  function go(slider, by) {
    slider.value = at(slider) + by;
    show();
    say();
  }

  function play(slider, button) {
    if (slider.value === slider.max) slider.value = 0;
    const pace = Math.min(900, Math.max(200, 8000 / slider.max));
    const next = () => {
      go(slider, 1);
      if (slider.value === slider.max) stop();
    };
    clearTimeout(saying);
    call(button, "Pause");
    playing = { button, timer: setInterval(next, pace) };
    show();
  }

  function stop() {
    pause();
    remember();
  }

  // The row under a track. Its room is kept in book.css.
  function row(slider) {
    const name = slider.parentElement.textContent.trim();
    const button = (act, properties) =>
      create("button", { type: "button", value: name, onclick: act, ...properties });
    const step = (text, by, what) => {
      const act = () => {
        pause();
        go(slider, by);
        remember();
      };
      return button(act, { textContent: text, ariaLabel: `${name}, ${what}` });
    };
    const start = ({ target }) => {
      const same = playing?.button === target;
      stop();
      if (!same) play(slider, target);
    };
    const player = button(start, { className: "explore-play" });
    call(player, "Play");
    const [first, last] = [values(slider)[0], values(slider).at(-1)];
    const steps = create(
      "div",
      { className: "explore-steps" },
      create("span", { textContent: first }),
      step("‹", -1, "one step back"),
      player,
      step("›", 1, "one step on"),
      create("span", { textContent: last }),
    );
    steps.style.setProperty("--steps", slider.max);
    slider.parentElement.nextElementSibling.after(steps);
  }

  // The frames are fetched when the page can be read and the figure is near. To draw them all
  // takes a phone seconds: that waits until somebody reaches for the figure.
  const near = new IntersectionObserver(
    async ([change]) => {
      if (!change.isIntersecting) return;
      near.disconnect();
      if (location.protocol === "file:") return; // they are there, and may not be fetched
      for (const [number, [source]] of frames.entries()) {
        if (number % 4 === 3) await new Promise((then) => setTimeout(then)); // others may go first
        fetch(source, { priority: "low" })
          .then((file) => file.blob())
          .catch(() => {}); // it is tried again when it is shown
      }
    },
    { rootMargin: "100%" },
  );
  const painted = () => setTimeout(() => near.observe(figure));
  window.addEventListener("load", () => requestAnimationFrame(painted));

  function draw() {
    figure.kept ??= frames.map(([source]) => Object.assign(new Image(), { src: source }));
  }
  figure.addEventListener("pointerover", draw);
  figure.addEventListener("focusin", draw);

  sliders.forEach(row);
  figure.append(said);
  figure.addEventListener("input", () => {
    pause();
    show();
  });
  figure.addEventListener("change", remember);
  window.addEventListener("hashchange", restore);
  figure.querySelector(".explore-sliders").hidden = false;
  restore();
}

// The page has been read; the deferred scripts come after this.
document.addEventListener("readystatechange", () => {
  if (document.readyState !== "interactive") return;
  document.querySelectorAll("figure.explore").forEach(explore);
});

// Drawings have the colours of both themes (drawings.py): what stands behind
// their address says which. Paper is light.
{
  const page = document.documentElement;
  const paper = matchMedia("print");

  let last = ""; // as they come
  function colour() {
    const part = page.dataset.theme === "dark" && !paper.matches ? "#dark" : "";
    if (!part && !last) return;
    last = part;
    for (const picture of document.querySelectorAll(".cell_output img")) {
      const source = picture.getAttribute("src");
      const wanted = source.replace("#dark", "") + part;
      if (/\.svg(#|$)|^data:image\/svg/.test(source) && source !== wanted) picture.src = wanted;
    }
  }

  // A theme is chosen, pictures come, or a slider shows another one.
  const watched = { subtree: true, childList: true, attributeFilter: ["data-theme", "src"] };
  new MutationObserver(colour).observe(document, watched);
  paper.addEventListener("change", colour);
}
