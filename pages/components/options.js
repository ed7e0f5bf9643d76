// What was chosen last is chosen again: kept in this browser, and sent along by the forms that show no options.
const KEPT = "summary-options";
const NAMES = ["engine", "output_language", "length"];

function kept() {
  try { return JSON.parse(localStorage.getItem(KEPT)) ?? {}; } catch { return {}; }
}

function keep(choices) {
  try { localStorage.setItem(KEPT, JSON.stringify(choices)); } catch { /* private mode: for this form only */ }
}

function chosen(panel) {
  const data = new FormData(panel.closest("form"));
  return Object.fromEntries(NAMES.map((name) => [name, data.get(name) ?? ""]));
}

function restore(panel) {
  const choices = kept();
  for (const field of panel.querySelectorAll("input[type=radio]")) {
    if (field.value === choices[field.name]) field.checked = true;
  }
  const language = panel.querySelector("select");
  const isOffered = [...language.options].some((option) => option.value === choices.output_language);
  if (isOffered) language.value = choices.output_language;
}

// Beside the word Options stands whatever is not as it comes by itself.
function tell(panel) {
  const choices = chosen(panel);
  const first = panel.querySelector("[name=engine]").value;
  const title = (name) => panel.querySelector(`[name=${name}]:checked`)?.closest("label").querySelector("b").textContent ?? "";
  const words = [];
  if (choices.engine !== first) words.push(title("engine"));
  else {
    if (choices.output_language) words.push(panel.querySelector("select").selectedOptions[0].textContent.split(" · ")[0]);
    if (choices.length !== "standard") words.push(title("length"));
  }
  const place = panel.closest("form").querySelector("[data-told]");
  if (place) place.textContent = words.length ? `: ${words.join(", ")}` : "";
}

for (const panel of document.querySelectorAll("[data-options]")) {
  if (!panel.hasAttribute("data-given")) restore(panel);
  tell(panel);
  panel.addEventListener("change", () => { keep(chosen(panel)); tell(panel); });
}

// `data-engines` lists those this service has: a choice that was kept from elsewhere is not sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.dataset.engines) return;
  const choices = kept();
  if (!form.dataset.engines.split(" ").includes(choices.engine)) return;
  for (const old of form.querySelectorAll("[data-kept]")) old.remove();
  for (const name of NAMES) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value: choices[name] ?? "" });
    field.dataset.kept = "";
    form.append(field);
  }
});
