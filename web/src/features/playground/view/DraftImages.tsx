import { ImagePlus, X } from 'lucide-react'
import { useRef } from 'react'
import { IconButton } from '@/shared/ui/Button'
import { useTexts } from '@/texts'
import { IMAGE_TYPES, IMAGES_MIB_MAX, type ImageFault } from '../state/images'

/** The images of the message that is being written, and why another one was not taken. */
export function DraftImages({ images, fault, onRemove }: { images: string[]; fault: ImageFault | null; onRemove: (index: number) => void }) {
  const texts = useTexts().playground
  return (
    <>
      {images.length > 0 && (
        <ul aria-label={texts.images} className="flex flex-wrap gap-2">
          {images.map((url, index) => (
            <li key={index} className="relative">
              <img src={url} alt={texts.image(index + 1)} className="size-16 rounded-lg border border-line object-cover" />
              <IconButton label={texts.removeImage(index + 1)} className="absolute -top-2 -right-2 size-6! min-h-0! rounded-full! border border-line bg-surface" onClick={() => onRemove(index)}>
                <X aria-hidden className="size-3.5" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {fault && (
        <p role="alert" className="text-sm text-bad">
          {texts.imageFaults[fault](String(IMAGES_MIB_MAX))}
        </p>
      )}
    </>
  )
}

/** Chooses images from the person's machine. */
export function ImageButton({ onChoose }: { onChoose: (files: File[]) => void }) {
  const texts = useTexts().playground
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={IMAGE_TYPES.join(',')}
        aria-label={texts.addImage}
        onChange={(event) => {
          onChoose([...(event.target.files ?? [])])
          // The same file can be chosen again after it was removed.
          event.target.value = ''
        }}
      />
      <IconButton label={texts.addImage} className="size-9" onClick={() => input.current?.click()}>
        <ImagePlus aria-hidden className="size-4.5" />
      </IconButton>
    </>
  )
}
