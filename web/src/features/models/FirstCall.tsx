import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useSession } from '@/shared/lib/session'
import { Badge } from '@/shared/ui/Notice'
import { Card } from '@/shared/ui/Page'
import { Prose } from '@/shared/ui/Prose'
import { useTexts } from '@/texts'
import { CODE_ID } from './ModelDocument'

const LINK = 'font-medium text-accent underline-offset-4 hover:underline'

/** From nothing to the first answer and its cost, in four steps. */
export function FirstCall() {
  const all = useTexts()
  const texts = all.models
  const session = useSession()
  return (
    <Card title={texts.firstCall}>
      <ol className="grid gap-4 md:grid-cols-2 xl:grid-cols-4">
        <Step number={1} title={texts.steps.account} isDone={!!session}>
          {session ? (
            texts.steps.signedIn
          ) : (
            <>
              <Link to="/sign-up" className={LINK}>
                {all.nav.signUp}
              </Link>{' '}
              · <Link to="/sign-in" className={LINK}>{all.nav.signIn}</Link>
            </>
          )}
        </Step>
        <Step number={2} title={texts.steps.key}>
          <Prose text={texts.steps.keyHow} />{' '}
          <Link to="/keys" className={LINK}>
            {texts.steps.toKeys}
          </Link>
        </Step>
        <Step number={3} title={texts.steps.call}>
          {texts.steps.callHow}{' '}
          <a href={`#${CODE_ID}`} className={LINK}>
            {texts.steps.toCode}
          </a>
        </Step>
        <Step number={4} title={texts.steps.cost}>
          <Prose text={texts.steps.costHow} />{' '}
          <Link to="/usage" className={LINK}>
            {texts.steps.toUsage}
          </Link>
        </Step>
      </ol>
    </Card>
  )
}

function Step({ number, title, isDone = false, children }: { number: number; title: string; isDone?: boolean; children: ReactNode }) {
  const texts = useTexts().models
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] content-start gap-x-3 gap-y-1">
      <span aria-hidden className="grid size-7 place-items-center rounded-full bg-accent-soft text-sm font-semibold">
        {number}
      </span>
      <div className="grid content-start gap-1">
        <h3 className="flex min-h-7 flex-wrap items-center gap-2 font-medium">
          {title}
          {isDone && <Badge tone="good">{texts.steps.done}</Badge>}
        </h3>
        <p className="text-sm text-muted">{children}</p>
      </div>
    </li>
  )
}
