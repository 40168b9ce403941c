import { afterEach, describe, expect, it, vi } from 'vitest'
import { address, ApiError, onSignedOut, request, setCsrfToken } from './client'

function answer(status: number, body: unknown) {
  const fetched = vi.fn<typeof fetch>(() => Promise.resolve(new Response(JSON.stringify(body), { status })))
  vi.stubGlobal('fetch', fetched)
  return fetched
}

afterEach(() => {
  vi.unstubAllGlobals()
  setCsrfToken(null)
})

describe('request', () => {
  it('proves a change with the token of the session, and sends none when it only reads', async () => {
    setCsrfToken('proof')
    const fetched = answer(200, {})

    await request('/console/v1/keys', { method: 'POST', body: {} })
    await request('/console/v1/keys')

    expect(fetched.mock.calls[0]?.[1]?.headers).toMatchObject({ 'x-csrf-token': 'proof' })
    expect(fetched.mock.calls[1]?.[1]?.headers).toEqual({})
  })

  it('throws what the server says is wrong, with the field', async () => {
    answer(400, { error: { message: 'Too short', code: 'invalid_body', param: 'name' } })

    const error: unknown = await request('/console/v1/keys').catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 400, message: 'Too short', code: 'invalid_body', param: 'name' })
  })

  it('tells of a session that has ended', async () => {
    const ended = vi.fn()
    onSignedOut(ended)
    answer(401, { error: { message: 'Please sign in.', code: 'session_required' } })

    await request('/console/v1/keys').catch(() => undefined)

    expect(ended).toHaveBeenCalledOnce()
  })

  it('does not take a failed connection for an answer', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed to fetch')))

    await expect(request('/console/v1/keys')).rejects.toMatchObject({ status: 0 })
  })
})

describe('address', () => {
  it('leaves out parameters without a value', () => {
    expect(address('/v2/logs', { model: '', status: undefined, limit: 20 })).toBe('/v2/logs?limit=20')
  })
})
