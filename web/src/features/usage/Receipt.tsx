import type { ReactNode } from 'react'
import type { ReceiptAnswer } from '@/shared/api/schemas'
import { useFormats } from '@/shared/lib/format'
import { CopyButton } from '@/shared/ui/Copy'
import { Badge, Notice } from '@/shared/ui/Notice'
import { type Column, Table } from '@/shared/ui/Table'
import { useTexts } from '@/texts'
import { tokensPerSecond } from './billLines'
import { Bill } from './Bill'

interface ReceiptProps {
  receipt: ReceiptAnswer
  zone: string
  keyName: (prefix: string) => string
}

/** All that the server tells of one call. */
export function Receipt({ receipt, zone, keyName }: ReceiptProps) {
  const texts = useTexts().receipt
  const format = useFormats()
  return (
    <div className="grid gap-6">
      <div className="grid gap-1">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{receipt.model}</span>
          <Badge tone={receipt.status === 'failed' ? 'bad' : 'good'}>{texts[receipt.status]}</Badge>
        </p>
        <p className="text-3xl font-semibold tabular-nums">{format.usd(receipt.cost.credits)}</p>
        <p className="text-muted">{texts.credits(format.credits(receipt.cost.credits))}</p>
      </div>
      {receipt.client_disconnected && <Notice tone="warn">{texts.left}</Notice>}
      {receipt.estimated && <Notice tone="warn">{texts.estimated}</Notice>}
      <Section title={texts.bill}>
        <Bill receipt={receipt} />
      </Section>
      <CallFacts receipt={receipt} keyName={keyName} />
      <HoldFacts receipt={receipt} zone={zone} />
      <TimingFacts receipt={receipt} zone={zone} />
      <Section title={texts.attempts}>
        <Attempts receipt={receipt} />
      </Section>
    </div>
  )
}

function CallFacts({ receipt, keyName }: { receipt: ReceiptAnswer; keyName: (prefix: string) => string }) {
  const texts = useTexts().receipt
  const name = keyName(receipt.key_prefix)
  return (
    <Section title={texts.call}>
      <Facts
        facts={[
          [
            texts.id,
            <span key="id" className="flex flex-wrap items-center gap-2">
              <code className="font-mono text-[0.8125rem] break-all">{receipt.inference_id}</code>
              <CopyButton text={receipt.inference_id} label={texts.copyId} />
            </span>,
          ],
          [texts.clientId, receipt.client_request_id],
          [texts.origin, texts.origins[receipt.origin]],
          [texts.key, receipt.origin === 'playground' ? null : name === receipt.key_prefix ? `${name}…` : `${name} · ${receipt.key_prefix}…`],
          [texts.upstream, receipt.upstream],
          [texts.form, receipt.stream ? texts.streamed : texts.whole],
          [texts.finishReason, receipt.finish_reason],
          [texts.errorCode, receipt.error_code],
        ]}
      />
    </Section>
  )
}

function HoldFacts({ receipt, zone }: { receipt: ReceiptAnswer; zone: string }) {
  const texts = useTexts().receipt
  const format = useFormats()
  const { hold, settlement } = receipt
  const policies: Record<string, string> = texts.policies
  return (
    <Section title={texts.hold}>
      <Facts
        facts={[
          [texts.setAside, `${texts.credits(format.credits(hold.credits))} · ${format.moment(hold.at, zone)}`],
          [texts.outputLimit, texts.outputTokens(format.number(hold.output_limit_tokens))],
          [texts.policy, hold.policy === null ? null : (policies[hold.policy] ?? hold.policy)],
          [texts.settled, `${texts.kinds[settlement.kind]} · ${format.moment(settlement.at, zone)}`],
          [texts.charged, texts.credits(format.credits(settlement.charged_credits))],
          [texts.released, texts.credits(format.credits(settlement.released_credits))],
          [texts.absorbed, settlement.absorbed_credits === 0 ? null : texts.credits(format.credits(settlement.absorbed_credits))],
        ]}
      />
    </Section>
  )
}

function TimingFacts({ receipt, zone }: { receipt: ReceiptAnswer; zone: string }) {
  const texts = useTexts().receipt
  const format = useFormats()
  const { timings } = receipt
  const speed = tokensPerSecond(receipt)
  return (
    <Section title={texts.timings}>
      <Facts
        facts={[
          [texts.began, format.moment(timings.started_at, zone)],
          [texts.ended, format.moment(timings.finished_at, zone)],
          [texts.duration, `${format.number(timings.duration_ms)} ms`],
          [texts.firstPiece, timings.ttft_ms === null ? null : `${format.number(timings.ttft_ms)} ms`],
          [texts.speed, speed === null ? null : texts.perSecond(format.number(speed))],
        ]}
      />
    </Section>
  )
}

type Attempt = ReceiptAnswer['attempts'][number]

function Attempts({ receipt }: { receipt: ReceiptAnswer }) {
  const texts = useTexts().receipt
  const format = useFormats()
  if (receipt.attempts.length === 0) return <p className="text-sm text-muted">{texts.noAttempts}</p>
  const columns: Column<Attempt>[] = [
    { id: 'upstream', head: texts.attempt, cell: (one) => one.upstream },
    { id: 'outcome', head: texts.outcome, cell: (one) => (one.outcome === 'answered' ? texts.answered : <code className="font-mono text-xs">{one.outcome}</code>) },
    { id: 'status', head: texts.httpStatus, cell: (one) => (one.status === 0 ? '–' : one.status), isNumber: true },
    { id: 'duration', head: texts.duration, cell: (one) => `${format.number(one.duration_ms)} ms`, isNumber: true },
  ]
  return <Table label={texts.attempts} columns={columns} rows={receipt.attempts} rowKey={(_, place) => place} />
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="grid min-w-0 gap-2">
      <h3 className="font-semibold">{title}</h3>
      {children}
    </section>
  )
}

/** Names and what they hold; those that hold nothing are left out. */
function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[9rem_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {facts
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name} className="col-span-2 grid grid-cols-subgrid">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
    </dl>
  )
}
