import { Badge } from '@/shared/ui/Notice'
import { useTexts } from '@/texts'
import { answering, type Model } from './model'

/** What a caller should know first: who answers, and whether there is a price at all. */
export function StateBadges({ model }: { model: Model }) {
  const texts = useTexts().models
  const who = answering(model)
  return (
    <>
      {who === 'itself' && <Badge tone="good">{texts.answering.itself}</Badge>}
      {who === 'standIn' && <Badge tone="warn">{texts.answering.standIn}</Badge>}
      {who === 'nobody' && <Badge>{texts.answering.nobody}</Badge>}
      {!model.pricing && <Badge tone="warn">{texts.unpriced}</Badge>}
    </>
  )
}

export function CapabilityBadges({ model }: { model: Model }) {
  const name = useCapabilityName()
  return model.capabilities?.map((one) => <Badge key={one}>{name(one)}</Badge>)
}

/** The name of a capability; one that this app does not know goes by the catalogue's word. */
export function useCapabilityName(): (capability: string) => string {
  const names: Record<string, string> = useTexts().models.capabilities
  return (capability) => names[capability] ?? capability
}

export function useModalityName(): (modality: string) => string {
  const names: Record<string, string> = useTexts().models.modalities
  return (modality) => names[modality] ?? modality
}
