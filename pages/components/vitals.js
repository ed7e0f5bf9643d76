// How this page felt: measured here, told once, when the page is left or put aside. The server checks every figure.
const page = document.querySelector("meta[name=sightline-page]");
const found = {};
const LOOK_MS = 50;
// The longest wait that the server believes. Who waited longer has waited as long as that.
const LONGEST_MS = 600_000;

function isSampled() {
  return page && document.visibilityState === "visible" && Math.random() < Number(page.dataset.sample);
}

function observe(type, take, options = {}) {
  if (!PerformanceObserver.supportedEntryTypes.includes(type)) return;
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...options });
}

// Layout shifts in windows of at most five seconds, a second apart: the worst window counts.
function observeShifts() {
  let sum = 0, first = 0, last = 0;
  found.cls = 0;
  observe("layout-shift", (shift) => {
    if (shift.hadRecentInput) return;
    const isSame = shift.startTime - last < 1000 && shift.startTime - first < 5000;
    if (!isSame) [sum, first] = [0, shift.startTime];
    [sum, last] = [sum + shift.value, shift.startTime];
    found.cls = Math.max(found.cls, sum);
  });
}

function observeAll() {
  observe("paint", (paint) => { if (paint.name === "first-contentful-paint") found.fcp_ms = paint.startTime; });
  observe("largest-contentful-paint", (paint) => { found.lcp_ms = paint.startTime; });
  observe("first-input", (input) => { found.fid_ms = input.processingStart - input.startTime; });
  observe("event", (input) => {
    if (input.interactionId) found.inp_ms = Math.max(found.inp_ms ?? 0, input.duration);
  }, { durationThreshold: 16 });
  observeShifts();
}

function afterLoad(then) {
  const take = () => setTimeout(() => then(performance.getEntriesByType("navigation")[0]), 0);
  document.readyState === "complete" ? take() : addEventListener("load", take);
}

// Application pages: the socket has shaken hands, and nothing on the page says that it still waits for its content.
function whenReady(then) {
  const changes = new MutationObserver(look);
  const looking = setInterval(look, LOOK_MS);
  function look() {
    if (!window.did_handshake || document.querySelector("[aria-busy=true]")) return;
    changes.disconnect();
    clearInterval(looking);
    then(performance.now());
  }
  changes.observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-busy"] });
}

function tell(event) {
  if ((event.type !== "pagehide" && document.visibilityState !== "hidden") || found.page) return;
  if (found.ready_ms === undefined) found.left_ms = Math.min(performance.now(), LONGEST_MS);
  Object.assign(found, { page: page.content, request: page.dataset.request, who: page.dataset.who });
  navigator.sendBeacon("/api/vitals", JSON.stringify(found));
}

if (isSampled()) {
  observeAll();
  afterLoad((load) => {
    Object.assign(found, { ttfb_ms: load.responseStart, load_ms: load.loadEventEnd });
    if (page.dataset.kind === "document") found.ready_ms = load.loadEventEnd;
  });
  if (page.dataset.kind === "application") whenReady((ms) => { found.ready_ms = ms; });
  addEventListener("visibilitychange", tell);
  addEventListener("pagehide", tell);
}
