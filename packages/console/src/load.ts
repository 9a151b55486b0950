import { onUnmounted, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { asFailure, type Failure } from './failure.ts'

type Loaded<Value> = {
  readonly value: Readonly<ShallowRef<Value | undefined>>
  /** Why the last try failed; the value of an earlier one stays. */
  readonly failure: Readonly<ShallowRef<Failure | undefined>>
  readonly busy: Readonly<Ref<boolean>>
  /** When the value came; 0: not yet. */
  readonly atMs: Readonly<Ref<number>>
  reload(): Promise<void>
}

/**
 * Loads now, whenever `of` changes, and every `everySeconds` while the page can be seen. An answer
 * that was overtaken is dropped.
 */
export function useLoaded<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  { of, everySeconds }: { of?: () => unknown; everySeconds?: number } = {},
): Loaded<Value> {
  const value = shallowRef<Value>()
  const failure = shallowRef<Failure>()
  const busy = ref(false)
  const atMs = ref(0)
  let present = new AbortController()

  async function reload(): Promise<void> {
    present.abort()
    const mine = new AbortController()
    present = mine
    busy.value = true
    try {
      const loaded = await load(mine.signal)
      if (mine.signal.aborted) return
      value.value = loaded
      failure.value = undefined
      atMs.value = Date.now()
    } catch (error) {
      if (!mine.signal.aborted) failure.value = asFailure(error)
    } finally {
      if (present === mine) busy.value = false
    }
  }

  const refresh = () => {
    if (document.visibilityState === 'visible') void reload()
  }
  if (of !== undefined) {
    watch(of, () => {
      value.value = undefined
      void reload()
    })
  }
  if (everySeconds !== undefined) {
    const timer = setInterval(refresh, everySeconds * 1000)
    document.addEventListener('visibilitychange', refresh)
    onUnmounted(() => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', refresh)
    })
  }
  onUnmounted(() => present.abort())
  void reload()
  return { value, failure, busy, atMs, reload }
}
