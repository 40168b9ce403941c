import { asking, client, models, report } from "./client.mjs";

const { data, response, request_id } = await client.chat.completions
  .create(
    { model: models.flagship, messages: asking("thinker"), user: "ada" },
    { headers: { "X-Client-Request-Id": "order-77" } },
  )
  .withResponse();

const names = ["x-aimlapi-credits-used", "x-client-request-id", "x-ignored-params", "x-inference-id"];
report({
  completion: data,
  requestID: request_id,
  headers: Object.fromEntries(names.map((name) => [name, response.headers.get(name)])),
});
