type Listener = (...given: unknown[]) => void

/**
 * Between a page and the one that it opened.
 *
 * https://developers.weixin.qq.com/miniprogram/dev/api/route/EventChannel.html
 */
export function openEventChannel(events: Readonly<Record<string, Listener>> = {}) {
  const listeners = new Map<string, Set<Listener>>()
  const on = (name: string, listener: Listener) => {
    const known = listeners.get(name) ?? new Set()
    listeners.set(name, known.add(listener))
  }
  for (const [name, listener] of Object.entries(events)) on(name, listener)
  return {
    on,
    once(name: string, listener: Listener) {
      const first = (...given: unknown[]) => {
        listeners.get(name)?.delete(first)
        listener(...given)
      }
      on(name, first)
    },
    off: (name: string, listener?: Listener) => {
      if (listener) listeners.get(name)?.delete(listener)
      else listeners.delete(name)
    },
    emit(name: string, ...given: unknown[]) {
      for (const listener of Array.from(listeners.get(name) ?? [])) listener(...given)
    },
  }
}

export type EventChannel = ReturnType<typeof openEventChannel>
