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
  const others = () => location.hash.slice(1).split("&") // what other parts of the page keep there
    .filter((part) => part.includes("=") && !KINDS.includes(part.split("=")[0]));
  const address = (at) => {
    const parts = [at, ...words(), ...others()].filter(Boolean);
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

  // --- printing unfolds everything

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });

  readAddress();
})();
