// Drawings have the colours of both themes (drawings.py): what stands behind
// their address says which. Paper is light.
{
  const page = document.documentElement;
  const paper = matchMedia("print");

  function colour() {
    const part = page.dataset.theme === "dark" && !paper.matches ? "#dark" : "";
    for (const picture of document.querySelectorAll(".cell_output img")) {
      const source = picture.getAttribute("src");
      const wanted = source.replace("#dark", "") + part;
      if (/\.svg(#|$)/.test(source) && source !== wanted) picture.src = wanted;
    }
  }

  // A theme is chosen, pictures come, or a slider shows another one.
  const watched = { subtree: true, childList: true, attributeFilter: ["data-theme", "src"] };
  new MutationObserver(colour).observe(document, watched);
  paper.addEventListener("change", colour);
}
