(() => {
  "use strict";
  document.documentElement.classList.add("live");
  const search = document.getElementById("search");
  const status = document.getElementById("shown");
  const buttons = [...document.querySelectorAll("button[data-outcome]")];
  const entries = [...document.querySelectorAll("[data-entry]")].map((element) => ({
    element,
    outcome: element.dataset.entry,
    text: element.textContent.toLowerCase(),
  }));

  const unit = document.querySelector(".finding") ? ".finding" : "tr";

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hidden = new Set(
      buttons.filter((button) => button.getAttribute("aria-pressed") === "false").map((button) => button.dataset.outcome),
    );
    let count = 0;
    for (const { element, outcome, text } of entries) {
      element.hidden = hidden.has(outcome) || !words.every((word) => text.includes(word));
      if (!element.hidden && element.matches(unit)) count += 1;
    }
    status.textContent = `${count} ${unit === ".finding" ? "findings" : "requirements"} shown`;
  }

  function step(by) {
    const visible = [...document.querySelectorAll("details.finding:not([hidden]) > summary")];
    const at = visible.indexOf(document.activeElement);
    const next = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : at + by];
    if (next) next.focus();
  }

  if (!search) return;
  search.addEventListener("input", apply);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") === "false"));
      apply();
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target === search;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing) {
      search.value = "";
      apply();
      search.blur();
    } else if (event.key === "/" && !typing) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "j" && !typing) {
      step(1);
    } else if (event.key === "k" && !typing) {
      step(-1);
    }
  });
  window.addEventListener("beforeprint", () => {
    for (const element of document.querySelectorAll("details")) element.open = true;
  });
  apply();
})();
