import type { ReceiptAnswer } from '@/shared/api/schemas'

/** The example of the server's own OpenAPI document. */
export const RECEIPT: ReceiptAnswer = {
  object: 'receipt',
  inference_id: 'V1StGXR8_Z5jdHi6B-myT',
  request_id: 'V1StGXR8_Z5jdHi6B-myT',
  client_request_id: 'order-4711',
  created: '2026-08-01T12:00:00.000Z',
  status: 'succeeded',
  origin: 'api',
  model: 'baidu/ernie-x1-turbo-32k',
  key_prefix: 'twkAb3dE',
  stream: false,
  upstream: 'qianfan',
  finish_reason: 'stop',
  error_code: null,
  estimated: false,
  client_disconnected: false,
  tokens: { input: 13, output: 601, total: 614 },
  meters: { input: 13, cached_input: 0, output: 278, reasoning: 323 },
  rate_card: { version: 1, input_nanousd: 175, cached_input_nanousd: 175, output_nanousd: 695, reasoning_nanousd: 0 },
  rounding: { exact_nanousd: 195_485, nanousd_per_credit: 500, rounded_credits: 391 },
  hold: { credits: 1_395, at: '2026-08-01T12:00:00.000Z', output_limit_tokens: 1_000, policy: 'explicit' },
  settlement: { kind: 'charge', at: '2026-08-01T12:00:09.000Z', charged_credits: 391, released_credits: 1_004, absorbed_credits: 0 },
  cost: { usd: 0.0001955, credits: 391 },
  timings: { started_at: '2026-08-01T12:00:00.000Z', finished_at: '2026-08-01T12:00:09.000Z', duration_ms: 9_000, ttft_ms: 640 },
  attempts: [{ upstream: 'qianfan', outcome: 'answered', status: 200, duration_ms: 8_990 }],
}
