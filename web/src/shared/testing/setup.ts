import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// A loaded machine is no failure: what is waited for may take its time.
configure({ asyncUtilTimeout: 60_000 })

afterEach(() => {
  cleanup()
  localStorage.clear()
})
