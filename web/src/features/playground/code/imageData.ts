const IMAGE_DATA = /^(data:image\/[a-z]+;base64,)[A-Za-z0-9+/=]+$/

/** The same request with an ellipsis in the place of each image's data, which nobody reads. */
export function withoutImageData(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (_name, value: unknown) => (typeof value === 'string' ? value.replace(IMAGE_DATA, '$1…') : value))
}

export function hasImages(body: { messages: Record<string, unknown>[] } | null): boolean {
  return body?.messages.some(({ content }) => Array.isArray(content)) ?? false
}
