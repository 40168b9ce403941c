import { describe, expect, it } from 'vitest'
import type { OwnersKey } from '@/shared/api/schemas'
import { creation, draftOf, EMPTY_DRAFT, faultOf, update } from './draft'

const KEY: OwnersKey = {
  kind: 'api',
  name: 'laptop',
  prefix: 'twkA1b2C',
  disabled: false,
  scopes: ['model:chat'],
  limit: { retention: 'month', threshold: 10, spent: 0, spent_credits: 0, resets_at: null },
  created_at: '2026-08-01T12:00:00.000Z',
  updated_at: '2026-08-01T12:00:00.000Z',
  last_used_at: null,
  monthly_usage: 0,
  monthly_credits: 0,
}

describe('a new key', () => {
  it('asks for nothing that was not chosen', () => {
    expect(creation(EMPTY_DRAFT, 'api')).toEqual({ kind: 'api' })
  })

  it('has its limit and scopes when they were chosen', () => {
    const draft = { ...EMPTY_DRAFT, name: ' phone ', threshold: '2.5', isConfined: true }
    expect(creation(draft, 'api')).toEqual({ kind: 'api', name: 'phone', limit: { threshold: 2.5, retention: 'month' }, scopes: ['model:chat'] })
  })

  it('has neither when it manages keys', () => {
    expect(creation({ ...EMPTY_DRAFT, threshold: '5', isConfined: true }, 'management')).toEqual({ kind: 'management' })
  })
})

describe('a changed key', () => {
  it('names only what differs', () => {
    expect(update(draftOf(KEY), KEY)).toEqual({})
    expect(update({ ...draftOf(KEY), name: 'desk' }, KEY)).toEqual({ name: 'desk' })
    expect(update({ ...draftOf(KEY), retention: 'day' }, KEY)).toEqual({ limit: { threshold: 10, retention: 'day' } })
  })

  it('takes the limit and the scopes away with null', () => {
    expect(update({ ...draftOf(KEY), threshold: '', isConfined: false }, KEY)).toEqual({ limit: null, scopes: null })
  })
})

it('finds what is wrong before the server is asked', () => {
  expect(faultOf({ ...EMPTY_DRAFT, threshold: 'ten' })).toBe('threshold')
  expect(faultOf({ ...EMPTY_DRAFT, threshold: '-1' })).toBe('threshold')
  expect(faultOf({ ...EMPTY_DRAFT, isConfined: true, scopes: [] })).toBe('scopes')
  expect(faultOf({ ...EMPTY_DRAFT, threshold: '0.5' })).toBeNull()
})
