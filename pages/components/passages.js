// The transcript's text: captions joined to readable passages, and places in them. Pure functions, no page.
const SOFT_CHARS = 220;
const HARD_CHARS = 420;
const HARD_MS = 45_000;
const PAUSE_MS = 2_500;
const SENTENCE_END = /[.!?…。！？]["'”’)\]]*$/u;
const CJK = /[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/u;

/**
 * Passages of rows [start_ms, end_ms, text, speaker]: {first, last, start_ms, speaker, text, offsets}.
 * `offsets[i]` is where the text of row first + i begins in `text`. Without times every row stands alone.
 */
export function joinPassages(rows) {
  const passages = [];
  let open = null;
  rows.forEach(([start_ms, , text, speaker], at) => {
    if (open && !endsBefore(open, rows, at)) {
      open.text += glue(open.text, text);
      open.offsets.push(open.text.length);
      open.text += text;
      open.last = at;
    } else {
      open = { first: at, last: at, start_ms, speaker: speaker ?? null, text, offsets: [0] };
      passages.push(open);
    }
  });
  return passages;
}

function endsBefore(open, rows, at) {
  const [start_ms, end_ms, text, speaker] = rows[at];
  if (start_ms === null) return true;
  const isNewSpeaker = (speaker ?? null) !== open.speaker;
  const isPause = start_ms - rows[at - 1][1] > PAUSE_MS;
  const isLong = open.text.length + text.length > HARD_CHARS || end_ms - open.start_ms > HARD_MS;
  return isNewSpeaker || isPause || isLong || (open.text.length > SOFT_CHARS && SENTENCE_END.test(open.text));
}

function glue(left, right) {
  return CJK.test(left.at(-1) ?? "") && CJK.test(right[0] ?? "") ? "" : " ";
}

/** Number of the passage that holds row `at`. */
export function passageOf(passages, at) {
  let [low, high] = [0, passages.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passages[middle].last < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The row that is being said at this moment, or was said last; -1 before the first word. */
export function rowAt(rows, time_ms) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] <= time_ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Where `quote` stands in rows first..last, white space aside: [{row, from, to}]; the whole rows where it does not. */
export function locateQuote(rows, first, last, quote) {
  const chars = [];
  for (let row = first; row <= last && row < rows.length; row += 1) {
    const text = rows[row][2];
    for (let at = 0; at < text.length; at += 1) if (!/\s/u.test(text[at])) chars.push([row, at, text[at]]);
  }
  const wanted = quote.replace(/\s+/gu, "");
  const found = wanted ? chars.map(([, , char]) => char).join("").indexOf(wanted) : -1;
  const [start, end] = found < 0 ? [0, chars.length - 1] : [found, found + wanted.length - 1];
  const spans = new Map();
  for (const [row, at] of chars.slice(start, end + 1)) {
    const span = spans.get(row);
    if (span) span.to = at + 1;
    else spans.set(row, { row, from: at, to: at + 1 });
  }
  return [...spans.values()];
}

/** Every place of `words` in the passages, whatever its case: [{passage, from, to}], at most `limit`. */
export function findAll(passages, words, limit = 5000) {
  const wanted = fold(words.trim());
  const found = [];
  if (!wanted) return found;
  for (let number = 0; number < passages.length && found.length < limit; number += 1) {
    const text = (passages[number].folded ??= fold(passages[number].text));
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      found.push({ passage: number, from: at, to: at + wanted.length });
    }
  }
  return found;
}

// Lower case that keeps every character's place; where it cannot (the Turkish capital İ), the text stays as it is.
function fold(text) {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

/** `text` cut at the marks: [{text, kinds}], marks being {from, to, kind} that may overlap. */
export function cut(text, start, end, marks) {
  const near = marks.filter((mark) => mark.from < end && mark.to > start);
  const edges = new Set([start, end]);
  for (const mark of near) { edges.add(Math.max(mark.from, start)); edges.add(Math.min(mark.to, end)); }
  const places = [...edges].sort((a, b) => a - b);
  return places.slice(0, -1).map((from, at) => ({
    text: text.slice(from, places[at + 1]),
    kinds: near.filter((mark) => mark.from <= from && mark.to >= places[at + 1]).map((mark) => mark.kind),
  }));
}
