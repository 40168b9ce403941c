import { expect, it } from 'vitest'
import { csv } from './csv'

it('quotes what would break a row, and disarms what would be a formula', () => {
  expect(csv([['a,b', 'say "hi"', -5, null], ['=1+1', '@x', 'two\nlines', 'plain']])).toBe('"a,b","say ""hi""",-5,\r\n\'=1+1,\'@x,"two\nlines",plain\r\n')
})
