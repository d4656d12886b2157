// whatsapp-cloud-api 0.3.1 (GPL-3.0; installed for this test only): its host
// name is built in, so the gateway answers behind TLS under that name.
// redirect.cjs leads the connection there; the client is unmodified.
import { createRequire } from "node:module";
import { assert, finish, gateway, incoming, left, step, subscribe, until } from "./gateway.mjs";

const require = createRequire(import.meta.url);
const { createBot } = require("whatsapp-cloud-api");
const bot = createBot(gateway.phone, gateway.token, { version: "v16.0" });
const to = "15550301001";
const refused = async (promise, code) => {
  const e = await promise.then((r) => assert.fail(JSON.stringify(r)), (e) => e);
  assert.equal(e.error?.code, code, JSON.stringify(e));
};

// Its own listening takes port 0 for "3000", so it gets an app to serve.
const app = require("express")();
await bot.startExpressServer({ app, webhookPath: "/webhook", webhookVerifyToken: "compat" });
const server = await new Promise((ready) => {
  const s = app.listen(0, "127.0.0.1", () => ready(s));
});
await subscribe(`http://127.0.0.1:${server.address().port}/webhook`);
const heard = [];
bot.on("message", (m) => void heard.push(m));

await step("sendText", async () => {
  const r = await bot.sendText(to, "over TLS 🔒");
  assert.match(r.messageId, /^wamid\./);
  assert.equal(r.whatsappId, to);
  await left(to, (m) => m.text === "over TLS 🔒");
});

await step("sendLocation and sendContacts", async () => {
  assert.ok((await bot.sendLocation(to, 40.7, -74.1, { name: "Corner", address: "5th Ave" })).messageId);
  assert.ok((await bot.sendContacts(to, [{ name: { first_name: "Jo", formatted_name: "Jo Doe" }, phones: [{ type: "HOME", phone: "+15550001212" }] }])).messageId);
  await left(to, (m) => m.text?.includes("Corner"));
});

await step("sendTemplate, the language in lower case", async () => {
  assert.ok((await bot.sendTemplate(to, "hello_world", "en_us")).messageId);
});

await step("sendReplyButtons, the answer through its own server", async () => {
  const asked = "15550302001";
  await bot.sendReplyButtons(asked, "Choose", { north: "North", south: "South" }, { footerText: "quickly" });
  await left(asked, (m) => m.text?.includes("South"));
  await incoming({ from: asked, text: "1" });
  const m = await until("the answer", () => heard.find((m) => m.from === asked));
  assert.equal(m.type, "button_reply");
  assert.equal(m.data.id, "north");
});

await step("sendList, row ids as numbers", async () => {
  assert.ok((await bot.sendList(to, "Numbers", "List", { One: [{ id: 1, title: "one", description: "1" }, { id: 2, title: "two", description: "2" }] })).messageId);
});

await step("errors arrive as Graph errors", async () => {
  await refused(bot.sendText(to, ""), 100);
  await refused(bot.sendTemplate(to, "no_such", "en_us"), 132001);
});

server.close();
finish();
