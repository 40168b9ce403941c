// Each part leaves one call that the upstream must see end; the next begins when it has.
import { asking, client, failureOf, makeClient, models, report } from "./client.mjs";

const model = models.flagship;
const impatient = makeClient({ timeout: 500 });
const open = (sdk, script, options) =>
  sdk.chat.completions.create({ model, messages: asking(script), stream: script !== "never" }, options);

const timeout = await failureOf(() => open(impatient, "never"));

const controller = new AbortController();
setTimeout(() => controller.abort(), 300);
const aborted = await failureOf(() => open(client, "never", { signal: controller.signal }));

for await (const _ of await open(client, "hang-mid")) break;

const stream = await open(client, "hang-mid");
for await (const _ of stream) stream.controller.abort();

const helper = client.chat.completions.stream({ model, messages: asking("hang-mid") });
helper.once("chunk", () => helper.abort());
const helperAborted = await failureOf(() => helper.done());

report({ timeout, aborted, helperAborted });
