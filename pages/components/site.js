// What every page can do: "/" goes to the box, a caption file may be dropped anywhere, a form says that it is being sent.
import "./options.js";

export function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

function sendFile(file, form) {
  const input = form.querySelector("input[type=file]");
  const carrier = new DataTransfer();
  carrier.items.add(file);
  input.files = carrier.files;
  form.requestSubmit();
}

function hasFiles(event) {
  return Array.from(event.dataTransfer?.types ?? []).includes("Files");
}

let depth = 0;
function setDropping(isOver) {
  depth = isOver ? depth : 0;
  document.documentElement.classList.toggle("dropping", isOver);
}

addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth += 1; setDropping(true); } });
addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
addEventListener("dragleave", (event) => { if (hasFiles(event)) { depth -= 1; if (depth <= 0) setDropping(false); } });
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  setDropping(false);
  const file = event.dataTransfer.files[0];
  const form = document.querySelector("form:has(.dropbox)") ?? document.querySelector("[data-drop-form]");
  if (file && form) sendFile(file, form);
});

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.matches?.("input[type=file][data-send]") && input.files.length) input.form.requestSubmit();
});

// A form that is under way cannot be sent twice; the Back button finds it fresh again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const tooLarge = Array.from(form.querySelectorAll("input[type=file]")).some((input) => input.files[0]?.size > Number(input.dataset.maxMb) * 1024 * 1024);
  if (form.classList.contains("sending")) { event.preventDefault(); return; }
  if (tooLarge) { event.preventDefault(); sayTooLarge(form); return; }
  form.classList.add("sending");
  for (const button of form.querySelectorAll(".btn[type=submit]")) button.classList.add("busy");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form.sending")) form.classList.remove("sending");
  for (const button of document.querySelectorAll(".btn.busy")) button.classList.remove("busy");
});

function sayTooLarge(form) {
  const host = form.matches("[data-drop-form]") ? document.querySelector(".composer") ?? document.body : form;
  host.querySelector(".wrong.local")?.remove();
  const words = document.createElement("p");
  words.className = "wrong local";
  words.setAttribute("role", "alert");
  words.textContent = "This file is too large for captions: those of a whole day are smaller. Check that it is the caption file and not the video.";
  host.append(words);
  for (const input of form.querySelectorAll("input[type=file]")) input.value = "";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-reveal]");
  if (!button) return;
  const part = document.getElementById(button.dataset.reveal);
  part.open = !part.open;
  button.setAttribute("aria-expanded", String(part.open));
  if (part.open) part.querySelector("textarea, input:checked, input")?.focus();
});

// A password can be looked at while it is typed; it is hidden again when the form goes, else browsers keep it as text.
function showPassword(button, isShown) {
  document.getElementById(button.dataset.unveil).type = isShown ? "text" : "password";
  button.textContent = isShown ? "Hide" : "Show";
  button.setAttribute("aria-pressed", String(isShown));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-unveil]");
  if (!button) return;
  showPassword(button, button.getAttribute("aria-pressed") !== "true");
  document.getElementById(button.dataset.unveil).focus();
});
document.addEventListener("submit", (event) => { for (const button of event.target.querySelectorAll("[data-unveil]")) showPassword(button, false); });

// A picture that does not come leaves its place to what stands behind it.
document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement) event.target.remove(); }, true);
for (const image of document.images) if (image.complete && !image.naturalWidth) image.remove();

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const box = document.querySelector("[data-hotkey='/']") ?? document.getElementById("address");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});
