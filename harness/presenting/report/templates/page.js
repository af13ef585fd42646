"use strict";
// The page is complete without this script. It adds a theme, sorting, filters and a choice of sources.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // --- theme: the system's until the reader chooses one

  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  const remembered = (value) => {
    try { // browsers may refuse storage to pages from files
      if (value) localStorage.setItem("loombench-theme", value);
      return localStorage.getItem("loombench-theme");
    } catch { return null; }
  };
  const before = remembered();
  if (before === "dark" || before === "light") root.dataset.theme = before;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remembered(root.dataset.theme);
    name();
  });
  system.addEventListener("change", name);
  name();

  // --- sorting: numbers by value, unknown values always last

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key === undefined ? cell.textContent.trim() : cell.dataset.key;
  };
  const compare = (key, other) => {
    const [a, b] = [Number(key), Number(other)];
    return Number.isNaN(a) || Number.isNaN(b) ? key.localeCompare(other) : a - b;
  };
  for (const table of all("table.sortable")) {
    const body = table.tBodies[0];
    for (const heading of all("thead th", table)) {
      heading.querySelector(".sort").addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [keyOf(row, heading.cellIndex), row]);
        rows.sort(([a], [b]) => {
          if (a === "" || b === "") return (a === "") - (b === "");
          return down ? compare(b, a) : compare(a, b);
        });
        body.append(...rows.map(([, row]) => row));
      });
    }
  }

  // --- filters: the address holds them after the place: #w-fanout&models=go,trio

  const boxes = (kind) => all(`#filters input[name=${kind}]`);
  const KINDS = ["workloads", "models", "questions"];
  const place = () => {
    const [first] = location.hash.slice(1).split("&");
    return first.includes("=") ? "" : first;
  };
  const chosen = (kind) => new Set(boxes(kind).filter((box) => box.checked).map((box) => box.value));
  const words = () => KINDS
    .filter((kind) => boxes(kind).some((box) => !box.checked))
    .map((kind) => `${kind}=${[...chosen(kind)].map(encodeURIComponent).join(",")}`);
  let ownWork = ""; // CPU time and wait in ms, and how many at a time: 5,50,200
  const ours = [...KINDS, "work"];
  const others = () => location.hash.slice(1).split("&") // what other parts of the page keep there
    .filter((part) => part.includes("=") && !ours.includes(part.split("=")[0]));
  const address = (at) => {
    const parts = [at, ...words(), ownWork && `work=${ownWork}`, ...others()].filter(Boolean);
    return parts.length ? `#${parts.join("&")}` : location.pathname + location.search;
  };

  const apply = () => {
    const [workloads, models, questions] = KINDS.map(chosen);
    for (const element of all("[data-workload]")) {
      element.hidden = !workloads.has(element.dataset.workload);
    }
    for (const element of all("[data-workloads]")) {
      element.hidden = !element.dataset.workloads.split(" ").some((id) => workloads.has(id));
    }
    for (const element of all("[data-question]")) {
      element.hidden = !questions.has(element.dataset.question);
    }
    for (const element of all("[data-model]")) element.hidden = !models.has(element.dataset.model);
    for (const chip of all(".chip")) {
      chip.hidden = !chip.dataset.models.split(" ").some((model) => models.has(model));
      show(chip);
    }
    for (const element of all("details.source")) {
      element.hidden = !element.dataset.models.split(" ").some((model) => models.has(model));
    }
    const counts = KINDS.filter((kind) => boxes(kind).length).map((kind) => `${chosen(kind).size} of ${boxes(kind).length} ${kind}`);
    document.getElementById("shown").textContent = words().length
      ? counts.join(", ") : "everything is shown";
    document.getElementById("nothing").hidden = workloads.size > 0 && models.size > 0;
  };

  const readAddress = () => {
    for (const kind of KINDS) {
      const part = location.hash.slice(1).split("&").find((text) => text.startsWith(`${kind}=`));
      let names = null;
      try {
        if (part) names = new Set(part.slice(kind.length + 1).split(",").map(decodeURIComponent));
      } catch { names = null; } // an address that was cut off
      for (const box of boxes(kind)) box.checked = !names || names.has(box.value);
    }
    apply();
    const work = location.hash.slice(1).split("&").find((text) => text.startsWith("work="));
    if (work) fillWork(work.slice("work=".length).split(","));
    else all(".own-work").forEach(answer);
    goTo(place());
  };

  const goTo = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let element = target; element; element = element.parentElement) {
      if (element.tagName === "DETAILS") element.open = true;
    }
    target.scrollIntoView();
  };

  for (const kind of KINDS) {
    for (const box of boxes(kind)) {
      box.addEventListener("change", () => {
        history.replaceState(null, "", address(place()));
        apply();
      });
    }
  }
  document.getElementById("all").addEventListener("click", () => {
    for (const kind of KINDS) for (const box of boxes(kind)) box.checked = true;
    history.replaceState(null, "", address(place()));
    apply();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    const id = link.getAttribute("href").slice(1);
    history.pushState(null, "", address(id));
    goTo(id);
    const target = document.getElementById(id);
    if (target) {
      target.setAttribute("tabindex", "-1"); // so that the keyboard continues from there
      target.focus({ preventScroll: true });
    }
  });
  addEventListener("hashchange", readAddress);
  addEventListener("popstate", readAddress);

  // --- sources: at most three; a fourth replaces the one chosen first

  const MOST = 3;
  function show(chip) {
    const source = document.getElementById(chip.getAttribute("aria-controls"));
    source.hidden = chip.hidden || chip.getAttribute("aria-pressed") !== "true";
  }
  for (const group of all(".chips")) {
    let order = all(".chip", group).filter((chip) => chip.getAttribute("aria-pressed") === "true");
    group.addEventListener("click", (event) => {
      const chip = event.target.closest(".chip");
      if (!chip) return;
      order = order.includes(chip) ? order.filter((other) => other !== chip) : [...order, chip];
      if (order.length > MOST) order = order.slice(-MOST);
      for (const other of all(".chip", group)) {
        other.setAttribute("aria-pressed", String(order.includes(other)));
        show(other);
      }
    });
  }

  // --- the map: what it shows for the reader's own requests; the address keeps them

  const NEAREST = 2;
  const SVG = "http://www.w3.org/2000/svg";
  const placeOf = (share) => (share < 1 ? share : 1 + Math.log10(share));
  const say = (parent, name, text) => parent.append(Object.assign(document.createElement(name), { textContent: text }));

  function fillWork(numbers) {
    for (const form of all(".own-work")) {
      all("input", form).forEach((input, i) => { input.value = numbers[i] || ""; });
      answer(form);
    }
  }

  function answer(form) {
    const output = form.querySelector(".answer");
    const inputs = all("input", form);
    const typed = inputs.map((input) => input.value.trim());
    const isExample = typed.every((text) => text === "");
    const texts = isExample ? inputs.map((input) => input.placeholder) : typed;
    const [cpu, wait, count] = texts.map(Number);
    output.replaceChildren();
    ownWork = "";
    all(".own-mark").forEach((mark) => mark.remove());
    if (texts.includes("")) return;
    if (!(cpu >= 0 && wait >= 0 && cpu + wait > 0 && count >= 1 && Number.isFinite(cpu + wait + count))) {
      say(output, "p", "Expected: times of 0 ms or more, not both 0, and at least 1 at a time.");
      return;
    }
    const map = JSON.parse(form.dataset.map);
    const [x, y] = [placeOf((100 * cpu) / (cpu + wait)), Math.log10(count)];
    if (isExample) say(output, "p", `For example, ${cpu} ms of CPU and ${wait} ms of waiting, ${count} at a time:`);
    const hint = isExample ? "" : "; see what was measured nearby";
    for (const one of map.maps) say(output, "p", `${one.heading}: ${reading(map, one, x, y, hint)}`);
    if (isExample) return;
    ownWork = texts.map(encodeURIComponent).join(",");
    const away = (point) => Math.hypot(point.x - x, point.y - y);
    const points = [...map.points].sort((a, b) => away(a) - away(b)).slice(0, NEAREST);
    for (const point of points) {
      say(output, "p", `Measured nearby: ${point.requests}`);
      const list = output.appendChild(document.createElement("ul"));
      map.maps.forEach((one, i) => say(list, "li", `${one.heading}: ${point.findings[i] || "not measured"}`));
    }
    say(output, "p", `Full advice: loombench advise --cpu ${cpu}ms --wait ${wait}ms --concurrency ${count}`);
    mark(form, (x - map.left) / (map.right - map.left), (y - map.low) / (map.high - map.low));
  }

  function reading(map, one, x, y, hint) {
    const row = one.rows[Math.round((y - map.low) / map.step)] || "";
    const letter = row[Math.round((x - map.left) / map.step)] || ".";
    if (letter === ".") return "not measured here";
    const name = one.names[letter.toLowerCase().charCodeAt(0) - "a".charCodeAt(0)];
    return letter === letter.toUpperCase() ? name : `tied or undecided${hint}`;
  }

  function mark(form, right, up) {
    if (!(right >= 0 && right <= 1 && up >= 0 && up <= 1)) return;
    for (const panel of all('[id*="-map-"]', form.parentElement).filter((one) => one.getBBox)) {
      const box = panel.getBBox();
      const ring = document.createElementNS(SVG, "circle");
      const look = { class: "own-mark", cx: box.x + right * box.width, cy: box.y + (1 - up) * box.height, r: 9 };
      for (const [name, value] of Object.entries(look)) ring.setAttribute(name, value);
      panel.closest("svg").append(ring);
    }
  }

  for (const form of all(".own-work")) {
    form.addEventListener("input", () => {
      answer(form);
      history.replaceState(null, "", address(place()));
    });
  }

  // --- printing unfolds everything

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });

  readAddress();
})();
