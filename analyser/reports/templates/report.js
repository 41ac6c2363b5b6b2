"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const list = $("list"), table = $("calls"), tip = $("tip");
  const body = table && table.tBodies[0];
  const rows = body ? [...body.rows] : [];
  const visible = () => [...body.rows].filter((row) => !row.hidden);
  const original = document.title;

  // One page at a time, named by the address, so that back, forward and bookmarks work.
  const show = () => {
    const target = $(decodeURIComponent(location.hash.slice(1)) || "list") || list;
    const page = target.closest(".call") || list;
    document.querySelectorAll(".open").forEach((open) => open.classList.remove("open"));
    document.querySelectorAll(".here").forEach((here) => here.classList.remove("here"));
    page.classList.add("open");
    tip.hidden = true;
    document.title = page === list ? original : `${page.querySelector("h2").textContent} – ${original}`;
    if (page !== list) link(page);
    if (target === page || target.id === "main") window.scrollTo(0, 0);
    else { target.classList.add("here"); target.scrollIntoView({ block: "center" }); }
    if (location.hash) target.focus({ preventScroll: true });
  };
  const around = (page, step) => {
    const order = visible().map((row) => row.dataset.call);
    const at = order.indexOf(page.id);
    return at < 0 ? (step > 0 ? order[0] : undefined) : order[at + step];
  };
  const link = (page) => {
    for (const [name, step] of [["before", -1], ["next", 1]]) {
      const anchor = page.querySelector(`.walk .${name}`), to = around(page, step);
      anchor.href = to ? `#${to}` : "#list";
      if (to) anchor.removeAttribute("aria-disabled"); else anchor.setAttribute("aria-disabled", "true");
    }
  };
  window.addEventListener("hashchange", show);

  if (body) {
    const inputs = ["find", "by-agent", "by-behaviour", "by-flag"].map($);
    const filter = () => {
      const [words, agent, behaviour, flag] = inputs.map((input) => input.value);
      const wanted = words.trim().toLowerCase();
      for (const row of rows) {
        const text = `${row.cells[1].textContent} ${row.dataset.agent}`.toLowerCase();
        row.hidden = !((!wanted || text.includes(wanted)) && (!agent || row.dataset.agent === agent)
          && (!behaviour || row.dataset.behaviours.split(" ").includes(behaviour))
          && (!flag || row.dataset.state === flag));
      }
      $("count").textContent = `${visible().length} of ${rows.length} calls`;
    };
    inputs.forEach((input) => input.addEventListener("input", filter));
    const form = inputs[0].form;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    filter();

    const value = (row, column, kind) => {
      const cell = row.cells[column];
      return kind === "number" ? Number(cell.dataset.sort) : cell.textContent.trim();
    };
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const kind = head.dataset.kind, was = head.getAttribute("aria-sort");
        const down = was ? was === "ascending" : kind === "number";
        for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const compare = kind === "number" ? (a, b) => a - b : new Intl.Collator("en", { numeric: true }).compare;
        const sorted = rows.map((row) => [value(row, column, kind), row]);
        sorted.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])));
        body.append(...sorted.map((pair) => pair[1]));
      });
    });
  }

  // The words of a note, at the text it is about.
  const explain = (mark) => {
    tip.replaceChildren(...mark.getAttribute("aria-describedby").split(" ").map((id) => {
      const note = $(id), line = document.createElement("p"), title = document.createElement("b");
      title.textContent = `${note.querySelector("summary").textContent}: `;
      line.append(title, note.querySelector(".more").textContent);
      return line;
    }));
    tip.hidden = false;
    const at = mark.getClientRects()[0], size = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    tip.style.top = `${at.top > size.height + 12 ? at.top - size.height - 8 : at.bottom + 8}px`;
  };
  const over = (event) => { const mark = event.target.closest && event.target.closest("mark"); if (mark) explain(mark); };
  const away = (event) => { if (event.target.closest && event.target.closest("mark")) tip.hidden = true; };
  document.addEventListener("mouseover", over);
  document.addEventListener("focusin", over);
  document.addEventListener("mouseout", away);
  document.addEventListener("focusout", away);
  // Focus by keyboard scrolls the page: then the note goes along.
  document.addEventListener("scroll", () => {
    if (!tip.hidden && document.activeElement.matches("mark")) explain(document.activeElement);
    else tip.hidden = true;
  }, { passive: true });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tip.hidden = true;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea") || !body) return;
    const step = { j: 1, k: -1 }[event.key], page = document.querySelector(".call.open");
    if (step && page) {
      const to = around(page, step);
      if (to) location.hash = to;
    } else if (step) {
      const shown = visible(), at = shown.indexOf(document.activeElement.closest("tr"));
      const row = shown[Math.max(0, Math.min(shown.length - 1, at < 0 ? 0 : at + step))];
      if (row) row.querySelector("a").focus();
    } else if (event.key === "u" && page) {
      location.hash = "list";
      const row = rows.find((one) => one.dataset.call === page.id);
      setTimeout(() => row.querySelector("a").focus());
    } else if (event.key === "/") {
      event.preventDefault();
      location.hash = "list";
      setTimeout(() => $("find").focus());
    }
  });

  // Print holds what a pointer would show.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".open details").forEach((one) => { one.open = true; });
  });
  show();
})();
