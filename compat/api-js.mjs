// whatsapp-api-js 6.3.0 (MIT): its URL is built in, so the fetch it is given
// changes the host. It signs and parses in its own way.
import http from "node:http";
import { WhatsAppAPI } from "whatsapp-api-js/middleware/node-http";
import { ActionButtons, ActionList, ActionLocation, Audio, Body, BodyComponent, BodyParameter, Button, Contacts, Document, Footer, Header, Image, Interactive, ListSection, Location, Name, Phone, Reaction, Row, Template, Text } from "whatsapp-api-js/messages";
import { assert, finish, gateway, incoming, left, png, step, subscribe, until } from "./gateway.mjs";

const here = (input, init) => fetch(String(input).replace("https://graph.facebook.com", gateway.url), init);
const client = new WhatsAppAPI({ token: gateway.token, appSecret: gateway.secret, webhookVerifyToken: "compat", v: "v23.0", ponyfill: { fetch: here } });
const phone = gateway.phone;
const to = "15550201001";

const accepted = (r) => {
  assert.ok(r.messages, JSON.stringify(r));
  assert.match(r.messages[0].id, /^wamid\./);
  return r.messages[0].id;
};
const refused = (r, code) => assert.equal(r.error?.code, code, JSON.stringify(r));

const messages = [];
const statuses = [];
client.on.message = ({ from, message, name }) => void messages.push({ from, message, name });
client.on.status = (s) => void statuses.push(s);
const answers = [];
const server = http.createServer(async (request, response) => {
  if (request.method === "GET") return response.end(client.handle_get(request));
  const code = await client.handle_post(request);
  answers.push(code);
  response.writeHead(code).end();
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
await subscribe(`http://127.0.0.1:${server.address().port}/webhook`);
const message = (what, has) => until(what, () => messages.find(has));
const status = (id, word) => until(`${word} of ${id}`, () => statuses.find((s) => s.id === id && s.status === word));

await step("text in other alphabets, its statuses signed", async () => {
  const id = accepted(await client.sendMessage(phone, to, new Text("Привет 👋🏽 שלום"), undefined, "tag"));
  await left(to, (m) => m.text === "Привет 👋🏽 שלום");
  await status(id, "sent");
  await status(id, "delivered");
  await status(id, "read");
});

await step("an incoming text with emoji passes its signature check", async () => {
  await incoming({ from: to, name: "Ünal 😀", text: "çok iyi 🎉" });
  const m = await message("the text", (m) => m.message.type === "text" && m.message.text.body === "çok iyi 🎉");
  assert.equal(m.from, to);
  assert.ok(answers.every((code) => code === 200), `it answered ${answers}`);
});

await step("media: upload with the product in the query, retrieve, fetch, delete", async () => {
  const form = new FormData();
  form.set("file", new Blob([png], { type: "image/png" }), "dot.png");
  const { id } = await client.uploadMedia(phone, form);
  assert.ok(id);
  const meta = await client.retrieveMedia(id, phone);
  assert.equal(meta.mime_type, "image/png");
  const file = await client.fetchMedia(meta.url);
  assert.equal(file.status, 200);
  assert.deepEqual(Buffer.from(await file.arrayBuffer()), png);
  accepted(await client.sendMessage(phone, to, new Image(id, true, "a caption")));
  await left(to, (m) => m.media?.caption === "a caption");
  assert.equal((await client.deleteMedia(id, phone)).success, true);
  refused(await client.sendMessage(phone, to, new Image(id, true)), 100);
});

await step("interactive buttons and list", async () => {
  const asked = "15550202001";
  const id = accepted(
    await client.sendMessage(phone, asked, new Interactive(new ActionButtons(new Button("a", "First"), new Button("b", "Second")), new Body("Which one?"), new Header("Question"), new Footer("please"))),
  );
  await left(asked, (m) => m.text?.includes("Question") && m.text.includes("Second"));
  await status(id, "delivered");
  await incoming({ from: asked, text: "Second" });
  const m = await message("the answer", (m) => m.from === asked && m.message.type === "interactive");
  assert.equal(m.message.interactive.button_reply.id, "b");
  accepted(await client.sendMessage(phone, to, new Interactive(new ActionList("Open", new ListSection("Tea", new Row("g", "Green", "fresh"), new Row("k", "Black"))), new Body("Take one"))));
  await left(to, (m) => m.text?.includes("Black"));
});

await step("location request, location, contacts", async () => {
  accepted(await client.sendMessage(phone, to, new Interactive(new ActionLocation(), new Body("Where do you live?"))));
  accepted(await client.sendMessage(phone, to, new Location(13.4, 52.5, "Berlin", "Unter den Linden 1")));
  await left(to, (m) => m.text?.includes("Berlin"));
  accepted(await client.sendMessage(phone, to, new Contacts([new Name("Ann Example", "Ann"), new Phone("+15550001234", "WORK")])));
  await left(to, (m) => m.media?.mime?.includes("vcard"));
});

await step("hello_world template", async () => {
  accepted(await client.sendMessage(phone, to, new Template("hello_world", "en_US")));
  refused(await client.sendMessage(phone, to, new Template("hello_world", "en_US", new BodyComponent(new BodyParameter("one too many")))), 132000);
  refused(await client.sendMessage(phone, to, new Template("no_such", "en_US")), 132001);
});

await step("mark as read, typing", async () => {
  const m = messages.find((m) => m.message.type === "text");
  assert.equal((await client.markAsRead(phone, m.message.id, "text")).success, true);
});

await step("QR codes, all in the query", async () => {
  const made = await client.createQR(phone, "I want tea", "svg");
  assert.equal(made.prefilled_message, "I want tea");
  assert.match(made.code, /^[A-Z0-9]{14}$/);
  assert.ok(made.qr_image_url);
  assert.equal((await client.retrieveQR(phone, made.code)).data[0].code, made.code);
  assert.equal((await client.updateQR(phone, made.code, "I want coffee")).prefilled_message, "I want coffee");
  assert.ok((await client.retrieveQR(phone)).data.some((q) => q.prefilled_message === "I want coffee"));
  assert.equal((await client.deleteQR(phone, made.code)).success, true);
});

await step("blocking, without a version in the path", async () => {
  await incoming({ from: "15550203001", text: "spam" });
  await message("the spam", (m) => m.from === "15550203001");
  const blocked = await client.blockUser(phone, "15550203001");
  assert.equal(blocked.block_users.added_users[0].wa_id, "15550203001");
  const free = await client.unblockUser(phone, "15550203001");
  assert.equal(free.block_users.removed_users[0].wa_id, "15550203001");
});

await step("reaction to what was said", async () => {
  const m = messages.find((m) => m.message.text?.body === "çok iyi 🎉");
  accepted(await client.sendMessage(phone, to, new Reaction(m.message.id, "👍")));
});

await step("errors keep their codes", async () => {
  refused(await client.sendMessage(phone, to, new Audio("77", true)), 100);
  refused(await client.sendMessage("1", to, new Text("x")), 100);
  refused(await client.sendMessage(phone, to, new Document("ftp://example.org/x")), 100);
});

server.close();
finish();
