// How player, transcript, coverage strip and reader speak to each other: plain events on the document.
//   seek  {time_s}                      go to this moment
//   play  {start_s, end_s}              play exactly this span, then stop
//   cue   {start_s, end_s}              be ready to play this span, without starting
//   follow {}                           switch following on or off
//   show  {first, last, quote}  bring this span of the transcript into view, marked
//   time  {time_s, isPlaying}           the player's clock
//   ended {start_s, end_s}              a span was played to its end
//   stop  {}                            the person wants quiet
export function publish(name, detail = {}) {
  document.dispatchEvent(new CustomEvent(`sl:${name}`, { detail }));
}

/** Listens for as long as `owner` is in the page. */
export function subscribe(owner, name, handler) {
  const listener = (event) => {
    if (owner.isConnected) handler(event.detail);
    else document.removeEventListener(`sl:${name}`, listener);
  };
  document.addEventListener(`sl:${name}`, listener);
}

/** Seconds as people read them: 0:07, 13:59, 1:08:38. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}
