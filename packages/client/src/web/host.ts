/** What this client needs of the page it runs in, so that a test can be many pages at once. */
export interface Host {
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Milliseconds of the device's clock, which may jump. */
  now(): number
  /** Calls back after `ms`, unless cancelled. */
  after(ms: number, run: () => void): () => void
  /** To the other tabs; a browser without it has one tab only, as far as this client knows. */
  openChannel(name: string, hear: (message: unknown) => void): Channel
  /**
   * Runs `work` while no other tab does; all the same after `patienceMs`, since a tab that is
   * suspended may hold a lock for ever. `waited`: another tab was at it.
   */
  lock<T>(name: string, patienceMs: number, work: (waited: boolean) => Promise<T>): Promise<T>
  /** Server-sent events with the cookie, where the browser has them. */
  openEvents?(url: string): EventSource
  readonly userAgent: string
  /** Address of the page. */
  here(): string
  go(url: string): void
  /** Calls back when the page comes back as it was left; returns what ends that. */
  onReturn(run: () => void): () => void
}

interface Channel {
  post(message: object): void
  close(): void
}

/** The page itself. */
export function browser(): Host {
  const after: Host['after'] = (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }
  return {
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    after,
    openChannel(name, hear) {
      if (typeof BroadcastChannel === 'undefined') return { post() {}, close() {} }
      const channel = new BroadcastChannel(name)
      channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => hear(data))
      return {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window
        post: (message) => channel.postMessage(message),
        close: () => channel.close(),
      }
    },
    async lock(name, patienceMs, work) {
      const patience = new AbortController()
      const cancel = after(patienceMs, () => patience.abort())
      let begun: ReturnType<typeof work> | undefined
      const hold = (options: LockOptions, waited: boolean) =>
        navigator.locks.request(name, options, (held) => {
          if (!held) return
          cancel()
          begun = work(waited)
          return begun
        })
      try {
        // Where there is none, or the page may not have it, this throws.
        await hold({ ifAvailable: true }, false)
        if (!begun) await hold({ signal: patience.signal }, true)
      } catch {
        // What the work itself throws is thrown below.
      } finally {
        cancel()
      }
      return await (begun ?? work(true))
    },
    ...(typeof EventSource === 'function' && {
      openEvents: (url) => new EventSource(url, { withCredentials: true }),
    }),
    userAgent: navigator.userAgent,
    here: () => location.href,
    go: (url) => location.assign(url),
    onReturn(run) {
      // Kept whole in memory since it was left, as after “Back”: who is here may have changed.
      const listener = ({ persisted }: PageTransitionEvent) => {
        if (persisted) run()
      }
      addEventListener('pageshow', listener)
      return () => removeEventListener('pageshow', listener)
    },
  }
}
