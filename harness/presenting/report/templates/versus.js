"use strict";
// Head to head: draws the pair that the reader chooses as the page has drawn its first pair.
(() => {
  const section = document.getElementById("versus");
  if (!section) return;
  const data = JSON.parse(document.getElementById("versus-data").textContent);
  const [first, second] = section.querySelectorAll("select");
  const body = section.querySelector("tbody");
  const [BETTER, WORSE, TIED, UNDECIDED] = [0, 1, 2, 3];
  const CLASSES = ["better", "worse", "tied", "undecided"];
  const WORDS = { true: ["faster", "slower", "tied", "undecided"], false: CLASSES };
  const OPPOSITE = [WORSE, BETTER, TIED, UNDECIDED];

  // --- what is known of a pair, from the side of its leader

  const bout = ([kind, i, j, value, low, high, n, outcome], one) => {
    const [id, title, metric, isSpeed, floor] = data.kinds[kind];
    const turn = (x) => (x === null ? null : 1 / x);
    const known = one === i
      ? { value, low, high, outcome }
      : { value: 1 / value, low: turn(high), high: turn(low), outcome: OPPOSITE[outcome] };
    return { id, title, metric, isSpeed, floor, n, ...known };
  };
  const lead = (bouts) => {
    for (const kind of [true, false]) {
      const of = (outcome) => bouts.filter((one) => one.isSpeed === kind && one.outcome === outcome).length;
      if (of(BETTER) !== of(WORSE)) return of(BETTER) - of(WORSE);
    }
    return 0;
  };
  const match = (one, other) => {
    const found = data.bouts.filter(([, i, j]) => (i === one && j === other) || (i === other && j === one));
    const [leader, behind] = lead(found.map((row) => bout(row, one))) < 0 ? [other, one] : [one, other];
    const bouts = found.map((row) => bout(row, leader)).sort((a, b) => b.value - a.value);
    return { leader: data.names[leader], behind: data.names[behind], bouts };
  };

  // --- words

  const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const join = (names) => {
    const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} others`] : names;
    return shown.length < 2 ? shown.join() : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
  };
  const clauses = (bouts, isSpeed) => CLASSES
    .map((_, outcome) => [WORDS[isSpeed][outcome], bouts.filter((one) => one.outcome === outcome).length])
    .filter(([, count]) => count);
  const list = (parts) => parts.map(([word, count]) => `${word} in ${count}`).join(", ");
  const answer = ({ leader, behind, bouts }) => {
    if (!bouts.length) return `No workload compares ${leader} and ${behind}.`;
    if (bouts.every((one) => one.low === null)) return `Too few blocks to compare ${leader} and ${behind}.`;
    const isSpeed = bouts.some((one) => one.isSpeed);
    const main = bouts.filter((one) => one.isSpeed === isSpeed);
    const [[word, count], ...more] = clauses(main, isSpeed);
    const isAhead = main.some((one) => one.outcome === BETTER || one.outcome === WORSE);
    const pair = isAhead ? `${leader} is ${word} than ${behind}` : `${leader} against ${behind}: ${word}`;
    let text = `${pair} in ${count} of ${plural(main.length, "workload")}`;
    if (more.length) text += `, ${list(more)}`;
    const rest = bouts.filter((one) => one.isSpeed !== isSpeed);
    if (rest.length) text += `; of ${plural(rest.length, "other")} (memory, lateness, counts) ${list(clauses(rest, false))}`;
    return `${text}.`;
  };
  const whyUndecided = (bouts) => {
    const undecided = bouts.filter((one) => one.outcome === UNDECIDED);
    const isNoisy = (one) => one.floor !== null && one.floor > Math.max(data.margin, one.value, 1 / one.value);
    const noisy = undecided.filter(isNoisy).map((one) => one.title);
    const parts = [];
    if (noisy.length) parts.push(`the noise is larger than the difference in ${join(noisy)}`);
    if (noisy.length < undecided.length) parts.push(`more blocks could decide ${noisy.length ? "the others" : "it"}`);
    return parts.length ? `Why undecided: ${parts.join("; ")}.` : "";
  };
  const missing = (one, other, compared) => {
    const found = notCompared(one, other, compared);
    return found.length ? `Not compared: ${found.join(", ")}.` : "";
  };
  const notCompared = (one, other, compared) => data.workloads
    .filter(([title, measured, rest]) => !compared.has(title)
      && [one, other].every((index) => index in measured || index in rest)
      && (one in measured || other in measured))
    .map(([title, measured, rest]) => {
      const why = [one, other]
        .map((index) => [data.names[index], measured[index] || rest[index]])
        .filter(([, reason]) => reason).map(([name, reason]) => `${name}: ${reason}`);
      return `${title} (${why.join("; ") || "no block has both"})`;
    });
  const significant = (value) => {
    const decimals = (x) => Math.max(0, 2 - Math.floor(Math.log10(x)));
    let digits = decimals(value);
    if (digits && decimals(Number(value.toFixed(digits))) < digits) digits -= 1;
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
  const ends = ({ low, high, n }) => (low === null ? `(n = ${n})` : `[${significant(low)}, ${significant(high)}]`);

  // --- the drawing

  const SVG = "http://www.w3.org/2000/svg";
  const element = (tag, attributes = {}, ...children) => {
    const isSvg = ["svg", "rect", "line", "circle"].includes(tag);
    const made = isSvg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const axis = (bouts) => {
    const ends = bouts.flatMap((one) => [one.low, one.value, one.high]).filter((end) => end !== null);
    const [low, high] = [Math.min(1 / 1.3, ...ends) / 1.15, Math.max(1.3, ...ends) * 1.15];
    return (x) => 100 * Math.log(Math.min(Math.max(x, low), high) / low) / Math.log(high / low);
  };
  const percent = (x) => `${x.toFixed(2)}%`;
  const drawing = (one, at) => {
    const svg = element("svg", { "aria-hidden": "true", width: "100%", height: "18" });
    const middle = percent(at(1));
    if (one.floor !== null) {
      const left = at(1 / one.floor);
      svg.append(element("rect", { class: "floor", x: percent(left), width: percent(at(one.floor) - left), y: 0, height: 18 }));
    }
    svg.append(element("line", { class: "one", x1: middle, x2: middle, y1: 0, y2: 18 }));
    if (one.low !== null) {
      svg.append(element("line", { class: "range", x1: percent(at(one.low)), x2: percent(at(one.high)), y1: 9, y2: 9 }));
    }
    svg.append(element("circle", { cx: percent(at(one.value)), cy: 9, r: 4.5 }));
    return svg;
  };
  const row = (one, at) => element("tr", { class: CLASSES[one.outcome] },
    element("th", { scope: "row" },
      element("a", { href: `#w-${one.id}` }, one.title), " ", element("span", { class: "among" }, one.metric)),
    element("td", { class: "word" }, WORDS[one.isSpeed][one.outcome]),
    element("td", { class: "number" },
      `${significant(one.value)}x `, element("span", { class: "ends" }, ends(one))),
    element("td", { class: "plot" }, drawing(one, at)));

  const draw = () => {
    const [one, other] = [first.selectedIndex, second.selectedIndex];
    const pair = match(one, other);
    const at = axis(pair.bouts);
    const say = (id, text) => { document.getElementById(id).textContent = text; };
    say("versus-answer", one === other ? "Choose two contestants." : answer(pair));
    say("versus-undecided", whyUndecided(pair.bouts));
    say("versus-missing", one === other ? "" : missing(one, other, new Set(pair.bouts.map(({ title }) => title))));
    for (const leader of section.querySelectorAll(".leader")) leader.textContent = pair.leader;
    body.replaceChildren(...pair.bouts.map((found) => row(found, at)));
  };

  // --- the address keeps the choice: #versus=asyncio,go

  const KEY = "versus=";
  const original = [first.value, second.value];
  const parts = () => location.hash.slice(1).split("&").filter(Boolean);
  const read = () => {
    const part = parts().find((text) => text.startsWith(KEY));
    let names = original;
    try {
      if (part) names = part.slice(KEY.length).split(",").map(decodeURIComponent);
    } catch { names = original; } // an address that was cut off
    if (names.length !== 2 || names.some((name) => !data.names.includes(name))) names = original;
    if (names[0] !== first.value || names[1] !== second.value) {
      [first.value, second.value] = names;
      draw();
    }
    if (part && parts()[0] === part) section.scrollIntoView();
  };
  for (const select of [first, second]) {
    select.addEventListener("change", () => {
      const choice = KEY + [first.value, second.value].map(encodeURIComponent).join(",");
      const others = parts().filter((text) => !text.startsWith(KEY));
      history.replaceState(null, "", `#${[...others, choice].join("&")}`);
      draw();
    });
  }
  addEventListener("hashchange", read);
  addEventListener("popstate", read);
  read();
})();
