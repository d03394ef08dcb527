// What was visited can be read again without a network: see worker.js.
async function keepOffline() {
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    const files = performance.getEntriesByType("resource").map((each) => each.name);
    navigator.serviceWorker.controller.postMessage([location.href.split("#")[0], ...files]);
  });
  await navigator.serviceWorker.register(new URL("worker.js", root));
}

if (location.protocol.startsWith("http") && navigator.serviceWorker) {
  window.addEventListener("load", () => keepOffline().catch(() => {})); // a private window forbids it
}
