// What every operators' page can do: links and keys change its state in place, the address keeps it, wall mode, live age.
import { isTyping } from "./site.js";

const KEPT_BETWEEN_PANELS = ["range", "from", "to", "tz", "compare", "wall"];
const root = document.documentElement;

function showWall() { root.classList.toggle("wall", new URLSearchParams(location.search).get("wall") === "1"); }
showWall();

// Vue listens on the element once it is there; before that the page is loaded with the new address instead.
let told = location.search;
let toldAt = 0;
function tell() {
  told = location.search;
  toldAt = performance.now();
  showWall();
  const page = document.querySelector("[data-address]");
  if (!page || !window.did_handshake) { location.reload(); return; }
  page.dispatchEvent(new CustomEvent("address", { detail: location.search }));
}

function follow(url) {
  if (url.search === location.search) return;
  const isStory = url.searchParams.has("request") && url.searchParams.get("request") !== new URLSearchParams(location.search).get("request");
  history.pushState({}, "", url);
  tell();
  if (isStory && innerWidth < 1024) showStory(30);
}

// A link says how the page looks after it, as drawn for the address then. Where the address has changed since, only what
// the link changes is changed, and what switches to and fro goes back where it was pressed already.
function broughtUp(url, link) {
  const drawnFor = document.querySelector("[data-address]")?.dataset.address ?? location.search;
  if (drawnFor === location.search) return url;
  const drawn = new URLSearchParams(drawnFor);
  const now = new URL(location);
  for (const name of new Set([...drawn.keys(), ...url.searchParams.keys()])) {
    const [before, after] = [drawn.get(name), url.searchParams.get(name)];
    if (before === after) continue;
    const isBack = link.matches("[data-key=c], [data-key=u], [data-key=w]") && now.searchParams.get(name) === after;
    const value = isBack ? before : after;
    if (value === null) now.searchParams.delete(name);
    else now.searchParams.set(name, value);
  }
  return now;
}

// Where the story stands beneath the list, choosing a request leads down to it.
function showStory(triesLeft) {
  const story = document.querySelector(".stories")?.closest(".part");
  if (story && story.getAttribute("aria-busy") !== "true") story.scrollIntoView({ block: "start" });
  else if (triesLeft) setTimeout(showStory, 100, triesLeft - 1);
}
// A jump within the page changes the history too, but nothing that is looked at.
addEventListener("popstate", () => { if (location.search !== told) tell(); });

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/ops']");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || link.target) return;
  const url = new URL(link.href);
  if ("zone" in link.dataset) url.searchParams.set("tz", Intl.DateTimeFormat().resolvedOptions().timeZone || "utc");
  if ("carry" in link.dataset) {
    const now = new URLSearchParams(location.search);
    for (const name of KEPT_BETWEEN_PANELS) if (now.has(name)) url.searchParams.set(name, now.get(name));
  }
  if (url.pathname === location.pathname) { event.preventDefault(); follow(broughtUp(url, link)); closeMenus(); }
  else if (url.href !== link.href) { event.preventDefault(); location.assign(url); }
});

// Before site.js hears of it: nothing is sent that could be under way.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-range]")) return;
  event.preventDefault();
  event.stopPropagation();
  const [from, to] = event.target.querySelectorAll("input");
  to.setCustomValidity(to.value > from.value ? "" : "Choose an end after the start.");
  if (!to.reportValidity()) return;
  const url = new URL(location);
  url.searchParams.delete("range");
  for (const input of [from, to]) url.searchParams.set(input.name, input.value);
  closeMenus();
  follow(url);
}, true);
document.addEventListener("input", (event) => {
  for (const input of event.target.closest?.("form[data-range]")?.querySelectorAll("input") ?? []) input.setCustomValidity("");
});

document.addEventListener("click", async (event) => {
  const copy = event.target.closest?.("[data-copy]");
  if (copy) {
    const words = copy.textContent;
    try { await navigator.clipboard.writeText(location.href); copy.textContent = copy.dataset.copy; }
    catch { prompt("The link to this page:", location.href); }
    setTimeout(() => { copy.textContent = words; }, 1500);
  }
  const menu = event.target.closest?.("[data-menu]");
  if (menu) setMenu(menu, menu.getAttribute("aria-expanded") !== "true");
  for (const open of document.querySelectorAll("details.custom[open]")) if (!open.contains(event.target)) open.open = false;
});

function setMenu(button, isOpen) {
  button.setAttribute("aria-expanded", String(isOpen));
  button.closest(".rail").classList.toggle("open", isOpen);
}
function closeMenus() {
  for (const button of document.querySelectorAll("[data-menu][aria-expanded=true]")) setMenu(button, false);
  for (const open of document.querySelectorAll("details.custom[open]")) open.open = false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const custom = event.key === "Escape" && event.target.closest?.("details.custom[open]");
  if (custom) { custom.open = false; custom.querySelector("summary").focus(); return; }
  if (isTyping(event.target)) return;
  if (event.key === "Escape") {
    closeMenus();
    if (root.classList.contains("wall")) document.querySelector("[data-key=w]")?.click();
    return;
  }
  if (event.key === "?") { document.getElementById("keys")?.showModal(); return; }
  if (document.querySelector("dialog[open]") || event.repeat) return;
  const key = event.key.toLowerCase();
  if (/^[1-6cuw]$/.test(key)) document.querySelector(`[data-key="${key}"]`)?.click();
});

function age(seconds) {
  if (seconds < 1) return "now";
  return seconds < 90 ? `${Math.round(seconds)} s ago` : `${Math.round(seconds / 60)} min ago`;
}
// What could not be followed while the database was away is told again once it is back.
setInterval(() => {
  const page = document.querySelector("[data-address]");
  const isBehind = page && window.did_handshake && page.dataset.address !== location.search;
  if (isBehind && performance.now() - toldAt > 5000 && !document.querySelector(".live.bad")) tell();
}, 1000);

// Ages are counted from when the page heard of them: the browser's clock may be wrong.
setInterval(() => {
  for (const live of document.querySelectorAll("[data-live]")) {
    if (live.heardOf !== live.dataset.live) { live.heardOf = live.dataset.live; live.heardAt = performance.now(); }
    live.textContent = ` · ${age((performance.now() - live.heardAt) / 1000)}`;
  }
}, 1000);

// Whoever stands on a link or button that is drawn anew goes on from the one that took its place.
let stoodOn = null;
function nameOf(element) { return element.dataset.key ?? element.getAttribute("aria-label") ?? element.getAttribute("href") ?? element.textContent; }
addEventListener("focusin", (event) => { stoodOn = event.target.closest("#main :is(a, button, summary)"); });
addEventListener("pointerdown", () => { stoodOn = null; });
new MutationObserver(() => {
  if (!stoodOn || stoodOn.isConnected || document.activeElement !== document.body) return;
  const same = [...document.querySelectorAll(`#main ${stoodOn.localName}`)].find((each) => nameOf(each) === nameOf(stoodOn));
  same?.focus({ preventScroll: true });
}).observe(document.body, { childList: true, subtree: true });

// What an address points at may come later than the page.
function findTarget(triesLeft) {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.matches(".term")) { target.scrollIntoView(); target.classList.add("found"); }
  else if (location.hash && triesLeft) setTimeout(findTarget, 100, triesLeft - 1);
}
findTarget(100);

// Heat maps: what a cell counts is told beside the pointer.
const heats = new WeakMap();
document.addEventListener("pointermove", (event) => {
  const cells = event.target.closest?.("[data-heat]");
  if (!cells) { for (const tip of document.querySelectorAll(".heat .tip")) tip.hidden = true; return; }
  if (!heats.has(cells) || heats.get(cells).text !== cells.dataset.heat) heats.set(cells, { text: cells.dataset.heat, ...JSON.parse(cells.dataset.heat) });
  const { times, bands, counts } = heats.get(cells);
  const frame = cells.getBoundingClientRect();
  const across = (event.clientX - frame.left) / frame.width;
  const column = Math.min(times.length - 1, Math.max(0, Math.floor(across * times.length)));
  const row = Math.min(bands.length - 1, Math.max(0, Math.floor((event.clientY - frame.top) / frame.height * bands.length)));
  const tip = cells.parentElement.querySelector(".tip");
  const time = document.createElement("b");
  const count = document.createElement("span");
  time.textContent = times[column];
  count.textContent = `${bands[row]}: ${(counts[row][column] ?? 0).toLocaleString("en")}`;
  tip.replaceChildren(time, count);
  tip.hidden = false;
  tip.classList.toggle("flipped", across > 0.55);
  tip.style.left = `${event.clientX - frame.left + cells.offsetLeft}px`;
});
