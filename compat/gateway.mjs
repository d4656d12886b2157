// What every client's script needs: where the demo is, a receiver of webhooks,
// and checks that end the script with the first difference.
import http from "node:http";
import assert from "node:assert/strict";

const need = (name) => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; run these scripts through go test ./compat`);
  return value;
};

export const gateway = {
  url: need("WABRIDGE_URL"), // http://127.0.0.1:port
  token: need("WABRIDGE_TOKEN"),
  phone: need("WABRIDGE_PHONE"),
  waba: need("WABRIDGE_WABA"),
  secret: need("WABRIDGE_SECRET"), // the app secret
  control: need("WABRIDGE_CONTROL"), // of the simulated phone
  tls: process.env.WABRIDGE_TLS_PORT, // the same gateway behind TLS, for clients with the host name built in
};

let done = 0;

// step runs one check and prints its name; the Go test shows it.
export async function step(name, run) {
  try {
    await run();
    done++;
    console.log(`ok ${name}`);
  } catch (e) {
    console.log(`not ok ${name}`);
    console.error(e?.stack ?? e);
    if (e?.raw) console.error(JSON.stringify(e.raw));
    process.exit(1);
  }
}

// finish tells how many steps there were: the Go test compares it, so that a
// script that ends early is not taken for one that passed.
export function finish() {
  console.log(`steps ${done}`);
  process.exit(0);
}

// api is a call that a client has no method for (events, the ledger).
export async function api(base, method, path, body) {
  const r = await fetch(base + path, {
    method,
    headers: { Authorization: `Bearer ${gateway.token}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(r.ok, `${method} ${path}: ${r.status} ${await r.clone().text()}`);
  return r.json();
}

// until asks again and again; a minute and a half is for slow machines only.
export async function until(what, ask) {
  for (const end = Date.now() + 90_000; Date.now() < end; ) {
    const value = await ask();
    if (value) return value;
    await new Promise((go) => setTimeout(go, 100));
  }
  throw new Error(`waited 90 s for ${what}`);
}

// ledger is what the simulated phone really sent.
export const ledger = () => api(gateway.control, "GET", "/sent");

// left waits for the message to leave the phone and returns the ledger's entry.
export const left = (to, has) =>
  until(`a message to ${to}`, async () => {
    const all = await ledger(); // a list
    return all.find((m) => m.to === to && has(m));
  });

// incoming makes somebody write to the phone.
export const incoming = (message) => api(gateway.control, "POST", "/incoming", message);

// receiver is a webhook endpoint; answer(request, body) returns the status.
export async function receiver(answer) {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const c of request) chunks.push(c);
    const { status, body } = await answer(request, Buffer.concat(chunks));
    response.writeHead(status).end(body ?? "");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}/webhook`, close: () => server.close() };
}

// subscribe tells the gateway of a receiver (an app subscription).
export async function subscribe(url, verifyToken = "compat") {
  await api(gateway.url, "POST", "/bridge/v1/webhooks", { url, secret: gateway.secret, verify_token: verifyToken });
}

// A picture of one pixel, for uploads.
export const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
  "base64",
);

export { assert };
