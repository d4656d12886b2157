// The live picture of a phone, and charts. Pages can be read without it.
"use strict";
(() => {
  const $ = (s, from = document) => from.querySelector(s);
  const $$ = (s, from = document) => [...from.querySelectorAll(s)];
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-Csrf-Token"];
  const tell = (kind, words) => document.dispatchEvent(new CustomEvent("toast", { detail: { kind, words } }));

  // A phone's screen: asked for again only while the picture can be seen.
  function hand(box) {
    const glass = $(".glass", box), img = $("img", glass), wait = $(".wait", glass), age = $("[data-age]", box);
    let seen = true, tag = "", taken = 0, failures = 0, touched = false, timer = 0, busy = false, again = false;

    new IntersectionObserver((e) => { seen = e[e.length - 1].isIntersecting; if (seen) soon(0); }).observe(glass);
    document.addEventListener("visibilitychange", () => { if (document.hidden) done(); else soon(0); });
    addEventListener("pagehide", done);

    function soon(ms) {
      clearTimeout(timer);
      timer = setTimeout(look, ms);
    }
    async function look() {
      if (document.hidden || !seen) return;
      if (busy) { again = true; return; }
      busy = true;
      try {
        const r = await fetch(box.dataset.screen, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
        if (r.status === 200) {
          const blob = await r.blob();
          tag = r.headers.get("ETag");
          taken = Date.parse(r.headers.get("X-Picture-Time"));
          const old = img.src;
          img.src = URL.createObjectURL(blob);
          await img.decode();
          if (old) URL.revokeObjectURL(old);
          img.hidden = false;
          wait.hidden = true;
        } else if (r.status !== 304) throw new Error(r.status);
        failures = 0;
        glass.classList.remove("stale");
      } catch {
        failures++;
        glass.classList.add("stale");
        if (failures > 1) { wait.textContent = box.dataset.failed; wait.hidden = false; }
      }
      busy = false;
      soon(again ? 0 : Math.min(1000 * 2 ** failures, 15000));
      again = false;
    }
    setInterval(() => {
      if (taken) age.textContent = age.dataset.words.replace("{0}", Math.max(0, Math.round((Date.now() - taken) / 1000)));
    }, 500);

    async function send(touch) {
      touched = !touch.done;
      glass.classList.add("acting");
      try {
        const r = await fetch(box.dataset.input, {
          method: "POST", keepalive: true, body: JSON.stringify(touch),
          headers: { "Content-Type": "application/json", "X-Csrf-Token": csrf(), "HX-Request": "true" },
        });
        const said = r.headers.get("HX-Trigger");
        if (!r.ok && said) { const t = JSON.parse(said).toast; tell(t.kind, t.words); }
        if (!touch.done) soon(150);
        return r.ok;
      } catch { return false; } finally { glass.classList.remove("acting"); }
    }
    // Whoever leaves lets sending go on.
    function done() { if (touched) send({ done: true }); }

    const at = (e) => {
      const r = img.getBoundingClientRect();
      const on = (v, from, size, pixels) => Math.min(pixels - 1, Math.max(0, Math.round((v - from) / size * pixels)));
      return { x: on(e.clientX, r.left, r.width, img.naturalWidth), y: on(e.clientY, r.top, r.height, img.naturalHeight) };
    };
    let down = null;
    img.addEventListener("pointerdown", (e) => {
      if (e.button) return;
      down = { p: at(e), x: e.clientX, y: e.clientY, t: Date.now() };
      img.setPointerCapture(e.pointerId);
      e.preventDefault();
      glass.focus({ preventScroll: true });
    });
    img.addEventListener("pointercancel", () => { down = null; });
    img.addEventListener("pointerup", (e) => {
      if (!down) return;
      const ms = Date.now() - down.t, to = at(e), far = Math.hypot(e.clientX - down.x, e.clientY - down.y) > 10;
      const from = down.p;
      down = null;
      mark(e);
      if (far) send({ swipe: { from, to, ms: Math.min(2000, Math.max(150, ms)) } });
      else if (ms > 550) send({ swipe: { from, to: from, ms: Math.min(2000, ms) } });
      else send({ tap: from });
    });
    function mark(e) {
      const r = glass.getBoundingClientRect(), m = document.createElement("span");
      m.className = "mark";
      m.style.left = e.clientX - r.left + "px";
      m.style.top = e.clientY - r.top + "px";
      glass.append(m);
      setTimeout(() => m.remove(), 600);
    }

    // The keyboard, while the picture has the focus. Tab goes on, Escape leaves.
    const keys = { Enter: "ENTER", Backspace: "DEL", ArrowUp: "DPAD_UP", ArrowDown: "DPAD_DOWN", ArrowLeft: "DPAD_LEFT",
      ArrowRight: "DPAD_RIGHT", PageUp: "PAGE_UP", PageDown: "PAGE_DOWN", Home: "MOVE_HOME", End: "MOVE_END", " ": "SPACE" };
    glass.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.key === "Tab") return;
      e.stopPropagation();
      if (e.key === "Escape") { glass.blur(); return; }
      if (keys[e.key]) send({ key: keys[e.key] });
      else if (e.key.length === 1) send({ text: e.key });
      else return;
      e.preventDefault();
    });
    $$("[data-key]", box).forEach((b) => b.addEventListener("click", () => send({ key: b.dataset.key })));
    $("[data-type]", box).addEventListener("submit", async (e) => {
      e.preventDefault();
      const field = e.target.elements.text;
      if (field.value && await send({ text: field.value })) field.value = "";
    });
    soon(0);
  }

  // Charts are drawn from the tables behind them: <figure data-chart="line|bars"
  // data-table="id">, whose head names the series and whose cells have data-v.
  function chart(box) {
    const table = document.getElementById(box.dataset.table), host = $(".plot", box);
    if (!table || typeof uPlot === "undefined") return;
    const names = $$("thead th[data-color]", table), rows = $$("tbody tr", table);
    const xs = rows.map((r) => Number(r.dataset.t));
    const data = [xs, ...names.map((n) => rows.map((r) => {
      const v = r.cells[n.cellIndex].dataset.v;
      return v === undefined || v === "" ? null : Number(v);
    }))];
    const step = Number(box.dataset.step) || 86400;
    let plot = null;
    const css = (name) => getComputedStyle(box).getPropertyValue(name).trim();
    // A custom property is resolved only where it is used as a colour.
    const color = (name) => { const probe = document.createElement("i"); probe.style.color = `var(${name})`; box.append(probe); const c = getComputedStyle(probe).color; probe.remove(); return c; };
    const lang = document.documentElement.lang;
    const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: box.dataset.unit === "money" ? 2 : 1, notation: "compact" });
    const day = new Intl.DateTimeFormat(lang, step >= 28 * 86400 ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" });
    function seconds(v) {
      if (v === null || v === undefined) return "–";
      if (v < 60) return whole.format(v) + " s";
      if (v < 3600) return whole.format(v / 60) + " min";
      return whole.format(v / 3600) + " h";
    }
    const show = box.dataset.unit === "seconds" ? seconds : (v) => (v === null || v === undefined ? "–" : whole.format(v) + (box.dataset.currency ? " " + box.dataset.currency : ""));
    function draw() {
      if (plot) plot.destroy();
      const ink = color("--muted"), grid = { stroke: color("--line"), width: 1 };
      const bars = box.dataset.chart === "bars" ? uPlot.paths.bars({ size: [0.7, 48], radius: 0.15 }) : undefined;
      plot = new uPlot({
        width: host.clientWidth, height: 220,
        cursor: { drag: { x: false, y: false }, points: { size: 7 } },
        scales: { x: { time: true, range: (u, a, b) => [a - step / 2, b + step / 2] }, y: { range: (u, a, b) => [0, Math.max(b * 1.1, 1e-3) || 1] } },
        axes: [
          { stroke: ink, grid: { show: false }, ticks: { show: false }, font: "12px " + css("--font"), space: 60, values: (u, list) => list.map((v) => day.format(v * 1000)), incrs: [86400, 2 * 86400, 3 * 86400, 7 * 86400, 14 * 86400, 30.4 * 86400, 91 * 86400].filter((i) => i >= Math.min(step, 2592000)) },
          { stroke: ink, grid, ticks: { show: false }, font: "12px " + css("--font"), size: 62, values: (u, list) => list.map(show) },
        ],
        series: [{ label: box.dataset.when, value: (u, v) => (v ? day.format(v * 1000) : "–") }, ...names.map((n) => ({
          label: n.textContent, stroke: color(n.dataset.color), width: 2, spanGaps: false, points: { show: rows.length < 2, size: 6 },
          fill: bars ? color(n.dataset.color) : undefined, paths: bars, value: (u, v) => show(v), dash: n.dataset.dash ? [6, 4] : undefined,
        }))],
      }, data, host);
    }
    draw();
    new ResizeObserver(() => { if (plot && host.clientWidth) plot.setSize({ width: host.clientWidth, height: 220 }); }).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }

  document.addEventListener("DOMContentLoaded", () => {
    $$("[data-screen]").forEach(hand);
    $$("[data-chart]").forEach(chart);
  });
  // Forms that ask before they act: <form data-ask="Really?">, which has a dialog behind it.
  document.addEventListener("submit", (e) => {
    const words = e.target.dataset && e.target.dataset.ask;
    if (words && !confirm(words)) e.preventDefault();
  });
  document.addEventListener("click", async (e) => {
    const b = e.target.closest("[data-copy]");
    if (!b) return;
    try { await navigator.clipboard.writeText($(b.dataset.copy).textContent); tell("good", b.dataset.copied); } catch { /* the text can be selected */ }
  });
})();
