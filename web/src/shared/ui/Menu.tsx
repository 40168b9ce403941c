import { DropdownMenu } from 'radix-ui'
import { type ReactNode, useRef } from 'react'

export interface MenuItem {
  label: string
  onSelect: () => void
  isDangerous?: boolean
}

/**
 * A button that opens a list of actions. It is not modal, because a modal one would need styles that the content policy forbids.
 * What is chosen is done once the button has the focus again, so that a dialog can give it back there.
 */
export function Menu({ trigger, items }: { trigger: ReactNode; items: MenuItem[] }) {
  const chosen = useRef<() => void>(undefined)
  const onClosed = () => {
    if (chosen.current) queueMicrotask(chosen.current)
    chosen.current = undefined
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={4} onCloseAutoFocus={onClosed} className="z-50 min-w-44 rounded-lg border border-line bg-surface p-1 shadow-lg">
          {items.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              onSelect={() => {
                chosen.current = item.onSelect
              }}
              className={`flex min-h-9 cursor-pointer items-center rounded-md px-3 text-sm data-highlighted:bg-sunken ${item.isDangerous ? 'text-bad' : ''}`}
            >
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
