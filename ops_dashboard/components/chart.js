// One chart: drawn with Plotly when it comes into view, in the theme's colours, with its crosshair, table and downloads.
const shownCharts = new Set();
const TICK_PX = 48;
const MARK_CHARACTER_PX = 5.6;
const TOKEN = /^var\(--([\w-]+)\)$/;

let library;
function loadLibrary() {
  library ??= import("nicegui-plotly").then((module) => module.Plotly);
  return library;
}

// A copy of the figure with each token replaced by the value it has where the chart stands, and type at the page's size.
function dress(value, styles, scale, key = "") {
  if (typeof value === "string") {
    const found = TOKEN.exec(value);
    return found ? styles.getPropertyValue(`--${found[1]}`).trim() : value;
  }
  if (Array.isArray(value)) return value.map((each) => dress(each, styles, scale));
  if (value && typeof value === "object") {
    const made = {};
    for (const [name, each] of Object.entries(value)) made[name] = dress(each, styles, scale, name);
    if (key.endsWith("font") && made.size) made.size *= scale;
    if (key === "font" || key === "tickfont") made.family = styles.fontFamily;
    if (key === "margin") for (const side of ["l", "r", "t", "b"]) made[side] *= side === "l" || side === "r" ? scale : Math.min(scale, 1.4);
    if (key === "line" && made.width) made.width *= scale > 1 ? 1.5 : 1;
    return made;
  }
  return value;
}

// Ticks of which there are more than the width has room for: every second one, or third.
function thinOut(axis, width, scale) {
  const every = Math.ceil((axis.tickvals.length * TICK_PX * scale) / Math.max(width, 1));
  if (every < 2) return;
  for (const name of ["tickvals", "ticktext"]) axis[name] = axis[name].filter((_, at) => at % every === 0);
}

// Names of deploys and incidents, the latest first: one that has no room beside those already there is left out.
function keepApart(layout, width, scale) {
  const [start, end] = layout.xaxis.range.map(Date.parse);
  const taken = [];
  const hasRoom = (mark) => {
    const at = ((Date.parse(mark.x) - start) / (end - start)) * width;
    const length = mark.text.length * MARK_CHARACTER_PX * scale + 8;
    const [from, to] = mark.xanchor === "right" ? [at - length, at] : [at, at + length];
    if (taken.some((other) => other.y === mark.y && other.yanchor === mark.yanchor && from < other.to && to > other.from)) return false;
    taken.push({ from, to, y: mark.y, yanchor: mark.yanchor });
    return true;
  };
  layout.annotations = layout.annotations.toReversed().filter((each) => each.name !== "mark" || hasRoom(each)).toReversed();
}

function redrawAll() { for (const chart of shownCharts) chart.draw(); }
new MutationObserver(redrawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);

function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export default {
  props: { chart: Object },
  template: `
    <section class="panel board-card chart" :aria-label="chart.title">
      <header>
        <h2>{{ chart.title }}</h2><span class="note">{{ chart.note }}</span>
        <span class="tools" v-if="!chart.reason">
          <i aria-hidden="true">·</i><button type="button" @click="saveTable" :aria-label="'Save ' + chart.title + ' as CSV'">CSV</button><i aria-hidden="true">·</i><button
            type="button" @click="savePicture" :aria-label="'Save ' + chart.title + ' as PNG'">PNG</button>
        </span>
      </header>
      <p v-if="chart.reason" class="void">{{ chart.reason }}</p>
      <div v-else class="plot" ref="frame" tabindex="0" role="group" aria-roledescription="chart"
        :aria-label="chart.title + ', ' + chart.note + '. Left and right arrow keys read it out.'"
        @keydown="onKey" @blur="leave" @pointerleave="leave">
        <div class="canvas" ref="canvas" aria-hidden="true"></div>
        <span class="bone" v-if="!isDrawn && !problem"></span>
        <p class="void" v-if="problem">{{ problem }} <button type="button" class="text-btn" @click="retry">Try again</button></p>
        <div class="cross" v-show="place" :style="place ? { left: place.x + 'px', top: place.top + 'px', height: place.height + 'px' } : {}"></div>
        <div role="status">
          <div class="tip" v-if="place && place.isSource" :class="{ flipped: place.isRight }" :style="{ left: place.x + 'px' }">
            <b>{{ chart.rows[place.index][0] }}</b>
            <span v-for="(name, at) in chart.columns.slice(1)" :key="name">{{ name }}<em>{{ chart.rows[place.index][at + 1] }}</em></span>
          </div>
        </div>
      </div>
      <details v-if="!chart.reason" class="behind" @toggle="isOpen = $event.target.open">
        <summary :aria-label="chart.title + ' as a table'">Table</summary>
        <div class="scroll" v-if="isOpen" tabindex="0" role="region" :aria-label="chart.title + ' as a table'">
          <table class="listing figures">
            <thead><tr><th v-for="(name, at) in chart.columns" :key="name" scope="col" :class="{ n: at }">{{ name }}</th></tr></thead>
            <tbody><tr v-for="row in chart.rows" :key="row[0]"><template v-for="(value, at) in row" :key="at"><th v-if="!at" scope="row">{{ value }}</th><td v-else class="n">{{ value }}</td></template></tr></tbody>
          </table>
        </div>
      </details>
    </section>`,
  data: () => ({ isDrawn: false, isOpen: false, problem: "", place: null }),
  mounted() {
    this.seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.isWanted = true;
      this.draw();
    }, { rootMargin: "120px" });
    this.watchFrame();
  },
  updated() { this.watchFrame(); },
  unmounted() {
    this.seen.disconnect();
    this.sizes?.disconnect();
    shownCharts.delete(this);
  },
  watch: {
    chart() { this.leave(); if (this.isWanted) this.$nextTick(() => this.draw()); },
  },
  methods: {
    // The frame comes and goes with the reason for an empty chart.
    watchFrame() {
      const frame = this.$refs.frame;
      if (frame === this.frame) return;
      this.seen.disconnect();
      this.sizes?.disconnect();
      this.frame = frame;
      this.isDrawn = false;
      if (!frame) return;
      this.seen.observe(frame);
      this.sizes = new ResizeObserver(() => { if (this.isDrawn) this.draw(); });
      this.sizes.observe(frame);
    },
    async draw() {
      if (!this.isWanted || this.chart.reason || !this.$refs.canvas?.clientWidth) return;
      try {
        this.Plotly = await loadLibrary();
        if (!this.$refs.canvas || this.chart.reason) return;
        const styles = getComputedStyle(this.$refs.canvas);
        const scale = parseFloat(styles.getPropertyValue("--chart-scale")) || 1;
        const { data, layout } = dress(this.chart.figure, styles, scale);
        // The size is said, not found out: Plotly keeps margins that it once had to squeeze.
        const { clientWidth: width, clientHeight: height } = this.$refs.canvas;
        const inner = width - layout.margin.l - layout.margin.r;
        thinOut(layout.xaxis, inner, scale);
        keepApart(layout, inner, scale);
        await this.Plotly.react(this.$refs.canvas, data, { ...layout, width, height }, { displayModeBar: false, responsive: false, doubleClick: false });
        if (!this.isDrawn) this.listen();
        this.isDrawn = true;
        this.problem = "";
        shownCharts.add(this);
      } catch {
        library = undefined;
        this.problem = "The chart could not be drawn.";
      }
    },
    retry() { this.problem = ""; this.draw(); },
    listen() {
      const canvas = this.$refs.canvas;
      canvas.removeAllListeners?.("plotly_hover");
      canvas.on("plotly_hover", (event) => this.point(event.points[0].pointIndex));
    },
    onKey(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.altKey || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      const last = this.chart.rows.length - 1;
      const from = this.place ? this.place.index : step > 0 ? -1 : last + 1;
      this.point(Math.min(Math.max(from + step, 0), last));
    },
    // One crosshair for all charts that share these bins.
    point(index) {
      for (const chart of shownCharts) {
        const isShared = chart.chart.starts.length === this.chart.starts.length && chart.chart.starts[0] === this.chart.starts[0];
        if (chart === this || isShared) chart.mark(index, chart === this); else chart.place = null;
      }
    },
    mark(index, isSource) {
      const layout = this.$refs.canvas?._fullLayout;
      const x = this.chart.figure.data?.[0]?.x?.[index];
      if (!layout || x === undefined || !this.chart.rows[index]) return;
      const at = layout.xaxis._offset + layout.xaxis.d2p(x);
      this.place = { index, isSource, x: at, top: layout.yaxis._offset, height: layout.yaxis._length, isRight: at > layout.width * 0.55 };
    },
    leave() { for (const chart of shownCharts) chart.place = null; },
    fileName(ending) { return `sightline-${this.chart.key}-${(this.chart.starts[0] ?? "").slice(0, 10)}.${ending}`; },
    saveTable() {
      const traces = this.chart.figure.data;
      const lines = [["start (UTC)", ...traces.map((trace) => trace.name)]];
      this.chart.starts.forEach((start, index) => lines.push([start, ...traces.map((trace) => trace.y[index])]));
      save(this.fileName("csv"), new Blob([lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n"], { type: "text/csv" }));
    },
    // Drawn from a data address: the content policy allows no others for pictures.
    async savePicture() {
      this.isWanted = true;
      if (!this.isDrawn) await this.draw();
      if (!this.isDrawn) return;
      const { clientWidth: width, clientHeight: height } = this.$refs.canvas;
      const picture = new Image();
      picture.src = await this.Plotly.toImage(this.$refs.canvas, { format: "svg", width, height });
      await picture.decode();
      const styles = getComputedStyle(this.$el);
      const head = 40;
      const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: (height + head) * 2 });
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      pen.fillStyle = styles.getPropertyValue("--paper").trim();
      pen.fillRect(0, 0, width, height + head);
      pen.fillStyle = styles.getPropertyValue("--ink").trim();
      pen.font = `600 14px ${styles.fontFamily}`;
      pen.fillText(this.chart.title, 14, 25);
      const after = 22 + pen.measureText(this.chart.title).width;
      pen.fillStyle = styles.getPropertyValue("--ink-3").trim();
      pen.font = `12px ${styles.fontFamily}`;
      pen.fillText(this.chart.note, after, 25);
      pen.drawImage(picture, 0, head, width, height);
      canvas.toBlob((blob) => save(this.fileName("png"), blob), "image/png");
    },
  },
};
