// What all scripts share: a client for the server that the arguments name, and how results get back to the test.
import OpenAI from "openai";

const given = JSON.parse(process.argv[2]);

export const models = given.models;
export const upstream = given.upstream;
export const makeClient = (more) =>
  new OpenAI({ baseURL: given.baseURL, apiKey: given.apiKey, maxRetries: 0, ...more });
export const client = makeClient();

export const asking = (script) => [{ role: "user", content: `script:${script}` }];

export const tool = (name, field) => ({
  type: "function",
  function: {
    name,
    strict: true,
    parameters: {
      type: "object",
      properties: { [field]: { type: "string" } },
      required: [field],
      additionalProperties: false,
    },
  },
});
export const tools = [tool("weather", "city"), tool("time", "zone")];

export const report = (results) => process.stdout.write(JSON.stringify(results));

// What a call threw, in a form that JSON can carry.
export async function failureOf(call) {
  try {
    await call();
  } catch (error) {
    return {
      class: error.constructor.name,
      isApiError: error instanceof OpenAI.APIError,
      status: error.status ?? null,
      code: error.code ?? null,
      param: error.param ?? null,
      type: error.type ?? null,
      message: error.message,
      requestID: error.requestID ?? null,
      inferenceID: error.headers?.get("x-inference-id") ?? null,
    };
  }
  throw new Error("the call did not fail");
}
