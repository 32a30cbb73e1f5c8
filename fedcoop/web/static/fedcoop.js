/* What a script adds to pages that work without it: dragging, counting, sums, sliders, local times (design.md 5, 6).
   It stores nothing and sends nothing; forms are sent as they are. */
(() => {
"use strict";
const root = document.documentElement;
root.classList.add("js");
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const whole = (text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : 0);

/* --- rankings: arrows and dragging move rows in place; the selects stay the truth ------------------------------ */
const places = ["", "first", "second", "third"];
const place = (rank) => places[rank] || `number ${rank}`;

function ranking(form) {
  const list = form.querySelector("[data-ranks]");
  if (!list) return;
  const says = form.querySelector("[data-says]");
  const select = (row) => row.querySelector("select");
  const rows = () => all(".rank", list);
  const ranked = () => rows().filter((row) => select(row).value).sort((a, b) => whole(select(a).value) - whole(select(b).value));
  const start = rows();

  function show(order) {
    const rest = start.filter((row) => !order.includes(row));
    [...order, ...rest].forEach((row) => list.append(row));
    order.forEach((row, at) => { select(row).value = String(at + 1); });
    rest.forEach((row) => { select(row).value = ""; });
    rows().forEach((row) => {
      const at = order.indexOf(row);
      row.classList.toggle("none", at < 0);
      const [up, down] = all(".moves button", row);
      up.disabled = at === 0;
      down.disabled = at < 0;
    });
  }
  function tell(row) {
    const rank = whole(select(row).value);
    says.textContent = rank ? `${row.dataset.name} is now ${place(rank)}.` : `${row.dataset.name} is not ranked now.`;
  }
  function move(row, way) {
    const order = ranked(), at = order.indexOf(row);
    if (at < 0) { if (way === "up") order.push(row); }
    else if (way === "down" && at === order.length - 1) order.splice(at, 1);
    else if (!(way === "up" && at === 0)) { const to = at + (way === "up" ? -1 : 1); [order[at], order[to]] = [order[to], order[at]]; }
    show(order);
    tell(row);
  }
  function place_at(row, before) {
    const order = ranked().filter((other) => other !== row);
    const at = before ? order.indexOf(before) : order.length;
    order.splice(at < 0 ? order.length : at, 0, row);
    show(order);
    tell(row);
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest(".rank");
    move(row, button.value.startsWith("up:") ? "up" : "down");
    const again = button.disabled ? all(".moves button:not(:disabled)", row)[0] : button;
    if (again) again.focus();
  });
  list.addEventListener("change", (event) => {
    const own = event.target;
    if (!own.matches("select")) return;
    const same = all("select", list).some((other) => other !== own && own.value && other.value === own.value);
    if (same) { says.textContent = `Two choices have rank ${own.value} now. Give one of them another number.`; return; }
    own.closest(".rank").classList.toggle("none", !own.value);
  });
  rows().forEach((row) => {
    const grip = row.querySelector(".grip");
    grip.tabIndex = 0;
    grip.setAttribute("role", "button");
    grip.setAttribute("aria-label", `Move ${row.dataset.name}: arrow keys up and down, or drag`);
    grip.addEventListener("keydown", (event) => {
      const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
      if (!way) return;
      event.preventDefault();
      move(row, way);
      grip.focus();
    });
    grip.addEventListener("pointerdown", (event) => drag(event, row));
  });
  function drag(event, row) {
    if (event.button) return;
    event.preventDefault();
    row.classList.add("held");
    const over = (at) => rows().filter((other) => other !== row).find((other) => {
      const box = other.getBoundingClientRect();
      return at.clientY < box.top + box.height / 2;
    });
    const shift = (at) => list.insertBefore(row, over(at) || null);
    const drop = (at) => {
      end();
      const below = over(at);
      place_at(row, below && !below.classList.contains("none") ? below : null);
    };
    const stop = () => { end(); show(ranked()); };
    /* on the document: an element that is moved loses what it had captured */
    const heard = { pointermove: shift, pointerup: drop, pointercancel: stop };
    function end() {
      row.classList.remove("held");
      Object.entries(heard).forEach(([kind, hear]) => document.removeEventListener(kind, hear));
    }
    Object.entries(heard).forEach(([kind, hear]) => document.addEventListener(kind, hear));
  }
}

/* --- dots: the purse counts while you type and press ------------------------------------------------------------ */
function dots(form) {
  const purse = form.querySelector("[data-purse]");
  if (!purse) return;
  const most = Number(purse.dataset.purse), cap = Number(purse.dataset.cap);
  const fields = all(".stepper input", form);
  function count() {
    const left = most - fields.reduce((sum, field) => sum + whole(field.value), 0);
    const words = `${left} of ${most} ${most === 1 ? "dot" : "dots"} left`;
    purse.querySelector("b").textContent = left < 0 ? `${-left} too many` : words;
    all(".pips i", purse).forEach((pip, at) => pip.classList.toggle("on", at < left));
    fields.forEach((field) => {
      const [less, more] = all("button", field.parentElement);
      less.disabled = whole(field.value) === 0;
      more.disabled = left <= 0 || whole(field.value) >= cap;
    });
  }
  form.addEventListener("input", count);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=less], button[name=more]");
    if (!button) return;
    event.preventDefault();
    const field = button.parentElement.querySelector("input");
    field.value = Math.max(whole(field.value) + (button.name === "more" ? 1 : -1), 0);
    count();
    if (button.disabled) field.focus();
  });
  count();
}

/* --- ticks, sums, sliders --------------------------------------------------------------------------------------- */
function ticks(form) {
  const boxes = all("input[type=checkbox][name=choice]", form);
  if (!boxes.length) return;
  const told = form.querySelector("[data-ticks]"), usual = told && told.textContent;
  const sum = form.querySelector("[data-sum]");
  const number = (box) => box.dataset.alone !== undefined;
  const change = (event) => {
    const now = event && event.target;
    if (now && now.checked) boxes.forEach((box) => { if (box !== now && (number(now) || number(box))) box.checked = false; });
    const ticked = boxes.filter((box) => box.checked);
    if (told) {
      const most = Number(told.dataset.ticks);
      const over = most && ticked.length > most ? ` ${ticked.length - most} too many.` : "";
      told.textContent = ticked.length ? `${usual} Ticked: ${ticked.length}.${over}` : usual;
    }
    if (sum) sums(ticked, sum);
  };
  if (told) told.setAttribute("aria-live", "polite");
  form.addEventListener("change", change);
  change();
}
function sums(ticked, line) {
  const total = ticked.reduce((all, box) => all + Number(box.dataset.cost), 0), scale = Number(line.dataset.scale);
  const [main, rest] = (total / 10 ** scale).toFixed(total % 10 ** scale ? scale : 0).split(".");
  const number = main.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
  line.textContent = line.textContent.replace(/for [\d.,]+/, `for ${number}`);
}
function sliders(form) {
  all("[data-slide]", form).forEach((field) => {
    const [low, high] = field.dataset.slide.split(" ");
    const slider = Object.assign(document.createElement("input"), { type: "range", min: low, max: high, className: "slim-in" });
    slider.setAttribute("aria-label", `${form.querySelector(`label[for="${field.id}"]`).textContent}, as a slider`);
    slider.value = field.value || low;
    slider.addEventListener("input", () => { field.value = slider.value; });
    field.addEventListener("input", () => { if (field.value) slider.value = field.value; });
    field.before(slider);
  });
}

/* --- the reason box, shown with the answers that need it ----------------------------------------------------------- */
function because(form) {
  const box = form.querySelector("[data-because]"), prompts = all("[data-for]", form);
  const chosen = () => all("input[name=choice]:checked", form);
  const show = () => {
    const keys = chosen().map((input) => input.value);
    prompts.forEach((prompt) => { prompt.hidden = keys.length > 0 && !keys.includes(prompt.dataset.for); });
    if (!box) return;
    const text = box.querySelector("textarea");
    const needed = chosen().some((input) => input.dataset.reason !== undefined);
    box.hidden = !needed && !text.value && text.getAttribute("aria-invalid") !== "true";
    const tone = chosen().map((input) => input.closest(".choice"))[0];
    box.classList.toggle("care", !(tone && tone.classList.contains("stop")));
  };
  form.addEventListener("change", show);
  show();
}

/* --- times on the reader's own clock -------------------------------------------------------------------------------- */
function own_times(note) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const times = all("time[data-ends], #choice time");
  if (!zone || !times.length || note.textContent.includes(zone)) return;
  const usual = note.textContent, there = times.map((time) => time.textContent);
  const day = { weekday: "short", day: "numeric", month: "short" }, clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const own = (time) => {
    const from = new Date(time.dateTime), to = time.dataset.ends && new Date(time.dataset.ends);
    const text = `${from.toLocaleDateString("en-GB", day)}, ${from.toLocaleTimeString("en-GB", clock)}`;
    return to ? `${text} to ${to.toLocaleTimeString("en-GB", clock)}` : text;
  };
  const text = document.createElement("span"), button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn quiet low" });
  text.setAttribute("role", "status");
  let mine = false;
  const show = () => {
    times.forEach((time, at) => { time.textContent = mine ? own(time) : there[at]; });
    text.textContent = (mine ? `Times are shown in ${zone}, your own time zone.` : usual) + " ";
    button.textContent = mine ? "Show the co-\u2060op’s time" : "Use mine instead";
  };
  button.addEventListener("click", () => { mine = !mine; show(); });
  note.replaceChildren(text, button);
  show();
}

function start() {
  all("form[data-ballot]").forEach((form) => [ranking, dots, ticks, sliders, because].forEach((enhance) => enhance(form)));
  all("[data-zone]").forEach(own_times);
}
start();
})();
