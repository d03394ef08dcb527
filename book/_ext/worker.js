// The service worker: what was visited can be read again without a network.
// With one, everything comes from there, so that nobody stays with an old book.
const version = ""; // of the build; filled in by offline.py
const prefix = `book ${registration.scope} `; // other books may share the host
const name = prefix + version;

// Left alone: the live Python keeps its own files, and whole books are large.
const others = /\/_static\/python\/|\.(pdf|epub|ipynb)$/;

const missing = `<!DOCTYPE html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>No network</title>
<h1>There is no network</h1><p>This page has not been opened in this browser since the book was
last changed. Those that have been can be read: <a href="javascript:history.back()">go back</a>.`;

async function answer(request) {
  const cache = await caches.open(name);
  try {
    const found = await fetch(request);
    if (found.ok) await cache.put(request, found.clone());
    return found;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    if (request.mode !== "navigate") throw error;
    const headers = { "Content-Type": "text/html; charset=utf-8" };
    return new Response(missing, { status: 503, headers });
  }
}

addEventListener("fetch", (event) => {
  const { method, url, headers } = event.request;
  const ours = url.startsWith(registration.scope) && !others.test(new URL(url).pathname);
  if (ours && method === "GET" && !headers.has("Range")) event.respondWith(answer(event.request));
});

// The first page came before this worker: it tells what it consists of.
addEventListener("message", (event) => {
  const ours = event.data.filter((url) => url.startsWith(registration.scope));
  const fetched = ours.map(async (url) => {
    if (!others.test(url) && !(await caches.match(url, { cacheName: name }))) {
      await answer(new Request(url));
    }
  });
  event.waitUntil(Promise.allSettled(fetched));
});

// First all pages come to this worker: the old one must not begin its cache anew.
async function takeOver() {
  await clients.claim();
  const old = (await caches.keys()).filter((key) => key.startsWith(prefix) && key !== name);
  await Promise.all(old.map((key) => caches.delete(key)));
}

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(takeOver()));
