// The tabs over a summary's parts: chosen by click, arrows or number, and kept in the address.
export class TabBar {
  constructor(reader) {
    this.tabs = [...reader.querySelectorAll("[data-part-tab]")];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.show(tab));
      tab.addEventListener("keydown", (event) => this.onKey(event, tab));
    }
  }

  /** The tab at this place, if there is one. */
  choose(at) {
    const tab = this.tabs[at];
    if (!tab) return;
    this.show(tab);
    tab.focus({ preventScroll: true });
  }

  show(chosen) {
    for (const tab of this.tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
    }
    this.keepInAddress(chosen);
  }

  // The first tab is the page itself and needs no name; Back leaves the page instead of walking through its tabs.
  keepInAddress(chosen) {
    const address = new URL(location.href);
    if (chosen === this.tabs[0]) address.searchParams.delete("tab");
    else address.searchParams.set("tab", chosen.dataset.partTab);
    history.replaceState(history.state, "", address);
  }

  onKey(event, tab) {
    const at = this.tabs.indexOf(tab);
    const places = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.tabs.length - 1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    this.choose((places[event.key] + this.tabs.length) % this.tabs.length);
  }
}
