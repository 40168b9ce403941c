// Each part leaves one call that the upstream must see end; the next begins when it has.
import { asking, client, failureOf, makeClient, models, report, upstream } from "./client.mjs";

const model = models.flagship;
const before = (await recorded()).requests;
const impatient = makeClient({ timeout: 500, fetch: fetchUntilAsked });
const open = (sdk, script, options) =>
  sdk.chat.completions.create({ model, messages: asking(script), stream: script !== "never" }, options);

async function recorded() {
  return (await fetch(`${upstream}/recorded`)).json();
}

// Waits until the upstream has had so many requests in all.
async function asked(count) {
  for (const deadline = Date.now() + 120_000; (await recorded()).requests < count; ) {
    if (Date.now() > deadline) throw new Error(`the upstream has not had ${count} requests`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Gives a call up as the SDK wants it, but not before the upstream has it: a slow machine would end it on its way.
async function fetchUntilAsked(address, init) {
  const control = new AbortController();
  init.signal.addEventListener("abort", () => asked(before + 1).then(() => control.abort()));
  return fetch(address, { ...init, signal: control.signal });
}

const timeout = await failureOf(() => open(impatient, "never"));

const controller = new AbortController();
const aborting = asked(before + 2).then(() => controller.abort());
const aborted = await failureOf(() => open(client, "never", { signal: controller.signal }));
await aborting;

for await (const _ of await open(client, "hang-mid")) break;

const stream = await open(client, "hang-mid");
for await (const _ of stream) stream.controller.abort();

const helper = client.chat.completions.stream({ model, messages: asking("hang-mid") });
helper.once("chunk", () => helper.abort());
const helperAborted = await failureOf(() => helper.done());

report({ timeout, aborted, helperAborted });
