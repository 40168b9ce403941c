import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { CodeSamples } from './CodeSamples'
import { codeSamples } from './codeSamples'

const samples = codeSamples({ address: 'http://127.0.0.1:8080', body: { model: 'a/b', messages: [] }, isStream: false })

it('remembers the language that was chosen, and shows it in the next list too', async () => {
  const user = userEvent.setup()
  const { unmount } = render(<CodeSamples samples={samples} />)
  await user.click(screen.getByRole('tab', { name: 'JavaScript · fetch' }))
  expect(screen.getByRole('tabpanel').textContent).toContain('await fetch("http://127.0.0.1:8080/v1/chat/completions"')
  unmount()

  render(<CodeSamples samples={samples} />)

  expect(screen.getByRole('tab', { selected: true }).textContent).toBe('JavaScript · fetch')
})
