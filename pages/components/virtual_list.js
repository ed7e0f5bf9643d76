// A list of thousands of rows of unequal height of which only the visible ones exist. Heights are guessed from the
// text and measured when a row is first drawn; what is being read stays where it is when a guess above was wrong.
const OVERSCAN_PX = 500;

export class VirtualList {
  /** `estimate(i)` is a height in px, `draw(i)` an element. The scroller scrolls, the roll inside it is as tall as all rows. */
  constructor(scroller, roll, { count, estimate, draw }) {
    Object.assign(this, { scroller, roll, count, estimate, draw });
    this.drawn = new Map();
    this.width = 0;
    this.forgetHeights();
    scroller.addEventListener("scroll", () => this.schedule(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(scroller);
  }

  forgetHeights() {
    this.heights = Float64Array.from({ length: this.count }, (_, at) => this.estimate(at));
    this.tops = new Float64Array(this.count + 1);
    this.restack(0);
  }

  restack(from) {
    for (let at = from; at < this.count; at += 1) this.tops[at + 1] = this.tops[at] + this.heights[at];
    this.roll.style.height = `${this.tops[this.count]}px`;
  }

  resize() {
    if (!this.scroller.clientWidth) return;
    if (this.scroller.clientWidth === this.width) { this.schedule(); return; }
    const { at, inside } = this.anchor();
    this.width = this.scroller.clientWidth;
    this.clear();
    this.forgetHeights();
    this.scroller.scrollTop = this.tops[at] + inside;
    this.render();
    this.waiting?.();
    this.waiting = null;
  }

  clear() {
    for (const element of this.drawn.values()) element.remove();
    this.drawn.clear();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.render(); });
  }

  /** The row at this height in the roll. */
  indexAt(y) {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  anchor() {
    const at = this.indexAt(this.scroller.scrollTop);
    return { at, inside: this.scroller.scrollTop - this.tops[at] };
  }

  render() {
    if (!this.count || !this.scroller.clientHeight) return;
    const { scrollTop, clientHeight } = this.scroller;
    const first = this.indexAt(Math.max(scrollTop - OVERSCAN_PX, 0));
    const last = this.indexAt(scrollTop + clientHeight + OVERSCAN_PX);
    this.dropOutside(first, last);
    const fresh = [];
    for (let at = first; at <= last; at += 1) if (!this.drawn.has(at)) fresh.push(this.add(at));
    if (fresh.length) this.measure(fresh);
  }

  // What is selected stays in the page, so that it can be copied after scrolling on.
  dropOutside(first, last) {
    const selection = getSelection();
    const isSelecting = selection && !selection.isCollapsed && this.roll.contains(selection.anchorNode);
    if (isSelecting) return;
    for (const [at, element] of this.drawn) {
      if (at < first || at > last) { element.remove(); this.drawn.delete(at); }
    }
  }

  add(at) {
    const element = this.draw(at);
    element.style.top = `${this.tops[at]}px`;
    this.drawn.set(at, element);
    const after = [...this.drawn.keys()].filter((other) => other > at);
    this.roll.insertBefore(element, after.length ? this.drawn.get(Math.min(...after)) : null);
    return at;
  }

  measure(fresh) {
    const { at, inside } = this.anchor();
    const real = fresh.map((number) => this.drawn.get(number).getBoundingClientRect().height);
    let changedFrom = Infinity;
    fresh.forEach((number, place) => {
      if (Math.abs(this.heights[number] - real[place]) < 0.5) return;
      this.heights[number] = real[place];
      changedFrom = Math.min(changedFrom, number);
    });
    if (changedFrom === Infinity) return;
    this.restack(changedFrom);
    for (const [number, element] of this.drawn) element.style.top = `${this.tops[number]}px`;
    if (changedFrom < at) this.scroller.scrollTop = this.tops[at] + inside;
    this.schedule();
  }

  /** Draws this row again, if it is in the page. */
  redraw(at) {
    const old = this.drawn.get(at);
    if (!old) return;
    const element = this.draw(at);
    element.style.top = old.style.top;
    old.replaceWith(element);
    this.drawn.set(at, element);
  }

  isInView(at) {
    const top = this.tops[at] - this.scroller.scrollTop;
    return top >= 0 && top + Math.min(this.heights[at], 80) <= this.scroller.clientHeight;
  }

  /** Brings row `at` to a third of the height; later, where the list is not shown yet. */
  reveal(at) {
    if (!this.scroller.clientHeight) { this.waiting = () => this.reveal(at); return; }
    // Rows on the way are measured as they appear, which moves the goal a little: two more looks settle it.
    for (let look = 0; look < 3; look += 1) {
      const goal = this.tops[at] - (this.scroller.clientHeight - Math.min(this.heights[at], this.scroller.clientHeight)) / 3;
      this.scroller.scrollTop = Math.max(goal, 0);
      this.render();
    }
  }
}
