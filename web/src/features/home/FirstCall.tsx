import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { balanceQuery, keysQuery } from '@/shared/api/queries'
import { useFormats } from '@/shared/lib/format'
import { LinkButton } from '@/shared/ui/Button'
import { CodeBlock } from '@/shared/ui/Copy'
import { Loaded } from '@/shared/ui/Loaded'
import { Card, Skeleton } from '@/shared/ui/Page'
import { useTexts } from '@/texts'
import { BillingLink } from './BillingLink'
import { EXPORT_KEY, firstCall, firstModel } from './firstCall'
import { modelsQuery, RECENT_USAGE } from './queries'

/** The way to the first call, with what is done already ticked off. */
export function FirstCall() {
  const texts = useTexts().home
  const format = useFormats()
  const balance = useQuery(balanceQuery).data
  const keys = useQuery(keysQuery).data
  useFreshFiguresAfterwards()
  const hasCredits = balance && balance.balance > 0
  const enabledKeys = keys?.data.filter((key) => key.kind === 'api' && !key.disabled).length
  return (
    <Card title={texts.firstTitle}>
      <p className="-mt-3 text-muted">{texts.firstLead}</p>
      <ol className="grid gap-6">
        <Step number={1} title={texts.steps.account} isDone={hasCredits}>
          {balance ? <p>{hasCredits ? texts.accountDone(format.credits(balance.balance)) : texts.accountToDo}</p> : <Skeleton />}
          {hasCredits === false && <BillingLink>{texts.toBilling}</BillingLink>}
        </Step>
        <Step number={2} title={texts.steps.key} isDone={enabledKeys === undefined ? undefined : enabledKeys > 0}>
          {enabledKeys === undefined ? <Skeleton /> : <p>{enabledKeys > 0 ? texts.keyDone(enabledKeys) : texts.keyToDo}</p>}
          <LinkButton to="/keys" size="small" kind={enabledKeys === 0 ? 'primary' : 'secondary'} className="w-fit">
            {texts.toKeys}
          </LinkButton>
        </Step>
        <Step number={3} title={texts.steps.call} isDone={false}>
          <p>{texts.callHint}</p>
          <CodeBlock label={useTexts().common.environment} code={EXPORT_KEY} />
          <Command />
          <LinkButton to="/playground" size="small" className="w-fit">
            {texts.toPlayground}
          </LinkButton>
        </Step>
        <Step number={4} title={texts.steps.receipt} isDone={false}>
          <p role="status" className="flex items-center gap-2">
            <span aria-hidden className="size-2 shrink-0 animate-pulse rounded-full bg-accent" />
            {texts.waiting}
          </p>
        </Step>
      </ol>
    </Card>
  )
}

/** When these steps make room for the first call, the figures above them are asked for anew, because it has changed them. */
function useFreshFiguresAfterwards() {
  const client = useQueryClient()
  useEffect(
    () => () => {
      void client.invalidateQueries({ queryKey: balanceQuery.queryKey })
      void client.invalidateQueries({ queryKey: RECENT_USAGE })
    },
    [client],
  )
}

function Command() {
  const texts = useTexts().home
  const models = useQuery(modelsQuery)
  return (
    <Loaded query={models} waiting={<Skeleton className="h-36" />}>
      {({ data }) => {
        const model = firstModel(data)
        return model !== null && <CodeBlock label={texts.curl} code={firstCall(location.origin, model)} />
      }}
    </Loaded>
  )
}

interface StepProps {
  number: number
  title: string
  /** Undefined while it is not known. */
  isDone: boolean | undefined
  children: ReactNode
}

function Step({ number, title, isDone, children }: StepProps) {
  const texts = useTexts().home
  return (
    <li className="grid grid-cols-[2rem_minmax(0,1fr)] gap-x-3">
      <span aria-hidden className={`grid size-8 place-items-center rounded-full text-sm font-semibold ${isDone ? 'bg-good-soft text-good' : 'bg-accent-soft text-ink'}`}>
        {isDone ? <Check className="size-4" /> : number}
      </span>
      <div className="grid min-w-0 content-start gap-2 pt-1 text-muted">
        <h3 className="font-medium text-ink">
          {title}
          {isDone !== undefined && <span className="sr-only"> ({isDone ? texts.done : texts.toDo})</span>}
        </h3>
        {children}
      </div>
    </li>
  )
}
