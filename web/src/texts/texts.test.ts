import { expect, it } from 'vitest'
import { en } from './en'
import { zhCN } from './zh-CN'

function* leaves(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) yield* leaves(inner, `${path}.${name}`)
  } else yield [path, value]
}

it('says something for every text, in every language', () => {
  for (const texts of [en, zhCN]) {
    for (const [path, text] of leaves(texts)) {
      expect(text, path).not.toBe('')
    }
  }
})

it('has the same texts with the same number of values in every language', () => {
  const shape = (texts: unknown) => [...leaves(texts)].map(([path, text]) => `${path} ${typeof text === 'function' ? text.length : 'text'}`).sort()

  expect(shape(zhCN)).toEqual(shape(en))
})
