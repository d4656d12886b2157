// What the pages need of the browser beside htmx: live updates, keys, toasts,
// drafts. No page needs it to be read.
"use strict";
(() => {
  const $ = (s, from = document) => from.querySelector(s);
  const $$ = (s, from = document) => [...from.querySelectorAll(s)];

  // The server writes times in the browser's time zone.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes("wabridge_zone=" + zone)) {
    document.cookie = `wabridge_zone=${zone}; path=/; max-age=31536000; samesite=strict`;
  }

  // Live: <div data-live-on="message status" data-live-key="…" hx-trigger="live">
  // is asked for again when an event of such a kind concerns its key (any key
  // without one).
  function concerns(el, changes) {
    const key = el.dataset.liveKey;
    return el.dataset.liveOn.split(" ").some((kind) => {
      const keys = changes[kind];
      return keys && (!key || keys.includes(key) || keys.includes("*"));
    });
  }
  function listen() {
    const path = document.body.dataset.live;
    if (!path) return;
    let cursor = document.body.dataset.cursor, wait = 1000, source;
    const offline = $("#offline");
    const open = () => {
      source = new EventSource(`${path}?after=${cursor}`);
      source.onopen = () => { offline.hidden = true; wait = 1000; };
      source.addEventListener("change", (e) => {
        cursor = e.lastEventId;
        const changes = JSON.parse(e.data);
        $$("[data-live-on]").filter((el) => concerns(el, changes)).forEach((el) => htmx.trigger(el, "live"));
      });
      source.onerror = () => {
        if (leaving) return;
        offline.hidden = false;
        if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
        setTimeout(open, wait);
        wait = Math.min(wait * 2, 30000);
      };
    };
    let leaving = false;
    addEventListener("pagehide", () => { leaving = true; source.close(); });
    addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
    open();
  }

  // Toasts: the server sends them with HX-Trigger. They stand in a place of
  // their own, or in the dialog that is open, which would hide that place. A
  // click takes one away.
  function toast(kind, words) {
    const el = document.createElement("p"), into = $("dialog[open]") || $("#toasts");
    el.className = "toast " + kind;
    el.textContent = words;
    el.setAttribute("role", kind === "bad" ? "alert" : "status");
    el.addEventListener("click", () => el.remove());
    while ($$(".toast", into).length > 2) $(".toast", into).remove();
    into.append(el);
    setTimeout(() => el.remove(), kind === "bad" ? 10000 : 5000);
  }
  document.addEventListener("toast", (e) => toast(e.detail.kind, e.detail.words));
  const lost = () => { const o = $("#offline"); if (o) o.hidden = false; };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:afterRequest", (e) => { // a proxy's error, not ours
    if (e.detail.xhr.status >= 500 && !e.detail.xhr.getResponseHeader("HX-Trigger")) lost();
  });

  // Keys. Letters count only where nothing is typed.
  const pages = { i: "inbox", o: "outbox", b: "bots", p: "phones", n: "insights", t: "templates", w: "webhooks", k: "tokens", s: "settings" };
  let going = 0;
  function move(by) {
    const rows = $$("[data-row]");
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const current = rows.findIndex((r) => r.hasAttribute("aria-current"));
    const from = at >= 0 ? at : current;
    rows[Math.min(rows.length - 1, Math.max(0, from + by))].focus();
  }
  function press(key) {
    if (Date.now() - going < 1500) {
      going = 0;
      const link = pages[key] && $(`[data-go="${pages[key]}"]`);
      if (link) link.click();
      return !!link;
    }
    switch (key) {
      case "g": going = Date.now(); return true;
      case "j": move(1); return true;
      case "k": move(-1); return true;
      case "/": { const s = $("[data-search]"); if (s) s.focus(); return !!s; }
      case "r": { const c = $("[data-compose]"); if (c) c.focus(); return !!c; }
      case "?": $("#keys").showModal(); return true;
    }
    return false;
  }
  document.addEventListener("keydown", (e) => {
    const typing = e.target.matches("input, textarea, select, [contenteditable]");
    if (e.key === "Escape") {
      $$("details.menu[open]").forEach((d) => { d.open = false; $("summary", d).focus(); });
      if (typing) e.target.blur();
      return;
    }
    if (typing || e.ctrlKey || e.metaKey || e.altKey || $("dialog[open]") || !$("#keys")) return;
    if (press(e.key)) e.preventDefault();
  });

  document.addEventListener("click", (e) => {
    const opener = e.target.closest("[data-open]");
    if (opener) $("#" + opener.dataset.open).showModal();
    const closer = e.target.closest("[data-close]");
    if (closer) closer.closest("dialog").close();
    const row = e.target.closest("a[data-row][hx-get]");
    if (row) {
      $$("a[data-row][aria-current]").forEach((r) => r.removeAttribute("aria-current"));
      row.setAttribute("aria-current", "true");
    }
    $$("details.menu[open]").forEach((d) => { if (!d.contains(e.target)) d.open = false; });
  });
  document.addEventListener("change", (e) => {
    const form = e.target.closest("form[data-change]") || (e.target.matches("[data-submit]") && e.target.form);
    if (form) form.requestSubmit();
  });

  // The reply box. Enter sends, Shift+Enter begins a line. Drafts are kept by
  // the browser until they are sent or somebody signs out.
  const draft = "wabridge:draft:";
  const composer = () => $("form[data-composer]");
  const keyOf = (form) => draft + form.dataset.composer;
  // A key per message: a form that is sent twice is one message.
  const renew = () => $$("form [name=key]").forEach((k) => {
    if (!k.value) k.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  });
  function settle() {
    renew();
    const form = composer();
    if (!form || form.dataset.ready) return;
    form.dataset.ready = "yes";
    form.text.value = localStorage.getItem(keyOf(form)) || "";
    if (matchMedia("(min-width: 901px)").matches && !document.activeElement.matches("input, textarea")) form.text.focus();
  }
  function choose(form) {
    const file = form.file.files[0], line = $(".chosen", form);
    line.hidden = !file;
    if (file) $("span", line).textContent = file.name;
  }
  document.addEventListener("input", (e) => {
    const form = e.target.closest("form[data-composer]");
    if (!form || e.target.name !== "text") return;
    if (form.text.value) localStorage.setItem(keyOf(form), form.text.value);
    else localStorage.removeItem(keyOf(form));
  });
  document.addEventListener("change", (e) => {
    if (e.target.matches("form[data-composer] [name=file]")) choose(e.target.form);
  });
  document.addEventListener("click", (e) => {
    const off = e.target.closest("[data-unchoose]");
    if (off) { off.form.file.value = ""; choose(off.form); off.form.text.focus(); }
  });
  // How much of a file has gone up. (The answer's own progress has no file.)
  document.addEventListener("htmx:xhr:progress", (e) => {
    const form = e.target.closest && e.target.closest("form[data-composer]");
    if (!form || !form.file.files.length || !e.detail.lengthComputable) return;
    const bar = $("progress", form);
    bar.hidden = false;
    bar.value = 100 * e.detail.loaded / e.detail.total;
  });
  document.addEventListener("htmx:afterRequest", (e) => {
    const bar = e.target.matches && e.target.matches("form[data-composer]") && $("progress", e.target);
    if (bar) bar.hidden = true;
  });
  document.addEventListener("paste", (e) => {
    const form = e.target.closest && e.target.closest("form[data-composer]");
    if (!form || !e.clipboardData.files.length) return;
    e.preventDefault();
    form.file.files = e.clipboardData.files;
    choose(form);
  });
  document.addEventListener("keydown", (e) => {
    if (!e.target.matches("[data-compose]") || e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    const form = e.target.form;
    if (!$("button[type=submit]", form).disabled) form.requestSubmit();
  });
  document.addEventListener("sent", (e) => {
    const from = e.target.closest("form");
    $$("dialog[open]").forEach((d) => d.close());
    if (from) $$("[name=key]", from).forEach((k) => { k.value = ""; });
    if (from && from.matches("[data-composer]")) {
      localStorage.removeItem(keyOf(from));
      from.text.value = "";
      from.file.value = "";
      choose(from);
      from.text.focus();
    }
    renew();
    const scroller = $(".scroller");
    if (scroller) scroller.scrollTop = 0; // its end: it is laid out from there
  });

  // What is looked at counts as read.
  let seen = "";
  function look() {
    const form = $("#seen");
    if (!form || document.hidden) return;
    const now = form.getAttribute("hx-post") + form.seq.value;
    if (now === seen) return;
    seen = now;
    htmx.trigger(form, "seen");
  }
  document.addEventListener("visibilitychange", look);
  document.addEventListener("htmx:afterSettle", () => { settle(); look(); });
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("[data-forget]")) return;
    Object.keys(localStorage).filter((k) => k.startsWith(draft)).forEach((k) => localStorage.removeItem(k));
  });

  document.addEventListener("DOMContentLoaded", () => { listen(); settle(); setTimeout(look); });
})();
