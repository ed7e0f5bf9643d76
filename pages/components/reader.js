// The reading page: a line opens its evidence in place and takes player and transcript to the exact span.
import { publish, subscribe } from "./bus.js";
import { isTyping } from "./site.js";
import { TabBar } from "./tabs.js";

const PEEK_AFTER_MS = 220;

class Reader extends HTMLElement {
  connectedCallback() {
    if (this.peek) return;
    this.peek = this.querySelector(".peek");
    this.keys = this.querySelector(".keys-dialog");
    this.tabs = new TabBar(this);
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("pointerover", (event) => this.onHover(event));
    this.addEventListener("focusin", (event) => this.setCurrent(event.target.closest(".claim")));
    this.onKey = (event) => this.handleKey(event);
    this.hidePeek = () => this.setPeek(null);
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("scroll", this.hidePeek, { passive: true });
    subscribe(this, "time", ({ time_s, isPlaying }) => this.lightPlaying(isPlaying ? time_s : -1));
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("scroll", this.hidePeek);
  }

  // Lines may be added while a summary is being written; those on another tab or a card's back are not there to read.
  get claims() {
    return [...this.querySelectorAll(".claim")].filter((claim) => claim.checkVisibility() && !claim.closest("[inert]"));
  }

  onClick(event) {
    const on = (selector) => event.target.closest(selector);
    if (on(".opener")) this.toggle(on(".claim"));
    else if (on("[data-play]")) this.play(on(".evidence"));
    else if (on("[data-show]")) { this.show(on(".evidence")); this.view("transcript"); }
    else if (on("[data-seek]")) publish("seek", { time_s: Number(on("[data-seek]").dataset.seek) });
    else if (on("[data-flip]")) this.flip(on(".flashcard"));
    else if (on("[data-full-text]")) this.readAll();
    else if (on("[data-keys]")) this.keys.showModal();
    else if (on("[data-tab]")) this.view(on("[data-tab]").dataset.tab);
    else if (this.keys && event.target === this.keys) this.keys.close();
  }

  // Other lines stay as they are: closing one above would move the text under the reader's eye.
  toggle(claim) {
    this.setPeek(null);
    const isOpening = !claim.classList.contains("open");
    this.set(claim, isOpening);
    this.setCurrent(claim);
    const proof = claim.querySelector(".evidence");
    if (isOpening && proof) { this.show(proof); this.cue(proof); }
  }

  set(claim, isOpen) {
    claim.classList.toggle("open", isOpen);
    claim.querySelector(".opener").setAttribute("aria-expanded", String(isOpen));
    for (const proof of claim.querySelectorAll(".evidence")) proof.hidden = !isOpen;
  }

  show(proof) {
    const [first, last] = proof.dataset.segments.split("-").map(Number);
    publish("show", { first, last, quote: proof.querySelector("q").textContent });
  }

  cue(proof) {
    if (proof.dataset.start) publish("cue", { start_s: Number(proof.dataset.start), end_s: Number(proof.dataset.end) });
  }

  play(proof) {
    if (!proof?.dataset.start || this.hasAttribute("data-no-video")) return;
    this.show(proof);
    publish("play", { start_s: Number(proof.dataset.start), end_s: Number(proof.dataset.end) });
  }

  /** On a phone text and transcript share the place; on a desk both are there and nothing changes. */
  view(name) {
    this.dataset.view = name;
    for (const tab of this.querySelectorAll("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
  }

  /** The face that is turned away can neither be clicked nor focused. */
  flip(card) {
    const [front, back] = [card.querySelector(".front"), card.querySelector(".back")];
    const isBack = card.classList.toggle("flipped");
    this.setPeek(null);
    front.inert = isBack;
    back.inert = !isBack;
    (isBack ? back.querySelector(".opener") : front).focus({ preventScroll: true });
  }

  readAll() {
    this.view("transcript");
    const lines = this.querySelector("sl-transcript .lines");
    lines?.scrollIntoView({ block: "nearest" });
    lines?.focus({ preventScroll: true });
  }

  setCurrent(claim) {
    if (!claim) return;
    this.current?.classList.remove("current");
    this.current = claim;
    claim.classList.add("current");
  }

  lightPlaying(time_s) {
    for (const claim of this.querySelectorAll(".claim")) {
      const proofs = [...claim.querySelectorAll(".evidence[data-start]")];
      claim.classList.toggle("playing", proofs.some(({ dataset }) => time_s >= Number(dataset.start) && time_s < Number(dataset.end)));
    }
  }

  onHover(event) {
    if (event.pointerType !== "mouse") return;
    const claim = event.target.closest(".claim:not(.open)");
    if (claim === this.hovered) return;
    this.setPeek(null);
    this.hovered = claim;
    if (claim?.querySelector(".evidence")) this.timer = setTimeout(() => this.setPeek(claim), PEEK_AFTER_MS);
  }

  setPeek(claim) {
    clearTimeout(this.timer);
    this.peek.classList.toggle("shown", claim !== null);
    if (!claim) { this.hovered = null; return; }
    const proof = claim.querySelector(".evidence");
    const head = document.createElement("b");
    head.textContent = proof.querySelector("[data-play]")?.textContent.trim() ?? claim.querySelector(".place")?.textContent ?? "";
    const quote = document.createElement("q");
    quote.textContent = proof.querySelector("q").textContent;
    this.peek.replaceChildren(head, quote);
    const words = claim.querySelector("p").getBoundingClientRect();
    const height = this.peek.offsetHeight;
    const isAbove = words.bottom + height + 16 > innerHeight;
    this.peek.style.left = `${Math.min(words.left, innerWidth - this.peek.offsetWidth - 16)}px`;
    this.peek.style.top = `${isAbove ? words.top - height - 8 : words.bottom + 8}px`;
  }

  handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || this.keys?.open) return;
    if (/^[1-9]$/.test(event.key)) { this.tabs.choose(Number(event.key) - 1); return; }
    const actions = {
      j: () => this.move(1),
      k: () => this.move(-1),
      p: () => this.play(this.current?.querySelector(".evidence")),
      f: () => publish("follow"),
      "?": () => this.keys?.showModal(),
      Escape: () => { this.setPeek(null); for (const open of this.querySelectorAll(".claim.open")) this.set(open, false); },
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  move(by) {
    const claims = this.claims;
    if (!claims.length) return;
    const now = claims.indexOf(this.current);
    const at = now < 0 ? 0 : Math.min(Math.max(now + by, 0), claims.length - 1);
    this.setCurrent(claims[at]);
    claims[at].querySelector(".opener").focus({ preventScroll: true });
    claims[at].scrollIntoView({ block: "nearest", behavior: "instant" });
  }
}

customElements.define("sl-reader", Reader);
