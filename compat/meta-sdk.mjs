// whatsapp 0.0.5-Alpha, Meta's own Node.js SDK: host by WA_BASE_URL, port 443
// built in, bodies chunked, slashes at the end.
import { createRequire } from "node:module";
import { assert, finish, gateway, left, step } from "./gateway.mjs";

process.env.WA_BASE_URL = "localhost";
process.env.CLOUD_API_VERSION = "v16.0";
process.env.CLOUD_API_ACCESS_TOKEN = gateway.token;
process.env.WA_PHONE_NUMBER_ID = gateway.phone;
process.env.WA_BUSINESS_ACCOUNT_ID = gateway.waba;
process.env.WEBHOOK_VERIFICATION_TOKEN = "compat";
process.env.M4D_APP_ID = "1";
process.env.M4D_APP_SECRET = gateway.secret;
const WhatsApp = createRequire(import.meta.url)("whatsapp");
const wa = new WhatsApp(Number(gateway.phone));
wa.requester.port = Number(gateway.tls);
const to = "15550401001";

const accepted = async (r) => {
  const body = await r.responseBodyToJSON();
  assert.equal(r.statusCode(), 200, JSON.stringify(body));
  return body.messages?.[0].id ?? body;
};

await step("messages.text", async () => {
  assert.match(await accepted(await wa.messages.text({ body: "from the SDK", preview_url: false }, Number(to))), /^wamid\./);
  await left(to, (m) => m.text === "from the SDK");
});
await step("messages.location, contacts, interactive, template", async () => {
  await accepted(await wa.messages.location({ latitude: 1.5, longitude: 2.5, name: "Sea" }, Number(to)));
  await accepted(await wa.messages.contacts([{ name: { formatted_name: "Jo Doe", first_name: "Jo" }, phones: [{ phone: "+15550001212", type: "HOME" }] }], Number(to)));
  await accepted(
    await wa.messages.interactive(
      { type: "button", body: { text: "Well?" }, action: { buttons: [{ type: "reply", reply: { id: "y", title: "Yes" } }] } },
      Number(to),
    ),
  );
  await accepted(await wa.messages.template({ name: "hello_world", language: { policy: "deterministic", code: "en_US" } }, Number(to)));
  await left(to, (m) => m.text?.includes("Well?"));
});
await step("errors come with their code", async () => {
  const r = await wa.messages.text({ body: "" }, Number(to));
  assert.equal(r.statusCode(), 400);
  assert.equal((await r.responseBodyToJSON()).error.code, 100);
});
await step("twoStepVerification.setPin", async () => {
  const r = await wa.twoStepVerification.setPin(123456);
  const body = await r.responseBodyToJSON();
  assert.equal(body.success, true, JSON.stringify(body));
});
wa.requester.client.clearSockets();
finish();
