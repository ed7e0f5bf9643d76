// Seconds that go on counting between two reports of the server.
class Elapsed extends HTMLElement {
  static observedAttributes = ["seconds"];

  connectedCallback() { this.timer = setInterval(() => this.draw(), 1000); this.draw(); }
  disconnectedCallback() { clearInterval(this.timer); }
  attributeChangedCallback() { this.since = performance.now(); this.draw(); }

  draw() {
    const reported = Number(this.getAttribute("seconds")) || 0;
    const now = reported + (this.hasAttribute("running") ? (performance.now() - this.since) / 1000 : 0);
    this.textContent = now < 10 && !this.hasAttribute("running") ? `${now.toFixed(1)} s` : `${Math.floor(now)} s`;
  }
}

customElements.define("sl-elapsed", Elapsed);

// A moment in the viewer's own time; in UTC for whoever points at it.
class Moment extends HTMLElement {
  static observedAttributes = ["datetime"];

  attributeChangedCallback() {
    const moment = new Date(this.getAttribute("datetime"));
    if (Number.isNaN(moment.getTime())) return;
    const isToday = moment.toDateString() === new Date().toDateString();
    const day = isToday ? {} : { weekday: "long" };
    this.textContent = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...day });
    this.title = `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  }
}

customElements.define("sl-moment", Moment);
