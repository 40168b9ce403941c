import { useState } from 'react'
import { type ImageFault, imageFault, imagesOf, readImage } from '../state/images'
import { useRunner } from './context'

/** Putting images to the message that is being written. */
export function useAttaching() {
  const runner = useRunner()
  const [fault, setFault] = useState<ImageFault | null>(null)
  const attach = async (files: File[]) => {
    setFault(null)
    for (const file of files) {
      const said = runner.playground.read().lanes.map(imagesOf)
      const fuller = said.reduce((one, other) => (other.join('').length > one.join('').length ? other : one))
      const found = imageFault(file, [...fuller, ...(runner.draft.read().images ?? [])])
      if (found) {
        setFault(found)
        continue
      }
      const url = await readImage(file)
      const draft = runner.draft.read()
      runner.draft.set({ ...draft, images: [...(draft.images ?? []), url] })
    }
  }
  const remove = (index: number) => {
    setFault(null)
    const { images = [], ...draft } = runner.draft.read()
    const left = images.filter((_, at) => at !== index)
    runner.draft.set(left.length > 0 ? { ...draft, images: left } : draft)
  }
  return { fault, attach: (files: File[]) => void attach(files), remove }
}
