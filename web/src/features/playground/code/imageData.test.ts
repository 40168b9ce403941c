import { expect, it } from 'vitest'
import { hasImages, withoutImageData } from './imageData'

const BODY = {
  model: 'm',
  messages: [
    { role: 'user', content: 'data:image/png;base64, they say' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
  ],
}

it('shows the request without the data of its images', () => {
  expect(hasImages(BODY)).toBe(true)
  expect(withoutImageData(BODY)).toMatchObject({ messages: [BODY.messages[0], { content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,…' } }] }] })
})

it('knows a request without images', () => {
  expect(hasImages({ messages: [{ content: 'Hello' }] })).toBe(false)
  expect(hasImages(null)).toBe(false)
})
