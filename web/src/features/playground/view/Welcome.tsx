import { useTexts } from '@/texts'
import { Button } from '@/shared/ui/Button'
import { useRunner } from './context'

/** What stands where nothing has been said yet: how to begin. */
export function Welcome() {
  const texts = useTexts().playground
  const runner = useRunner()
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] justify-items-center gap-4 py-10 text-center">
      <div className="grid max-w-md gap-1">
        <p className="font-medium">{texts.empty}</p>
        <p className="text-muted">{texts.emptyLead}</p>
      </div>
      <ul className="grid w-full max-w-md gap-2">
        {texts.suggestions.map((suggestion) => (
          <li key={suggestion}>
            <Button
              className="w-full py-2 text-left whitespace-normal!"
              onClick={() => {
                runner.draft.set({ ...runner.draft.read(), role: 'user', content: suggestion })
                runner.ask()
              }}
            >
              <span className="flex-1">{suggestion}</span>
            </Button>
          </li>
        ))}
      </ul>
    </div>
  )
}
