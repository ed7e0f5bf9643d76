// Finding words in the transcript: the list is virtual, so the browser's own search would miss most of it.
import { findAll } from "./passages.js";

export class Finder {
  constructor(host, passages, list) {
    Object.assign(this, { host, passages, list });
    this.panel = host.querySelector(".finder");
    this.input = this.panel.querySelector("input");
    this.output = this.panel.querySelector("output");
    this.opener = host.querySelector("[data-find]");
    this.hits = [];
    this.at = -1;
    this.opener.addEventListener("click", () => this.toggle(this.panel.hidden));
    this.panel.querySelector("[data-close]").addEventListener("click", () => this.toggle(false));
    this.panel.querySelector("[data-next]").addEventListener("click", () => this.step(1));
    this.panel.querySelector("[data-previous]").addEventListener("click", () => this.step(-1));
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** Marks of one passage, the present find apart from the others. */
  marksOf(passage) {
    return (this.byPassage?.get(passage) ?? []).map((hit) => ({ ...hit, kind: hit === this.hits[this.at] ? "found here" : "found" }));
  }

  toggle(isOpen) {
    this.panel.hidden = !isOpen;
    this.opener.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) { this.input.focus(); this.input.select(); this.search(); } else { this.set([]); this.opener.focus(); }
  }

  search() {
    this.set(findAll(this.passages, this.input.value));
    const from = this.list.anchor().at;
    this.at = Math.max(this.hits.findIndex((hit) => hit.passage >= from), this.hits.length ? 0 : -1);
    this.go();
  }

  set(hits) {
    const before = new Set(this.byPassage?.keys() ?? []);
    this.hits = hits;
    this.at = -1;
    this.byPassage = new Map();
    for (const hit of hits) this.byPassage.set(hit.passage, [...(this.byPassage.get(hit.passage) ?? []), hit]);
    for (const passage of [...this.list.drawn.keys()]) {
      if (before.has(passage) || this.byPassage.has(passage)) this.list.redraw(passage);
    }
  }

  step(by) {
    if (!this.hits.length) return;
    const old = this.hits[this.at]?.passage;
    this.at = (this.at + by + this.hits.length) % this.hits.length;
    if (old !== undefined) this.list.redraw(old);
    this.go();
  }

  go() {
    const hit = this.hits[this.at];
    this.output.textContent = hit ? `${this.at + 1} of ${this.hits.length.toLocaleString("en-GB")}` : this.input.value.trim() ? "Not said" : "";
    if (!hit) return;
    this.list.redraw(hit.passage);
    if (!this.list.isInView(hit.passage)) this.list.reveal(hit.passage);
  }

  onKey(event) {
    if (event.key === "Enter") { event.preventDefault(); this.step(event.shiftKey ? -1 : 1); }
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.toggle(false); }
  }
}
