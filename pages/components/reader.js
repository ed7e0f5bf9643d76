// The reading page: a line opens its evidence in place and takes player and transcript to the exact span.
import { publish, subscribe } from "./bus.js";
import { isTyping } from "./site.js";

const PEEK_AFTER_MS = 220;

class Reader extends HTMLElement {
  connectedCallback() {
    if (this.claims) return;
    this.claims = [...this.querySelectorAll(".claim")];
    this.peek = this.querySelector(".peek");
    this.keys = this.querySelector(".keys-dialog");
    this.at = -1;
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("pointerover", (event) => this.onHover(event));
    this.addEventListener("focusin", (event) => this.setCurrent(this.claims.indexOf(event.target.closest(".claim"))));
    this.onKey = (event) => this.handleKey(event);
    this.hidePeek = () => this.setPeek(null);
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("scroll", this.hidePeek, { passive: true });
    this.spans = this.claims.map((claim) => [...claim.querySelectorAll(".evidence[data-start]")].map((proof) => [Number(proof.dataset.start), Number(proof.dataset.end)]));
    subscribe(this, "time", ({ time_s, isPlaying }) => this.lightPlaying(isPlaying ? time_s : -1));
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("scroll", this.hidePeek);
  }

  onClick(event) {
    const on = (selector) => event.target.closest(selector);
    if (on(".opener")) this.toggle(on(".claim"));
    else if (on("[data-play]")) this.play(on(".evidence"));
    else if (on("[data-show]")) { this.show(on(".evidence")); this.view("transcript"); }
    else if (on("[data-seek]")) publish("seek", { time_s: Number(on("[data-seek]").dataset.seek) });
    else if (on("[data-keys]")) this.keys.showModal();
    else if (on("[data-tab]")) this.view(on("[data-tab]").dataset.tab);
    else if (event.target === this.keys) this.keys.close();
  }

  // Other lines stay as they are: closing one above would move the text under the reader's eye.
  toggle(claim) {
    this.setPeek(null);
    const isOpening = !claim.classList.contains("open");
    this.set(claim, isOpening);
    this.setCurrent(this.claims.indexOf(claim));
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

  setCurrent(at) {
    if (at < 0) return;
    this.claims[this.at]?.classList.remove("current");
    this.at = at;
    this.claims[at].classList.add("current");
  }

  lightPlaying(time_s) {
    this.spans.forEach((spans, at) => {
      this.claims[at].classList.toggle("playing", spans.some(([start, end]) => time_s >= start && time_s < end));
    });
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
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || this.keys.open) return;
    const actions = {
      j: () => this.move(1),
      k: () => this.move(-1),
      p: () => this.play(this.claims[this.at]?.querySelector(".evidence")),
      f: () => publish("follow"),
      "?": () => this.keys.showModal(),
      Escape: () => { this.setPeek(null); for (const open of this.querySelectorAll(".claim.open")) this.set(open, false); },
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  move(by) {
    if (!this.claims.length) return;
    const at = this.at < 0 ? 0 : Math.min(Math.max(this.at + by, 0), this.claims.length - 1);
    this.setCurrent(at);
    this.claims[at].querySelector(".opener").focus({ preventScroll: true });
    this.claims[at].scrollIntoView({ block: "nearest", behavior: "instant" });
  }
}

customElements.define("sl-reader", Reader);
