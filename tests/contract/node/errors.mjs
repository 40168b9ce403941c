import { asking, client, failureOf, makeClient, models, report } from "./client.mjs";

const cases = {
  400: { model: models.flagship, script: "status-400" },
  unsafe: { model: models.flagship, script: "unsafe" },
  403: { model: models.unpriced, script: "page" },
  404: { model: "a/b", script: "page" },
  429: { model: models.failing, script: "limited" },
  502: { model: models.failing, script: "status-500" },
  503: { model: models.unserved, script: "page" },
  504: { model: models.failing, script: "status-504" },
};
const create = (sdk, model, script, more) =>
  sdk.chat.completions.create({ model, messages: asking(script), ...more });

const failures = {};
for (const [name, { model, script }] of Object.entries(cases)) {
  failures[name] = await failureOf(() => create(client, model, script));
}
failures[401] = await failureOf(() => create(makeClient({ apiKey: "wrong" }), models.flagship, "page"));
failures.field = await failureOf(() => create(client, models.flagship, "page", { temperature: 3 }));

let chunks = 0;
failures.stream = await failureOf(async () => {
  for await (const _ of await create(client, models.failing, "error-mid-stream", { stream: true })) chunks += 1;
});
failures.helper = await failureOf(() =>
  client.chat.completions.stream({ model: models.failing, messages: asking("error-mid-stream") }).finalMessage(),
);
report({ failures, chunks });
