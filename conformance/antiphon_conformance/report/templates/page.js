(() => {
  "use strict";
  document.documentElement.classList.add("live");
  const search = document.getElementById("search");
  const status = document.getElementById("shown");
  const choices = [...document.querySelectorAll("select[data-filter]")];
  const blocks = [...document.querySelectorAll("details.group")];
  const entries = [...document.querySelectorAll("[data-entry]")].map((element) => ({
    element,
    words: (name) => (element.dataset[name] || "").split(" "),
    text: element.textContent.toLowerCase(),
  }));
  const unit = document.querySelector(".finding") ? "cause" : "requirement";

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = choices.filter((choice) => choice.value).map((choice) => [choice.dataset.filter, choice.value]);
    let count = 0;
    for (const entry of entries) {
      const fits = wanted.every(([name, value]) => entry.words(name).includes(value));
      entry.element.hidden = !fits || !words.every((word) => entry.text.includes(word));
      if (!entry.element.hidden) count += 1;
    }
    const active = words.length + wanted.length > 0;
    for (const block of blocks) {
      block.hidden = active && !block.querySelector("[data-entry]:not([hidden])");
      if (active && !block.hidden) block.open = true;
    }
    status.textContent = `${count} ${unit}${count === 1 ? "" : "s"}`;
  }

  function step(by) {
    const visible = [...document.querySelectorAll("details.finding:not([hidden]) > summary")].filter(
      (summary) => summary.getClientRects().length,
    );
    const at = visible.indexOf(document.activeElement);
    const next = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : at + by];
    if (next) next.focus();
  }

  window.addEventListener("beforeprint", () => {
    for (const element of document.querySelectorAll("details")) element.open = true;
  });
  if (!search) return;
  search.addEventListener("input", apply);
  for (const choice of choices) choice.addEventListener("change", apply);
  document.addEventListener("keydown", (event) => {
    const typing = event.target === search || event.target.matches("select");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing) {
      search.value = "";
      for (const choice of choices) choice.value = "";
      apply();
      event.target.blur();
    } else if (event.key === "/" && !typing) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "j" && !typing) {
      step(1);
    } else if (event.key === "k" && !typing) {
      step(-1);
    }
  });
  apply();
})();
