import { client, failureOf, models, report } from "./client.mjs";

const listed = [];
for await (const model of client.models.list()) listed.push(model);
report({
  listed,
  retrieved: await client.models.retrieve(models.flagship),
  unknown: await failureOf(() => client.models.retrieve("a/b")),
});
