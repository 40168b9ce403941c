import { lineOf } from './conversation'
import type { ModelEntry } from './model'
import type { Lane } from './playground'

/** What the contract's models read. */
export const IMAGE_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/** All images of a conversation are sent with each of its requests, whose body has at most 4 MiB unless the operator says otherwise. */
export const IMAGES_MIB_MAX = 2.5
const IMAGES_BYTES_MAX = IMAGES_MIB_MAX * 1024 * 1024
const BASE64_CHARACTERS = 4
const BASE64_BYTES = 3

export type ImageFault = 'type' | 'size'

/** Why a file cannot be sent beside the images that there are, or null. */
export function imageFault(file: Pick<File, 'type' | 'size'>, present: string[]): ImageFault | null {
  if (!IMAGE_TYPES.includes(file.type)) return 'type'
  return present.reduce((sum, url) => sum + bytesOf(url), file.size) > IMAGES_BYTES_MAX ? 'size' : null
}

/** How large the image in a `data:` URL is. */
export function bytesOf(url: string): number {
  return ((url.length - url.indexOf(',') - 1) / BASE64_CHARACTERS) * BASE64_BYTES
}

/** The images that the next request of a lane carries. */
export function imagesOf(lane: Lane): string[] {
  return lineOf(lane.conversation).flatMap((message) => message.images ?? [])
}

export function takesImages(model: ModelEntry | undefined): boolean {
  return model?.modalities?.input.includes('image') ?? false
}

/** An image as a `data:` URL, the form in which a request carries it. */
export function readImage(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as string)
    reader.onerror = () => reject(reader.error ?? new Error('The file cannot be read'))
    reader.readAsDataURL(file)
  })
}
