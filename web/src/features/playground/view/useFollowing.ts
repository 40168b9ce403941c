import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

const NEAR_PX = 32

interface Following {
  /** The part that scrolls. */
  scroller: RefObject<HTMLDivElement | null>
  /** What grows in it. */
  content: RefObject<HTMLDivElement | null>
  isFollowing: boolean
  /** Go to the end, and stay there. */
  toEnd: () => void
}

/**
 * Keeps the end of growing content in sight until the person scrolls up, and again once they are back at the end.
 * Sizes are read when the browser has just laid out the page, so nothing is laid out twice.
 */
export function useFollowing(): Following {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const [isFollowing, setFollowing] = useState(true)

  const follow = useCallback((wanted: boolean) => {
    follows.current = wanted
    setFollowing(wanted)
  }, [])

  const toEnd = useCallback(() => {
    follow(true)
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }, [follow])

  useEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (!box || !inner) return
    let lastTop = box.scrollTop
    const onScroll = () => {
      const isNearEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX
      if (isNearEnd) follow(true)
      else if (box.scrollTop < lastTop) follow(false)
      lastTop = box.scrollTop
    }
    const observer = new ResizeObserver(() => {
      if (follows.current) box.scrollTop = box.scrollHeight
    })
    observer.observe(inner)
    observer.observe(box)
    box.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      box.removeEventListener('scroll', onScroll)
    }
  }, [follow])

  return { scroller, content, isFollowing, toEnd }
}
