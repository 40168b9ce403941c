import { expect, it } from 'vitest'
import { bytesOf, imageFault, readImage } from './images'

const MIB = 1024 * 1024

it('takes the formats that the models read, and no others', () => {
  expect(imageFault({ type: 'image/png', size: 10 }, [])).toBeNull()
  expect(imageFault({ type: 'image/svg+xml', size: 10 }, [])).toBe('type')
  expect(imageFault({ type: '', size: 10 }, [])).toBe('type')
})

it('takes as many images as one request has room for, all of the conversation counted', () => {
  const present = [`data:image/png;base64,${'A'.repeat(2 * MIB)}`]

  expect(bytesOf(present[0]!)).toBe(1.5 * MIB)
  expect(imageFault({ type: 'image/png', size: MIB }, present)).toBeNull()
  expect(imageFault({ type: 'image/png', size: MIB + 1 }, present)).toBe('size')
})

it('reads a file into the form in which a request carries it', async () => {
  expect(await readImage(new Blob([new Uint8Array([1, 2, 3])], { type: 'image/png' }))).toBe('data:image/png;base64,AQID')
})
