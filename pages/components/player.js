// The player: YouTube's privacy-mode embed behind a façade, driven by postMessage. No script of the vendor's runs here.
import { clock, publish, subscribe } from "./bus.js";

const EMBED_ORIGIN = "https://www.youtube-nocookie.com";
const PLAYING = 1;

class Player extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.box = this.querySelector(".player");
    this.time_s = Number(this.getAttribute("start")) || 0;
    this.span = null;
    this.waiting = [];
    this.querySelector(".facade").addEventListener("click", () => this.play(this.time_s, this.span?.end_s ?? null));
    this.querySelector(".close-mini").addEventListener("click", () => this.unload());
    this.onMessage = (event) => this.hear(event);
    addEventListener("message", this.onMessage);
    subscribe(this, "seek", ({ time_s }) => this.play(time_s, null));
    subscribe(this, "play", ({ start_s, end_s }) => this.play(start_s, end_s));
    subscribe(this, "cue", ({ start_s, end_s }) => this.cue(start_s, end_s));
    subscribe(this, "stop", () => { if (this.frame) this.command("pauseVideo"); });
    this.watcher = new IntersectionObserver(([entry]) => this.classList.toggle("mini", !!this.frame && !entry.isIntersecting));
    this.watcher.observe(this);
  }

  disconnectedCallback() {
    removeEventListener("message", this.onMessage);
    this.watcher?.disconnect();
    clearInterval(this.greeting);
  }

  play(start_s, end_s) {
    this.span = end_s === null ? null : { start_s, end_s, isInside: false };
    this.time_s = start_s;
    if (!this.frame) this.load(start_s);
    else {
      this.command("seekTo", [start_s, true]);
      this.command("playVideo");
    }
  }

  /** Goes to a span without starting to play: the façade will begin there. */
  cue(start_s, end_s) {
    this.span = { start_s, end_s, isInside: false };
    this.time_s = start_s;
    const shown = this.querySelector(".facade time");
    if (shown) shown.textContent = `${clock(start_s)} / ${this.getAttribute("length")}`;
    if (this.frame) this.command("seekTo", [start_s, true]);
  }

  load(start_s) {
    const options = new URLSearchParams({
      enablejsapi: "1", autoplay: "1", playsinline: "1", rel: "0", start: String(Math.floor(start_s)), origin: location.origin,
    });
    this.frame = document.createElement("iframe");
    this.frame.src = `${EMBED_ORIGIN}/embed/${encodeURIComponent(this.getAttribute("video"))}?${options}`;
    this.frame.title = "Video";
    this.frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    this.frame.referrerPolicy = "strict-origin-when-cross-origin"; // the embed refuses to play for an unknown site
    this.frame.addEventListener("load", () => this.greet());
    this.setFacade(false);
    this.box.prepend(this.frame);
    // The address starts at whole seconds only; the exact moment follows once the player listens.
    this.waiting = [["seekTo", [start_s, true]], ["playVideo", []]];
  }

  unload() {
    clearInterval(this.greeting);
    this.frame?.remove();
    this.frame = null;
    this.isReady = false;
    this.span = null;
    this.classList.remove("mini");
    this.setFacade(true);
    publish("time", { time_s: this.time_s, isPlaying: false });
  }

  setFacade(isShown) {
    for (const part of this.box.querySelectorAll(".facade, img")) part.hidden = !isShown;
  }

  greet() {
    const hello = () => this.post({ event: "listening", id: 1, channel: "widget" });
    clearInterval(this.greeting);
    this.greeting = setInterval(hello, 250);
    hello();
  }

  post(message) {
    this.frame?.contentWindow?.postMessage(JSON.stringify(message), EMBED_ORIGIN);
  }

  command(func, args = []) {
    if (this.isReady) this.post({ event: "command", func, args, id: 1, channel: "widget" });
    else this.waiting = [...this.waiting.filter(([name]) => name !== func), [func, args]];
  }

  hear(event) {
    if (!this.frame || event.source !== this.frame.contentWindow || event.origin !== EMBED_ORIGIN) return;
    let message;
    try { message = typeof event.data === "string" ? JSON.parse(event.data) : event.data; } catch { return; }
    if (message?.event === "onReady" || message?.event === "initialDelivery") this.becomeReady();
    if (message?.info && typeof message.info === "object") this.follow(message.info);
  }

  becomeReady() {
    if (this.isReady) return;
    this.isReady = true;
    clearInterval(this.greeting);
    for (const [func, args] of this.waiting.splice(0)) this.command(func, args);
  }

  follow(info) {
    if (typeof info.playerState === "number") this.isPlaying = info.playerState === PLAYING;
    if (typeof info.currentTime !== "number" || !this.isReady) return;
    this.time_s = info.currentTime;
    publish("time", { time_s: this.time_s, isPlaying: !!this.isPlaying });
    this.keepToSpan();
  }

  // Reports still on their way from before a seek must not end the new span: it counts only once it was entered.
  keepToSpan() {
    const span = this.span;
    if (!span) return;
    if (this.time_s >= span.start_s - 0.5 && this.time_s < span.end_s) span.isInside = true;
    if (!span.isInside || this.time_s < span.end_s) return;
    this.span = null;
    this.command("pauseVideo");
    publish("ended", { start_s: span.start_s, end_s: span.end_s });
  }
}

customElements.define("sl-player", Player);
