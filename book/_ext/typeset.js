// What typeset.py asks of MathJax, which has been loaded into the same engine.
const { mathjax } = MathJax._.mathjax;
const { TeX } = MathJax._.input.tex_ts;
const { SVG } = MathJax._.output.svg_ts;
const { TeXFont } = MathJax._.output.svg.fonts.tex_ts;
const tree = MathJax._.adaptors.liteAdaptor.liteAdaptor();
const font = new TeXFont();
let page;

// Begin anew, with macros as they stand in MathJax's own configuration.
function begin(macros) {
  const packages = ["base", "ams", "boldsymbol", "cancel", "color", "configmacros", "html"];
  const formatError = (tex, error) => {
    throw error;
  };
  const input = new TeX({ packages: packages.concat("newcommand"), macros, formatError });
  const output = new SVG({ fontCache: "none", font });
  page = mathjax.document("", { InputJax: input, OutputJax: output });
  return mathjax.version;
}

// Return a formula as SVG with MathML beside it, or what is wrong with it.
function convert(tex, display) {
  try {
    return [tree.outerHTML(page.convert(tex, { display })), ""];
  } catch (error) {
    return ["", error.message];
  }
}

// Return every outline of the font with its width, and with the room after it that its slant needs.
function outlines() {
  const found = {};
  for (const variant of Object.values(font.variant)) {
    for (const code in variant.chars) {
      const [, , width, { p: outline, ic = 0 } = {}] = variant.chars[code];
      if (outline) found[`M${outline}Z`] = Math.round(1000 * (width + ic));
    }
  }
  return found;
}

const { RegisterHTMLHandler } = MathJax._.handlers.html_ts;
MathJax._.a11y["assistive-mml"].AssistiveMmlHandler(RegisterHTMLHandler(tree));
