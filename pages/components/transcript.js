// The transcript beside the summary: fetched once, drawn where it is seen, in step with player and evidence.
import { clock, publish, subscribe } from "./bus.js";
import { cut, joinPassages, locateQuote, passageOf, rowAt } from "./passages.js";
import { Finder } from "./finder.js";
import { VirtualList } from "./virtual_list.js";

const LINE_PX = 19.6;
const CHAR_PX = 6.7;

class Transcript extends HTMLElement {
  connectedCallback() {
    if (this.scroller) return;
    this.scroller = this.querySelector(".lines");
    this.isPlayable = this.hasAttribute("playable");
    this.current = -1;
    this.quote = [];
    this.followButton = this.querySelector("[data-follow]");
    this.followButton?.addEventListener("click", () => this.setFollowing(!this.isFollowing));
    this.isFollowing = this.followButton !== null;
    this.addEventListener("click", (event) => this.onClick(event));
    for (const kind of ["wheel", "touchmove"]) {
      this.scroller.addEventListener(kind, () => this.setFollowing(false), { passive: true });
    }
    subscribe(this, "time", (now) => this.onTime(now));
    subscribe(this, "seek", ({ time_s }) => { this.isHeld = false; this.goTo(time_s); });
    subscribe(this, "play", () => { this.isHeld = false; });
    subscribe(this, "show", (span) => this.show(span));
    subscribe(this, "follow", () => this.setFollowing(!this.isFollowing));
    this.load();
  }

  async load() {
    this.querySelector(".sorry")?.remove();
    this.querySelector(".waiting").hidden = false;
    try {
      const answer = await fetch(this.getAttribute("src"), { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.begin(await answer.json());
    } catch {
      this.sayFailed();
    }
    this.querySelector(".waiting").hidden = true;
  }

  begin(rows) {
    this.rows = rows;
    this.isTimed = rows.length > 0 && rows[0][0] !== null;
    this.passages = joinPassages(rows);
    this.scroller.hidden = false;
    this.list = new VirtualList(this.scroller, this.querySelector(".roll"), {
      count: this.passages.length,
      estimate: (at) => this.guessHeight(at),
      draw: (at) => this.draw(at),
    });
    this.finder = new Finder(this, this.passages, this.list);
    this.list.resize();
    this.dataset.ready = String(rows.length);
    performance.mark("transcript-ready");
    if (this.pending) this.show(this.pending);
  }

  sayFailed() {
    const words = document.createElement("div");
    words.className = "sorry";
    words.setAttribute("role", "alert");
    words.innerHTML = '<p>The transcript could not be loaded.</p><button class="btn compact" type="button">Try again</button>';
    words.querySelector("button").addEventListener("click", () => this.load());
    this.append(words);
  }

  guessHeight(at) {
    const { text, speaker } = this.passages[at];
    const perLine = Math.max((this.scroller.clientWidth || 430) - 80, 120) / CHAR_PX;
    return Math.ceil((text.length + (speaker?.length ?? 0)) / perLine) * LINE_PX + 10;
  }

  draw(number) {
    const passage = this.passages[number];
    const element = document.createElement("div");
    element.className = this.isTimed ? "passage" : "passage untimed";
    element.setAttribute("role", "listitem");
    element.setAttribute("aria-setsize", String(this.passages.length));
    element.setAttribute("aria-posinset", String(number + 1));
    element.append(this.drawPlace(passage, number), this.drawWords(passage, number));
    element.classList.toggle("shown", this.quote.some(({ row }) => row >= passage.first && row <= passage.last));
    return element;
  }

  drawPlace(passage, number) {
    const place = document.createElement(this.isPlayable && this.isTimed ? "button" : "span");
    place.className = "place";
    place.textContent = this.isTimed ? clock(passage.start_ms / 1000) : `¶ ${number + 1}`;
    if (place.tagName === "BUTTON") {
      place.type = "button";
      place.dataset.at = String(passage.start_ms);
      place.setAttribute("aria-label", `Play from ${place.textContent}`);
    }
    return place;
  }

  drawWords(passage, number) {
    const words = document.createElement("p");
    words.dir = "auto";
    const previous = this.passages[number - 1];
    if (passage.speaker && passage.speaker !== previous?.speaker) {
      const name = document.createElement("b");
      name.textContent = `${passage.speaker} `;
      words.append(name);
    }
    const marks = [...this.quoteMarks(passage), ...(this.finder?.marksOf(number) ?? [])];
    for (let row = passage.first; row <= passage.last; row += 1) {
      const start = passage.offsets[row - passage.first];
      const next = passage.offsets[row - passage.first + 1] ?? passage.text.length;
      words.append(this.drawCue(row, cut(passage.text, start, next, marks)));
    }
    return words;
  }

  drawCue(row, pieces) {
    const cue = document.createElement("span");
    cue.dataset.cue = String(row);
    if (row === this.current) cue.className = "now";
    for (const { text, kinds } of pieces) {
      if (!kinds.length) { cue.append(text); continue; }
      const mark = document.createElement("mark");
      mark.className = kinds.join(" ");
      mark.textContent = text;
      cue.append(mark);
    }
    return cue;
  }

  // One mark over all its rows: the space between two of them belongs to it.
  quoteMarks(passage) {
    const mine = this.quote.filter(({ row }) => row >= passage.first && row <= passage.last);
    if (!mine.length) return [];
    const place = ({ row }, at) => passage.offsets[row - passage.first] + at;
    return [{ from: place(mine[0], mine[0].from), to: place(mine.at(-1), mine.at(-1).to), kind: "quote" }];
  }

  onClick(event) {
    const place = event.target.closest("[data-at]");
    if (place) { publish("seek", { time_s: Number(place.dataset.at) / 1000 }); return; }
    const cue = event.target.closest("[data-cue]");
    const isSelecting = !getSelection().isCollapsed;
    if (cue && this.isPlayable && this.isTimed && !isSelecting) {
      publish("seek", { time_s: this.rows[Number(cue.dataset.cue)][0] / 1000 });
    }
  }

  // Evidence: exactly these characters are marked, and their passage comes into view.
  show(span) {
    this.pending = span;
    if (!this.list) return;
    const before = this.quotedPassages();
    this.quote = locateQuote(this.rows, span.first, span.last, span.quote);
    this.isHeld = true;
    const now = this.quotedPassages();
    for (const number of new Set([...before, ...now])) this.list.redraw(number);
    if (now.length) this.list.reveal(now[0]);
  }

  quotedPassages() {
    return [...new Set(this.quote.map(({ row }) => passageOf(this.passages, row)))];
  }

  onTime({ time_s, isPlaying }) {
    if (!this.list || !this.isTimed) return;
    this.setCurrent(rowAt(this.rows, time_s * 1000));
    if (isPlaying && this.isFollowing && !this.isHeld && this.current >= 0) this.keepInView();
  }

  setCurrent(row) {
    if (row === this.current) return;
    this.scroller.querySelector("[data-cue].now")?.classList.remove("now");
    this.current = row;
    this.scroller.querySelector(`[data-cue="${row}"]`)?.classList.add("now");
  }

  keepInView() {
    const number = passageOf(this.passages, this.current);
    if (!this.list.isInView(number)) this.list.reveal(number);
  }

  goTo(time_s) {
    if (!this.list || !this.isTimed) return;
    this.setCurrent(rowAt(this.rows, time_s * 1000));
    if (this.current >= 0) this.keepInView();
  }

  setFollowing(isOn) {
    if (!this.followButton || isOn === this.isFollowing) return;
    this.isFollowing = isOn;
    this.isHeld = false;
    this.followButton.setAttribute("aria-pressed", String(isOn));
    if (isOn && this.list && this.current >= 0) this.keepInView();
  }
}

customElements.define("sl-transcript", Transcript);
