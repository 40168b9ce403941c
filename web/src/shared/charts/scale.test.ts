import { describe, expect, it } from 'vitest'
import { axisTicks, labelledRows } from './scale'

describe('the ticks of an axis', () => {
  it('are round and reach over the highest value', () => {
    expect(axisTicks(43)).toEqual([0, 10, 20, 30, 40, 50])
    expect(axisTicks(100)).toEqual([0, 20, 40, 60, 80, 100])
  })

  it('are round in dollars when the values are credits', () => {
    expect(axisTicks(92_864, { unit: 2_000_000 }).map((credits) => credits / 2_000_000)).toEqual([0, 0.01, 0.02, 0.03, 0.04, 0.05])
  })

  it('have no halves when things are counted', () => {
    expect(axisTicks(2, { isWhole: true })).toEqual([0, 1, 2])
    expect(axisTicks(12, { isWhole: true })).toEqual([0, 5, 10, 15])
  })

  it('are there even when nothing is', () => {
    expect(axisTicks(0, { isWhole: true })).toEqual([0, 1])
  })
})

it('writes as many labels as have room, and the last one always', () => {
  expect([...labelledRows(7, 700, 60)]).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect([...labelledRows(7, 250, 60)]).toEqual([0, 2, 4, 6])
  expect([...labelledRows(30, 300, 60)]).toEqual([5, 11, 17, 23, 29])
})
