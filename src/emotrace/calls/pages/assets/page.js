// What the call desk's pages do: play and follow a call, sort and filter tables. No library, nothing is fetched.
"use strict";

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (name, text) => Object.assign(document.createElement(name), { textContent: text });

function showTime(seconds) {
  const whole = Math.floor(seconds + 1e-6);
  const pad = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  const rest = pad(whole % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${rest}`;
}

const percent = (share) => `${Math.round(100 * share)}\u00a0%`;

// The entry of a list ordered by start ([start, end, ...]) that holds a moment.
function entryAt(entries, seconds) {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle][0] <= seconds) low = middle + 1;
    else high = middle;
  }
  const entry = entries[low - 1];
  return entry && seconds < entry[1] ? entry : null;
}

// ---- A call -------------------------------------------------------------------------------------------------

function startCall(call) {
  const audio = find("#audio");
  const stage = find("#stage");
  const timeline = find("#timeline");
  const cursor = find("#cursor");
  const tooltip = find("#tooltip");
  const heard = find("#heard");
  const turnRows = new Map(findAll("#turns tbody tr").map((row) => [Number(row.dataset.turn), row]));
  const cards = findAll(".card");
  const currentMarks = new Map();
  let position = 0; // where the cursor stands, in seconds; without audio there is nothing else that knows
  let stopAt = null; // where to stop, while just one stretch is played

  // Whoever sets a position in seconds comes through here.
  function seek(seconds) {
    position = Math.min(Math.max(seconds, 0), call.duration);
    stopAt = null;
    if (audio) audio.currentTime = position;
    draw();
  }

  function play(start, end) {
    seek(start);
    if (!audio) return;
    stopAt = end;
    resume();
  }

  function resume() {
    audio.play().catch((error) => {
      if (error.name !== "AbortError") complain();
    });
  }

  function toggle() {
    if (!audio) return;
    if (audio.paused) resume();
    else audio.pause();
  }

  // Go to the next escalation, or with -1 to the one before; a second counts as being at its start still.
  function step(direction) {
    const starts = call.escalations.map((escalation) => escalation[0]);
    const ahead = direction > 0
      ? starts.filter((start) => start > position + 0.05).slice(0, 1)
      : starts.filter((start) => start < position - 1).slice(-1);
    if (ahead.length) seek(ahead[0]);
  }

  function follow() {
    position = audio.currentTime;
    if (stopAt !== null && position >= stopAt) {
      audio.pause();
      stopAt = null;
    }
    draw();
    if (!audio.paused) requestAnimationFrame(follow);
  }

  function draw() {
    const share = call.duration ? Math.min(position / call.duration, 1) : 0;
    cursor.hidden = false;
    cursor.style.transform = `translateX(${share * stage.clientWidth}px)`;
    find("#progress").style.transform = `scaleX(${share})`;
    find("#now").textContent = showTime(position);
    drawHeard();
    markCurrent("turn", turnRows.get(currentTurn()));
    const inside = call.escalations.findIndex(([start, end]) => start <= position && position < end);
    markCurrent("escalation", cards[inside]);
  }

  function currentTurn() {
    // The turn that began last, where several people speak.
    return call.turns.reduce((found, [start, end], n) => (start <= position && position < end ? n : found), -1);
  }

  function markCurrent(kind, node) {
    const before = currentMarks.get(kind);
    if (before === node) return;
    if (before) before.removeAttribute("aria-current");
    if (node) node.setAttribute("aria-current", "true");
    currentMarks.set(kind, node);
  }

  // What is said of each analysed party at a moment: [party, words].
  function heardAt(seconds) {
    return Object.entries(call.heard).map(([party, entries]) => {
      const entry = entryAt(entries, seconds);
      if (!entry || !entry[4].length) return [party, "no speech"];
      const [, , , uncertain, best] = entry;
      const words = best.map(([label, p]) => `${call.labels[label]} ${percent(p)}`);
      return [party, (uncertain ? "uncertain: " : "") + words.join(", ")];
    });
  }

  function drawHeard() {
    const words = heardAt(position).map(([party, said]) => `${party}: ${said}`);
    const text = words.join(" \u00b7 ");
    if (heard.dataset.text !== text) {
      heard.dataset.text = text;
      heard.replaceChildren(...heardAt(position).map(([party, said]) => {
        const who = make("span", "");
        who.className = "who";
        who.append(make("b", party), " ", said);
        return who;
      }));
    }
    timeline.setAttribute("aria-valuenow", position.toFixed(1));
    timeline.setAttribute("aria-valuetext", [showTime(position), ...words].join(", "));
  }

  function secondsAt(event) {
    const box = stage.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * call.duration;
  }

  function drawTooltip(event) {
    const seconds = Math.min(Math.max(secondsAt(event), 0), call.duration);
    const speakers = call.turns.filter(([start, end]) => start <= seconds && seconds < end).map((turn) => turn[2]);
    const lines = [`${showTime(seconds)} \u00b7 ${[...new Set(speakers)].join(" and ") || "silence"}`];
    lines.push(...heardAt(seconds).map(([party, said]) => `${party}: ${said}`));
    const escalations = call.escalations.filter(([start, end]) => start <= seconds && seconds < end);
    lines.push(...escalations.map((escalation) => `! ${escalation[2]}`));
    tooltip.replaceChildren(...lines.map((line) => make("p", line)));
    tooltip.hidden = false;
    const desk = tooltip.parentElement.getBoundingClientRect();
    const left = Math.min(event.clientX - desk.left + 14, desk.width - tooltip.offsetWidth - 4);
    const top = event.clientY - desk.top - tooltip.offsetHeight - 12;
    tooltip.style.transform = `translate(${Math.max(left, 4)}px, ${top}px)`;
  }

  function complain() {
    const note = find("#audio-error");
    note.textContent = "This browser cannot play the recording; the rest of the page can be read all the same.";
    note.hidden = false;
  }

  function onKey(event) {
    const at = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || at.closest("input, select, textarea")) return;
    const isSteering = !at.closest("button, summary, a");
    const actions = {
      ArrowLeft: () => seek(position - 5),
      ArrowRight: () => seek(position + 5),
      Home: at === timeline && (() => seek(0)),
      End: at === timeline && (() => seek(call.duration)),
      j: () => step(1),
      k: () => step(-1),
      " ": isSteering && audio && toggle, // on a button, space presses the button
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const target = event.target.closest("button[data-start]");
    if (!target) return;
    const { start, end } = target.dataset;
    if ("play" in target.dataset) play(Number(start), end === undefined ? null : Number(end));
    else seek(Number(start));
  });

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const flag = event.target.closest(".flag");
    timeline.focus({ preventScroll: true });
    if (flag) {
      seek(Number(flag.dataset.start));
    } else {
      stage.setPointerCapture(event.pointerId);
      seek(secondsAt(event));
    }
    event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) seek(secondsAt(event));
    drawTooltip(event);
  });
  for (const leave of ["pointerleave", "pointercancel"]) {
    stage.addEventListener(leave, () => { tooltip.hidden = true; });
  }

  find("#previous").addEventListener("click", () => step(-1));
  find("#next").addEventListener("click", () => step(1));
  if (audio) {
    const button = find("#play");
    button.addEventListener("click", toggle);
    find("#speed").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
    for (const change of ["play", "pause", "ended"]) {
      audio.addEventListener(change, () => {
        document.body.classList.toggle("playing", !audio.paused);
        button.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
        button.title = audio.paused ? "Play" : "Pause";
      });
    }
    audio.addEventListener("play", follow);
    audio.addEventListener("seeked", follow);
    audio.addEventListener("error", complain);
    if (audio.error) complain();
  }

  // Words are shown in those runs of the ribbon that are wide enough for them.
  function fitWords() {
    const widths = findAll(".ribbon text").map((text) => [text, text.getComputedTextLength()]);
    const room = widths.map(([text]) => text.parentElement.getBoundingClientRect().width);
    widths.forEach(([text, width], n) => text.classList.toggle("fits", width + 12 <= room[n]));
    draw();
  }
  new ResizeObserver(fitWords).observe(stage);
}

// ---- Tables -------------------------------------------------------------------------------------------------

function startTable(table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell ? cell.dataset.value : undefined;
  };

  function compare(one, other) {
    // What has no value comes last, whichever way.
    if (one === undefined || other === undefined) return null;
    const difference = Number(one) - Number(other);
    return Number.isNaN(difference) ? one.localeCompare(other) : difference;
  }

  function sortBy(column) {
    const head = heads[column];
    const first = find("button", head).dataset.sort;
    const now = head.getAttribute("aria-sort");
    const opposite = { ascending: "descending", descending: "ascending" };
    const way = now ? opposite[now] : first;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", way);
    const sign = way === "ascending" ? 1 : -1;
    const sorted = [...rows].sort((a, b) => {
      const [one, other] = [valueOf(a, column), valueOf(b, column)];
      const difference = compare(one, other);
      return difference === null ? (one === undefined) - (other === undefined) : sign * difference;
    });
    body.append(...sorted);
  }

  heads.forEach((head, column) => {
    const button = find("button", head);
    if (button) button.addEventListener("click", () => sortBy(column));
  });

  const form = findAll("[data-table]").find((candidate) => candidate.dataset.table === table.id);
  if (!form) return;
  const words = rows.map((row) => row.textContent.toLowerCase());

  function filter() {
    const controls = findAll("[data-filter]", form)
      .filter((control) => control.value && (control.type !== "radio" || control.checked));
    const keeps = (row, n) => controls.every((control) => {
      const name = control.dataset.filter;
      return name ? row.dataset[name] === control.value : words[n].includes(control.value.trim().toLowerCase());
    });
    let shown = 0;
    rows.forEach((row, n) => {
      row.hidden = !keeps(row, n);
      shown += row.hidden ? 0 : 1;
    });
    const all = shown === rows.length;
    find("[data-tally]", form).textContent = all ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
  }

  form.addEventListener("input", filter);
  filter();
}

findAll("table").forEach(startTable);
if (find("#call")) startCall(JSON.parse(find("#call").textContent));
