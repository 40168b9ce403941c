import { fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { CopyButton } from './Copy'

/** The browser of a page on plain http: there is no clipboard, and where a dialog is open only what is in it can be selected. */
function copyOnPlainHttp(mayCopy: boolean) {
  const taken: string[] = []
  Object.defineProperty(document, 'execCommand', {
    configurable: true,
    value: () => {
      const area = document.activeElement
      const isReached = !document.querySelector('dialog') || area?.closest('dialog')
      if (!mayCopy || !isReached || !(area instanceof HTMLTextAreaElement)) return false
      taken.push(area.value)
      return true
    },
  })
  return taken
}

beforeEach(() => vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: undefined } })))

afterEach(() => {
  vi.unstubAllGlobals()
  Reflect.deleteProperty(document, 'execCommand')
})

function press() {
  const button = screen.getByRole('button')
  button.focus()
  fireEvent.click(button)
  return button
}

it('copies a key that a dialog shows, also on plain http, and keeps the focus where it was', async () => {
  const taken = copyOnPlainHttp(true)
  render(
    <dialog open>
      <CopyButton text="twk-secret" label="Copy the key" />
    </dialog>,
  )

  const button = press()

  expect((await screen.findByRole('status')).textContent).toBe('Copied')
  expect(taken).toEqual(['twk-secret'])
  expect(document.activeElement).toBe(button)
})

it('does not say that it copied where the browser did not', async () => {
  copyOnPlainHttp(false)
  render(<CopyButton text="twk-secret" />)

  press()

  expect(await screen.findAllByText('Not copied')).toHaveLength(2)
})
