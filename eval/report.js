"use strict";
// Filters, keys and deep links. Without it the page is whole: every question is open, in the order of the set.
(() => {
  const byId = (id) => document.getElementById(id);
  const questions = [...document.querySelectorAll("details.question")];
  const words = questions.map((question) => question.textContent.toLowerCase());
  const outcomes = [...document.querySelectorAll("input[name=outcome]")];
  const [kind, flip, text, all, keys] = ["_kind", "_flip", "_text", "_all", "_keys"].map(byId);
  let current = null;

  const shown = () => questions.filter((question) => !question.hidden);

  function filter() {
    const wanted = outcomes.filter((box) => box.checked).map((box) => box.value);
    const sought = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    questions.forEach((question, at) => {
      const { outcome, kind: sort, flip: turned } = question.dataset;
      const fits =
        (!wanted.length || wanted.includes(outcome)) &&
        (!kind.value || kind.value === sort) &&
        (!flip?.value || (flip.value === "flipped" ? turned !== "" : turned === flip.value)) &&
        sought.every((word) => words[at].includes(word));
      question.hidden = !fits;
    });
    const count = shown().length;
    byId("_shown").textContent = `${count} of ${questions.length} shown`;
    byId("_none").hidden = count > 0;
  }

  function clear() {
    outcomes.forEach((box) => (box.checked = false));
    [kind, flip, text].forEach((control) => control && (control.value = ""));
    filter();
  }

  function openAll(open) {
    questions.forEach((question) => (question.open = open));
    all.setAttribute("aria-pressed", String(open));
    all.textContent = open ? "Close all" : "Open all";
  }

  function show(question) {
    if (current && current !== question && all.getAttribute("aria-pressed") === "false") current.open = false;
    current?.classList.remove("current");
    current = question;
    question.classList.add("current");
    question.open = true;
    question.querySelector("summary").focus({ preventScroll: true });
    question.scrollIntoView({ block: "start" });
  }

  function step(by) {
    const list = shown();
    const at = list.indexOf(current);
    const next = at < 0 ? from(list, by) : list[at + by];
    if (!next) return;
    show(next);
    history.replaceState(null, "", `#${encodeURIComponent(next.id)}`);
  }

  // Where the one that was stepped to last is no longer shown, the next one is the nearest in the set.
  function from(list, by) {
    const place = questions.indexOf(current);
    const ahead = list.find((question) => questions.indexOf(question) > place);
    const behind = list.findLast((question) => questions.indexOf(question) < place);
    return by > 0 ? ahead : behind;
  }

  function follow() {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      // as it stands
    }
    const question = questions.find((one) => one.id === id);
    if (!question) return;
    if (question.hidden) clear();
    show(question);
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (event.target.closest("input[type=search], select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const done = {
      j: () => step(1),
      ArrowRight: () => step(1),
      k: () => step(-1),
      ArrowLeft: () => step(-1),
      "/": () => text.focus(),
      "?": () => keys.showModal(),
    }[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  }

  function narrow(event) {
    const link = event.target.closest("a[data-kind]");
    if (!link) return;
    clear();
    kind.value = link.dataset.kind;
    filter();
  }

  // Closed questions would be missing on paper.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = questions.filter((question) => !question.open);
    closed.forEach((question) => (question.open = true));
  });
  addEventListener("afterprint", () => closed.forEach((question) => (question.open = false)));

  outcomes.forEach((box) => box.addEventListener("change", filter));
  [kind, flip].forEach((control) => control?.addEventListener("change", filter));
  text.addEventListener("input", filter);
  byId("_clear").addEventListener("click", clear);
  all.addEventListener("click", () => openAll(all.getAttribute("aria-pressed") === "false"));
  byId("_help").addEventListener("click", () => keys.showModal());
  byId("_close").addEventListener("click", () => keys.close());
  document.addEventListener("keydown", press);
  document.addEventListener("click", narrow);
  addEventListener("hashchange", follow);

  byId("_controls").hidden = false;
  openAll(false);
  filter();
  follow();
})();
