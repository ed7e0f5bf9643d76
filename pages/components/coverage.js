// The strip under the player: hovering tells the time and the chapter, a click goes there, the cursor walks along.
import { clock, publish, subscribe } from "./bus.js";

class Coverage extends HTMLElement {
  connectedCallback() {
    if (this.strip) return;
    const marks = JSON.parse(this.dataset.marks);
    this.length_s = marks.length_s;
    this.spoken = marks.spoken;
    this.chapters = marks.chapters;
    this.strip = this.querySelector(".strip");
    this.cursor = this.querySelector(".cursor");
    this.ghost = this.querySelector(".ghost");
    this.output = this.querySelector("output");
    this.strip.addEventListener("pointermove", (event) => this.preview(event));
    this.strip.addEventListener("click", (event) => publish("seek", { time_s: this.timeAt(event) }));
    this.querySelector("[data-play-all]")?.addEventListener("click", (event) => this.toggleAll(event.currentTarget));
    subscribe(this, "time", ({ time_s }) => this.point(time_s));
    subscribe(this, "seek", ({ time_s }) => { this.endTour(); this.point(time_s); });
    subscribe(this, "cue", ({ start_s }) => { this.endTour(); this.point(start_s); });
    subscribe(this, "play", ({ start_s, isTour }) => { if (!isTour) this.endTour(); this.point(start_s); });
    subscribe(this, "ended", () => this.continueTour());
  }

  timeAt(event) {
    const box = this.strip.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * this.length_s;
  }

  preview(event) {
    const time_s = this.timeAt(event);
    const place = `${(time_s / this.length_s) * 100}%`;
    const chapter = this.chapters.findLast((each) => each.start_s <= time_s);
    this.ghost.style.left = this.output.style.left = place;
    this.output.textContent = chapter ? `${clock(time_s)} · ${chapter.title}` : clock(time_s);
    const half = this.output.offsetWidth / 2;
    const at = (time_s / this.length_s) * this.strip.clientWidth;
    const inside = Math.min(Math.max(at, half), Math.max(this.strip.clientWidth - half, half));
    this.output.style.left = `${inside}px`;
  }

  point(time_s) {
    this.cursor.hidden = false;
    this.cursor.style.left = `${Math.min(time_s / this.length_s, 1) * 100}%`;
  }

  // "Play the moments": one span of evidence after the other, until it is stopped or something else is played.
  toggleAll(button) {
    if (this.tour) { this.endTour(); publish("stop"); return; }
    this.tour = [...this.spoken];
    this.words = [...button.childNodes];
    button.textContent = "Stop";
    this.continueTour();
  }

  continueTour() {
    const next = this.tour?.shift();
    if (next) publish("play", { start_s: next[0], end_s: next[1], isTour: true });
    else this.endTour();
  }

  endTour() {
    if (!this.tour) return;
    this.tour = null;
    this.querySelector("[data-play-all]").replaceChildren(...this.words);
  }
}

customElements.define("sl-coverage", Coverage);
