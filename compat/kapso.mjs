// @kapso/whatsapp-cloud-api 0.3.0 (MIT), pointed at the gateway with baseUrl.
import { WhatsAppClient, GraphApiError } from "@kapso/whatsapp-cloud-api";
import { normalizeWebhook, verifySignature } from "@kapso/whatsapp-cloud-api/server";
import { assert, finish, gateway, incoming, left, png, receiver, step, subscribe, until } from "./gateway.mjs";

const client = new WhatsAppClient({ baseUrl: gateway.url, accessToken: gateway.token, graphVersion: "v23.0" });
const phoneNumberId = gateway.phone;
const businessAccountId = gateway.waba;
const to = "15550101001";

const accepted = (r) => {
  assert.equal(r.messagingProduct ?? r.messaging_product, "whatsapp");
  assert.match(r.messages[0].id, /^wamid\./);
  return r.messages[0].id;
};

const refused = async (promise, code) => {
  const e = await promise.then(
    (r) => assert.fail(`accepted: ${JSON.stringify(r)}`),
    (e) => e,
  );
  assert.ok(e instanceof GraphApiError, String(e));
  assert.equal(e.code, code, e.message);
  return e;
};

const seen = []; // every webhook, as this client reads it
const hook = await receiver(async (request, raw) => {
  if (request.method === "GET") return { status: 200, body: new URL(request.url, "http://x").searchParams.get("hub.challenge") };
  assert.ok(
    verifySignature({ appSecret: gateway.secret, rawBody: raw, signatureHeader: request.headers["x-hub-signature-256"] }),
    "the signature is wrong",
  );
  seen.push(normalizeWebhook(JSON.parse(raw)));
  return { status: 200 };
});
await subscribe(hook.url);
const status = (id, word) =>
  until(`${word} of ${id}`, () => seen.flatMap((w) => w.statuses).find((s) => s.id === id && s.status === word));
const message = (what, has) => until(what, () => seen.flatMap((w) => w.messages).find(has));

let first;
await step("sendText with emoji, and its statuses", async () => {
  first = accepted(
    await client.messages.sendText({ phoneNumberId, to, body: "Hello 👋 мир", bizOpaqueCallbackData: "order 7" }),
  );
  await left(to, (m) => m.text === "Hello 👋 мир");
  const read = await status(first, "read");
  assert.equal(read.recipientId ?? read.recipient_id, to);
  assert.equal(read.bizOpaqueCallbackData ?? read.biz_opaque_callback_data, "order 7");
});

await step("sendText as an answer", async () => {
  accepted(await client.messages.sendText({ phoneNumberId, to, body: "an answer", contextMessageId: first }));
  await left(to, (m) => m.text === "an answer");
});

let image;
await step("media.upload, get, download, send by id", async () => {
  image = (await client.media.upload({ phoneNumberId, type: "image", file: new Blob([png], { type: "image/png" }), fileName: "dot.png" })).id;
  assert.match(image, /^\d{1,32}$/);
  const meta = await client.media.get({ mediaId: image, phoneNumberId });
  assert.equal(meta.mimeType ?? meta.mime_type, "image/png");
  assert.equal(Number(meta.fileSize ?? meta.file_size), png.length);
  const bytes = await client.media.download({ mediaId: image, phoneNumberId, auth: "always" });
  assert.deepEqual(Buffer.from(bytes), png);
  accepted(await client.messages.sendImage({ phoneNumberId, to, image: { id: image, caption: "a dot" } }));
  const m = await left(to, (m) => m.media?.caption === "a dot");
  assert.equal(m.media.size, png.length);
});

await step("sendDocument with a file name", async () => {
  const { id } = await client.media.upload({ phoneNumberId, type: "document", file: new Blob(["%PDF-1.4\n%%EOF\n"], { type: "application/pdf" }), fileName: "bill.pdf" });
  accepted(await client.messages.sendDocument({ phoneNumberId, to, document: { id, filename: "bill.pdf", caption: "your bill" } }));
  await left(to, (m) => m.media?.filename === "bill.pdf");
});

await step("sendLocation", async () => {
  accepted(await client.messages.sendLocation({ phoneNumberId, to, location: { latitude: 37.44, longitude: -122.16, name: "Philz Coffee", address: "101 Forest Ave" } }));
  await left(to, (m) => m.text?.includes("Philz Coffee") && m.text.includes("37.44"));
});

await step("sendContacts", async () => {
  accepted(
    await client.messages.sendContacts({
      phoneNumberId, to,
      contacts: [{ name: { formattedName: "Ann Example", firstName: "Ann" }, phones: [{ phone: "+15550001234", type: "WORK" }] }],
    }),
  );
  await left(to, (m) => m.media?.mime?.includes("vcard"));
});

let question;
const asked = "15550102001";
await step("sendInteractiveButtons, and the answer by number", async () => {
  question = accepted(
    await client.messages.sendInteractiveButtons({
      phoneNumberId, to: asked, bodyText: "Is Monday fine?",
      buttons: [{ id: "yes", title: "Yes" }, { id: "no", title: "No" }],
    }),
  );
  await left(asked, (m) => m.text?.includes("1") && m.text.includes("Yes"));
  await status(question, "delivered");
  await incoming({ from: asked, text: "2" });
  const m = await message("the answer", (m) => m.from === asked && m.type === "interactive");
  const reply = m.interactive.buttonReply ?? m.interactive.button_reply;
  assert.equal(reply.id, "no");
  assert.equal(reply.title, "No");
  assert.equal(m.context.id, question);
});

await step("sendInteractiveList, and the answer by title", async () => {
  const to = "15550103001";
  const id = accepted(
    await client.messages.sendInteractiveList({
      phoneNumberId, to, bodyText: "Which?", buttonText: "Choose",
      sections: [{ title: "Drinks", rows: [{ id: "t", title: "Tea", description: "green" }, { id: "c", title: "Coffee" }] }],
    }),
  );
  await left(to, (m) => m.text?.includes("Tea") && m.text.includes("green"));
  await status(id, "delivered");
  await incoming({ from: to, text: "coffee" });
  const m = await message("the answer", (m) => m.from === to && m.type === "interactive");
  assert.equal((m.interactive.listReply ?? m.interactive.list_reply).id, "c");
});

await step("sendInteractiveCtaUrl and sendInteractiveLocationRequest", async () => {
  accepted(await client.messages.sendInteractiveCtaUrl({ phoneNumberId, to, bodyText: "Our shop", parameters: { displayText: "Open", url: "https://shop.example.org/x" } }));
  await left(to, (m) => m.text?.includes("https://shop.example.org/x"));
  accepted(await client.messages.sendInteractiveLocationRequest({ phoneNumberId, to, bodyText: "Where are you?", parameters: { requestMessage: "Where are you?" } }));
  await left(to, (m) => m.text?.includes("Where are you?"));
});

await step("templates: create, list, get, send, delete", async () => {
  const made = await client.templates.create({
    businessAccountId, name: "order_ready", language: "en_US", category: "UTILITY",
    components: [
      { type: "BODY", text: "Hi {{1}}, your order {{2}} is ready now.", example: { body_text: [["Ann", "77"]] } },
      { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "Thanks" }] },
    ],
  });
  assert.equal(made.status, "APPROVED");
  const list = await client.templates.list({ businessAccountId, limit: 10, name: "order_ready" });
  assert.equal(list.data[0].name, "order_ready");
  accepted(
    await client.messages.sendTemplate({
      phoneNumberId, to,
      template: {
        name: "order_ready", language: { code: "en_US" },
        components: [{ type: "body", parameters: [{ type: "text", text: "Bob" }, { type: "text", text: "42" }] }],
      },
    }),
  );
  await left(to, (m) => m.text?.includes("Hi Bob, your order 42 is ready"));
  await refused(
    client.messages.sendTemplate({
      phoneNumberId, to,
      template: { name: "order_ready", language: { code: "en_US" }, components: [{ type: "body", parameters: [{ type: "text", text: "Bob" }] }] },
    }),
    132000,
  );
  await client.templates.delete({ businessAccountId, name: "order_ready" });
  await refused(client.messages.sendTemplate({ phoneNumberId, to, template: { name: "order_ready", language: { code: "en_US" } } }), 132001);
});

await step("markRead with the typing indicator", async () => {
  await incoming({ from: to, text: "are you there?" });
  const m = await message("the question", (m) => m.text?.body === "are you there?");
  await client.messages.markRead({ phoneNumberId, messageId: m.id, typingIndicator: { type: "text" } });
});

await step("media that comes in is offered for download", async () => {
  await incoming({ from: "15550104001", type: "image", file: png.toString("base64"), mime: "image/png", caption: "look" });
  const m = await message("the picture", (m) => m.from === "15550104001" && m.type === "image");
  const bytes = await client.media.download({ mediaId: m.image.id, phoneNumberId, auth: "always" });
  assert.deepEqual(Buffer.from(bytes), png);
  assert.equal(m.image.caption, "look");
});

await step("business profile and settings", async () => {
  await client.phoneNumbers.businessProfile.update({ phoneNumberId, about: "We sell tea", websites: ["https://tea.example.org"] });
  const profile = await client.phoneNumbers.businessProfile.get({ phoneNumberId });
  assert.equal(profile.data[0].about, "We sell tea");
});

await step("errors: limits, unknown ids, tokens", async () => {
  const e = await refused(client.messages.sendText({ phoneNumberId: "999999999999999", to, body: "x" }), 100);
  assert.equal(e.type, "GraphMethodException");
  await refused(client.messages.sendText({ phoneNumberId, to, body: "x".repeat(4097) }), 100);
  await refused(client.messages.sendImage({ phoneNumberId, to, image: { id: "1234567890" } }), 100);
  const stranger = new WhatsAppClient({ baseUrl: gateway.url, accessToken: "nobody", graphVersion: "v23.0" });
  await refused(stranger.messages.sendText({ phoneNumberId, to, body: "x" }), 190);
});

hook.close();
finish();
