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
