// A quiz that can be taken: each answer is told at once, and explained by the place in the video it rests on.
class Quiz extends HTMLElement {
  connectedCallback() {
    if (this.questions) return;
    this.questions = [...this.querySelectorAll("[data-question]")];
    this.results = this.questions.map(() => null);
    this.output = this.querySelector("output");
    this.start = this.output.textContent;
    this.again = this.querySelector("[data-again]");
    this.addEventListener("click", (event) => this.onClick(event));
  }

  onClick(event) {
    const answer = event.target.closest("[data-answer]");
    if (event.target.closest("[data-again]")) this.reset();
    else if (answer) this.take(answer);
  }

  take(answer) {
    const question = answer.closest("[data-question]");
    const at = this.questions.indexOf(question);
    if (this.results[at] !== null) return;
    this.results[at] = answer.hasAttribute("data-right");
    for (const each of question.querySelectorAll("[data-answer]")) this.mark(each, each === answer);
    this.explain(question);
    this.tell();
  }

  mark(button, isChosen) {
    const isRight = button.hasAttribute("data-right");
    button.setAttribute("aria-disabled", "true");
    button.dataset.result = isRight ? "right" : isChosen ? "wrong" : "other";
    button.querySelector(".told").textContent = isRight ? (isChosen ? "Right" : "The right answer") : isChosen ? "Your answer" : "";
  }

  explain(question) {
    question.querySelector(".because").hidden = false;
    const opener = question.querySelector(".because .opener");
    if (opener.getAttribute("aria-expanded") === "false") opener.click();
  }

  tell() {
    const [taken, right] = [this.results.filter((each) => each !== null).length, this.results.filter(Boolean).length];
    this.querySelectorAll(".meter i").forEach((step, at) => {
      step.dataset.result = this.results[at] === null ? "" : this.results[at] ? "right" : "wrong";
    });
    const isDone = taken === this.results.length;
    this.output.textContent = isDone ? `${right} of ${taken} right.` : `${right} of ${taken} right so far, ${this.results.length - taken} to go.`;
    this.again.hidden = !isDone;
  }

  reset() {
    this.results.fill(null);
    for (const button of this.querySelectorAll("[data-answer]")) {
      button.removeAttribute("aria-disabled");
      delete button.dataset.result;
      button.querySelector(".told").textContent = "";
    }
    for (const part of this.querySelectorAll(".because")) this.close(part);
    this.tell();
    this.output.textContent = this.start;
    this.questions[0].querySelector("[data-answer]").focus();
  }

  close(because) {
    because.hidden = true;
    const opener = because.querySelector(".opener");
    if (opener.getAttribute("aria-expanded") === "true") opener.click();
  }
}

customElements.define("sl-quiz", Quiz);
