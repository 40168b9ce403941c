import { currentTexts } from '@/texts'

/** A refusal in the contract's form, or a failure to reach the server (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The machine-readable word of the refusal, such as `insufficient_credits`. */
    readonly code: string | null = null,
    /** The field that is wrong. */
    readonly param: string | null = null,
    readonly requestId: string | null = null,
    /** How long to wait before another try, where the server says so. */
    readonly retryAfterS: number | null = null,
  ) {
    super(message)
  }
}

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Query parameters; those that are undefined, null or empty are left out. */
  query?: Record<string, string | number | boolean | null | undefined>
  body?: unknown
  signal?: AbortSignal | undefined
}

let csrfToken: string | null = null
let whenSignedOut: (() => void) | null = null

/** The token that proves to the server that a change comes from this page; it comes with the session. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token
}

export function csrfHeaders(): Record<string, string> {
  return csrfToken === null ? {} : { 'x-csrf-token': csrfToken }
}

/** Say what to do when the server answers that the session has ended. */
export function onSignedOut(act: () => void): void {
  whenSignedOut = act
}

/**
 * Ask the server, and return the decoded answer.
 *
 * @throws ApiError for every refusal and every failure to reach the server, except for an abort, which stays one.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options)
  if (response.status === 204 || response.status === 202) return undefined as T
  return (await response.json()) as T
}

/** Ask the server and hand out the response as it is, for streams and files; refusals throw as in `request`. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', body, signal } = options
  const headers: Record<string, string> = method === 'GET' ? {} : csrfHeaders()
  if (body !== undefined) headers['content-type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, currentTexts().failure.unreachable)
  }
  if (response.ok) return response
  const refusal = await refusalOf(response)
  if (refusal.status === 401 && refusal.code === 'session_required') whenSignedOut?.()
  throw refusal
}

export function address(path: string, query: RequestOptions['query'] = {}): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') given.set(name, String(value))
  }
  const text = given.toString()
  return text ? `${path}?${text}` : path
}

async function refusalOf(response: Response): Promise<ApiError> {
  const fallback = currentTexts().failure.unexpected
  const requestId = response.headers.get('x-request-id')
  try {
    return refusalFromBody(response.status, await response.json(), requestId, retryAfterS(response))
  } catch {
    return new ApiError(response.status, fallback, null, null, requestId)
  }
}

/** Read a refusal of the contract, `{"error": {"message", "code", "param"}}`, wherever it stands. */
export function refusalFromBody(status: number, body: unknown, requestId: string | null = null, retryAfterS: number | null = null): ApiError {
  const error = (body as { error?: Record<string, unknown>; requestId?: unknown }).error ?? {}
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  return new ApiError(
    status,
    text(error.message) ?? currentTexts().failure.unexpected,
    text(error.code),
    text(error.param),
    requestId ?? text((body as { requestId?: unknown }).requestId),
    retryAfterS,
  )
}

function retryAfterS(response: Response): number | null {
  const given = Number(response.headers.get('retry-after') ?? NaN)
  return Number.isFinite(given) ? given : null
}
