// What the laboratory's reports do: play clips, turn tabs, filter the review. No library, nothing is fetched.
"use strict";

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

// ---- Playing: one clip at a time ----------------------------------------------------------------------------

let current = null; // { audio, button }

function stop() {
  if (!current) return;
  current.audio.pause();
  current.button.classList.remove("playing");
  const strip = current.button.closest(".strip");
  if (strip) strip.classList.remove("active");
  current = null;
}

function follow() {
  if (!current) return;
  const { audio, button } = current;
  const strip = button.closest(".strip");
  if (strip && audio.duration) {
    const share = (audio.currentTime / audio.duration) * Number(strip.dataset.share);
    find(".cursor", strip).style.transform = `translateX(${100 * share}%)`;
  }
  requestAnimationFrame(follow);
}

function play(button) {
  const audio = document.getElementById(button.dataset.sound);
  const wasPlaying = current && current.button === button;
  stop();
  if (wasPlaying) return;
  audio.currentTime = 0;
  current = { audio, button };
  button.classList.add("playing");
  const strip = button.closest(".strip");
  if (strip) strip.classList.add("active");
  audio.onended = stop;
  audio.play().then(() => requestAnimationFrame(follow)).catch(() => {
    if (!audio.error) return; // another one was asked for meanwhile
    stop();
    findAll(`[data-sound="${audio.id}"]`).forEach((lost) => {
      lost.classList.add("lost");
      lost.disabled = true;
      lost.title = "The recording is no longer where it was.";
    });
  });
}

findAll(".play").forEach((button) => button.addEventListener("click", () => play(button)));

// ---- Tabs ---------------------------------------------------------------------------------------------------

findAll(".tabs").forEach((group) => {
  const buttons = findAll("[role=tab]", group);
  const panels = findAll("[role=tabpanel]", group);
  const show = (chosen) => {
    buttons.forEach((button, n) => {
      button.setAttribute("aria-selected", String(n === chosen));
      button.tabIndex = n === chosen ? 0 : -1;
      panels[n].hidden = n !== chosen;
    });
  };
  buttons.forEach((button, n) => {
    button.addEventListener("click", () => show(n));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (n + step + buttons.length) % buttons.length;
      show(next);
      buttons[next].focus();
    });
  });
  group.classList.add("ready");
  show(0);
});

// ---- The bar shows which section is read --------------------------------------------------------------------

const links = findAll("nav a");
const sections = links.map((link) => find(link.getAttribute("href")));
function mark() {
  let here = -1;
  sections.forEach((section, n) => {
    if (section && section.getBoundingClientRect().top < window.innerHeight * 0.35) here = n;
  });
  links.forEach((link, n) => link.classList.toggle("here", n === here));
}
if (links.length) {
  document.addEventListener("scroll", mark, { passive: true });
  mark();
}

// ---- Filters ------------------------------------------------------------------------------------------------

// Of the rows that fit, so many are shown, and so many more when they are asked for.
const STEP = 50;

findAll(".filters").forEach((form) => {
  let most = STEP;
  const more = find(`[data-more="${form.dataset.table}"]`);
  const rows = findAll(`#${form.dataset.table} tbody tr`);
  const controls = findAll("[data-filter]", form);
  const filter = () => {
    let n = 0;
    rows.forEach((row) => {
      const fits = controls.every((control) => {
        if (!control.value) return true;
        const name = control.dataset.filter;
        if (name === "words") return row.textContent.toLowerCase().includes(control.value.toLowerCase());
        return row.dataset[name] === control.value;
      });
      n += fits;
      row.hidden = !fits || n > most;
    });
    more.hidden = n <= most;
    more.textContent = `Show ${Math.min(STEP, n - most)} more`;
    find("output", form).textContent = `${n} of ${rows.length}`;
  };
  form.addEventListener("input", () => {
    most = STEP;
    filter();
  });
  more.addEventListener("click", () => {
    const first = rows.filter((row) => !row.hidden).length;
    most += STEP;
    filter();
    // Who listens goes on with the first of them, rather than at the end.
    find(".play", rows.filter((row) => !row.hidden)[first])?.focus({ preventScroll: true });
  });
  filter();
});
